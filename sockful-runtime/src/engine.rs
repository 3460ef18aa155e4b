//! The application: its dispatch table, sessions, identities and the calls that read and write
//! records.

#[cfg(feature = "server")]
pub(crate) mod after_hook_queue;
#[cfg(feature = "server")]
pub(crate) mod app;
#[cfg(feature = "server")]
pub(crate) mod app_state;
pub mod auth;
pub mod call;
#[cfg(feature = "server")]
pub(crate) mod description;
#[cfg(feature = "server")]
pub(crate) mod guard_locks;
#[cfg(feature = "server")]
pub(crate) mod idempotency;
#[cfg(feature = "server")]
pub(crate) mod keyed_locks;
#[cfg(feature = "server")]
pub(crate) mod peer;
#[cfg(feature = "server")]
pub(crate) mod rate_limit;
#[cfg(feature = "server")]
pub(crate) mod session;
#[cfg(feature = "server")]
pub mod table;
