//! JSON Schema of records, payloads and events, and its comparison.

#[cfg(feature = "server")]
mod closed;
pub mod comparison;
#[cfg(feature = "server")]
pub(crate) mod description;
pub(crate) mod keywords;
pub(crate) mod raw_payload;
pub mod record;
mod relations;
