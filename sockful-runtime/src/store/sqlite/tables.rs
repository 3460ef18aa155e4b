//! The tables of the file: the records of each resource, the log, and completed requests.

pub(super) mod encoding;
pub(super) mod idempotency;
pub(super) mod key;
pub(super) mod log;
pub(super) mod source;
pub(super) mod table;
