//! Connections that read, each at one moment, and what is looked up and searched on them.

pub(super) mod lookup_latency;
pub(super) mod lookups;
pub(super) mod readers;
pub(super) mod search;
