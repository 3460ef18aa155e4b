//! The tables of the file: records by resource, the log, and requests that took effect.

pub(super) mod encoding;
pub(super) mod idempotency;
pub(super) mod key;
pub(super) mod log;
pub(super) mod source;
pub(super) mod table;
