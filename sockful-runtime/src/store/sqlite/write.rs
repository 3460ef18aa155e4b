//! The writer thread, which commits batches, each in one transaction.

pub(super) mod batch;
pub(super) mod transaction;
pub(super) mod wal;
pub(super) mod writer;
