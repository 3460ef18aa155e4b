//! The wire protocol: frames, request options and replies.

pub(crate) mod frame;
pub(crate) mod idempotency_key;
pub(crate) mod options;
pub(crate) mod payload;
pub(crate) mod reply;
