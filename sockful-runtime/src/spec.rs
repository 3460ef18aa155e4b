//! Documents made from the description: `OpenAPI`, `AsyncAPI` and TypeScript.

pub(crate) mod asyncapi;
pub(crate) mod components;
pub(crate) mod documents;
pub(crate) mod openapi;
pub(crate) mod relation_routes;
pub(crate) mod typescript;
