//! The wire protocol: frames, request options and replies.

pub(crate) mod frame;
#[cfg(feature = "server")]
pub(crate) mod idempotency_key;
#[cfg(feature = "server")]
pub(crate) mod options;
#[cfg(feature = "server")]
pub(crate) mod payload;
#[cfg(feature = "server")]
pub(crate) mod position;
#[cfg(feature = "server")]
pub(crate) mod reply;
