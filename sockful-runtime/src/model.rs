//! Resources and records: definitions, values, keys, validation, relations and schemas.

pub mod codec;
pub mod definition;
pub mod event;
pub mod key;
pub mod parent;
pub mod reader;
pub mod record;
pub(crate) mod relation;
pub mod resource;
pub mod resource_model;
pub mod scalar;
pub mod schema;
pub mod timestamp;
pub(crate) mod validation;
