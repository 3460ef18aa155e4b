//! The description of the API: JSON Schema, `OpenAPI`, `AsyncAPI`, TypeScript.

mod asyncapi;
mod changes;
pub(crate) mod defaults;
mod json_schema;
mod openapi;
mod typescript;
