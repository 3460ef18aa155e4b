//! Writes the HTTP routes as an `OpenAPI` 3.1 document.
//!
//! Each route is listed once, at its REST path; aliases such as `create` by its name are left out.

mod address;
mod bodies;
mod conditions;
mod operation;
mod parameters;
mod records;
mod relations;
mod resource;
mod responses;
mod system;

use crate::core::config::Config;
use crate::engine::app::App;
use crate::engine::table::Resources;
use crate::model::resource_model::Model;
use crate::model::schema::description::Description;
use crate::spec::components;
use crate::spec::components::{Dialect, members};
use operation::OperationBuilder;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The input of the document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenApiSource<'a> {
    pub(crate) resources: Resources,
    pub(crate) models: &'a [Model],
    pub(crate) description: &'a Description,
    pub(crate) config: &'a Config,
    /// Whether the server has an authenticator.
    pub(crate) has_authenticator: bool,
}

impl<'a> OpenApiSource<'a> {
    pub(crate) fn of(app: &'a App) -> Self {
        Self {
            resources: app.resources,
            models: &app.models,
            description: &app.description,
            config: &app.config,
            has_authenticator: app.policies.authenticator.is_some(),
        }
    }

    /// Returns the description of an action.
    fn action(&self, resource: &str, action: &str) -> &'a Value {
        &self.description.value()["resources"][resource]["actions"][action]
    }

    /// Whether policies decide which records of a resource a caller can read.
    fn has_policies(&self, model: &Model) -> bool {
        let entry = self.resources.entries().get(model.index);
        entry.is_some_and(|entry| !entry.policies.is_empty())
    }
}

/// The document, in lines.
pub(crate) fn document(source: OpenApiSource<'_>) -> String {
    let mut document = OpenApiDocument::new(source);
    system::add(&mut document);
    for (name, schema) in members(&source.description.value()["$defs"]) {
        document.add_schema(&components::definition(name), moved(schema));
    }
    for model in source.models {
        resource::add(&mut document, model);
        relations::add(&mut document, model);
    }
    let text = serde_json::to_string_pretty(&document.finish());
    text.unwrap_or_default() + "\n"
}

fn moved(schema: &Value) -> Value {
    components::moved(schema, Dialect::Draft2020)
}

/// A component of the document.
fn component(of: &str, key: &str) -> Value {
    json!({"$ref": format!("#/components/{of}/{key}")})
}

/// The document in the making.
struct OpenApiDocument<'a> {
    source: OpenApiSource<'a>,
    paths: Map<String, Value>,
    schemas: Map<String, Value>,
    parameters: Map<String, Value>,
    tags: Vec<Value>,
    ids: BTreeSet<String>,
}

impl<'a> OpenApiDocument<'a> {
    fn new(source: OpenApiSource<'a>) -> Self {
        Self {
            source,
            paths: Map::new(),
            schemas: Map::new(),
            parameters: Map::new(),
            tags: Vec::new(),
            ids: BTreeSet::new(),
        }
    }

    fn add_tag(&mut self, name: &str, text: &str) {
        let mut tag = json!({"name": name});
        if !text.is_empty() {
            tag["description"] = text.into();
        }
        self.tags.push(tag);
    }

    fn add_schema(&mut self, key: &str, schema: Value) -> Value {
        self.schemas.insert(key.to_owned(), schema);
        components::schema(key)
    }

    fn add_parameter(&mut self, key: &str, parameter: Value) -> Value {
        self.parameters.insert(key.to_owned(), parameter);
        component("parameters", key)
    }

    fn add(&mut self, path: &str, method: &str, operation: OperationBuilder) {
        // Two names may run into one, such as those of `a_b` `c` and `a` `b_c`.
        let name = operation.name();
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut ids = std::iter::once(name.clone()).chain(numbered);
        let id = ids.find(|id| self.ids.insert(id.clone()));
        let written = operation.write(&id.unwrap_or(name), self.source.has_authenticator);
        let place = self.paths.entry(path.to_owned());
        place.or_insert_with(|| json!({}))[method] = written;
    }

    fn finish(self) -> Value {
        let mut document = json!({
            "openapi": "3.1.0",
            "info": {
                "title": "sockful",
                "version": self.source.description.digest,
                "description": "The HTTP API of the server. The body of a response is {\"ok\": …} with optional further members, or {\"err\": …}. A body `null` means {}. All conditions can be given as JSON in the single parameter `$query`.",
            },
            "servers": [{"url": "/"}],
            "tags": self.tags,
            "paths": self.paths,
            "components": {
                "schemas": self.schemas,
                "parameters": self.parameters,
                "responses": responses::refusals(),
            },
        });
        if self.source.has_authenticator {
            let bearer = json!({"type": "http", "scheme": "bearer"});
            document["components"]["securitySchemes"] = json!({"bearer": bearer});
            document["security"] = json!([{"bearer": []}]);
        }
        document
    }
}
