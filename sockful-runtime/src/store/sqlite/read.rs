//! Read connections, each with a consistent view, and look-ups and searches on them.

pub(super) mod lookup_latency;
pub(super) mod lookups;
pub(super) mod readers;
pub(super) mod search;
