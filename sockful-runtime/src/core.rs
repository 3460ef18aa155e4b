//! Foundations of every other module: errors, configuration, clock, shutdown, digests and JSON text.

pub(crate) mod bigint;
pub(crate) mod bounded_text;
#[cfg(feature = "server")]
pub(crate) mod caller_id;
pub(crate) mod clock;
pub mod config;
pub(crate) mod const_text;
#[cfg(feature = "server")]
pub(crate) mod digest;
pub(crate) mod error;
#[cfg(not(all(feature = "tls", feature = "tower")))]
pub mod feature;
pub(crate) mod json;
#[cfg(feature = "server")]
pub(crate) mod shutdown;
#[cfg(feature = "server")]
pub(crate) mod site_access;
pub(crate) mod web_origin;
