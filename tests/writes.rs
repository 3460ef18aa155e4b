//! Creating, reading and changing records; batches, idempotency keys, revisions.

pub(crate) mod batch_commit;
pub(crate) mod create_and_get;
mod guard_locks;
pub(crate) mod idempotency_keys;
pub(crate) mod serializability;
mod timestamp_types;
pub(crate) mod timestamps_and_rev;
pub(crate) mod unique_values;
pub(crate) mod update_save_destroy;
