//! The application: its dispatch table, sessions, identities and the calls that read and write records.

pub(crate) mod app;
pub(crate) mod app_state;
pub mod auth;
pub mod call;
pub(crate) mod description;
pub(crate) mod idempotency;
pub(crate) mod peer;
pub(crate) mod rate_limit;
pub(crate) mod record_locks;
pub(crate) mod session;
pub mod table;
