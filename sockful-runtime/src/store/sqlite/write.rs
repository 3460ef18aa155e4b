//! The thread that writes: commits in batches, each in one transaction.

pub(super) mod batch;
pub(super) mod transaction;
pub(super) mod wal;
pub(super) mod writer;
