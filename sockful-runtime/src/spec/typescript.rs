//! Writes the TypeScript module: types for the client, and the value that it is given.

mod names;
mod records;
mod routes;
#[cfg(test)]
mod tests;
mod text;
mod types;
mod value;

use crate::model::resource_model::Model;
use crate::model::schema::description::Description;
use names::Names;
use serde_json::Value;
use types::Types;

/// What is at the head of each file.
const HEAD: &str =
    "// Made by sockful from what the server serves; made anew, it is overwritten.\n\n";

/// A module to be compiled with a program: types and value.
pub(crate) fn module(models: &[Model], description: &Description) -> String {
    let parsed = parsed(description);
    let body = of(models, &parsed);
    let value = value::write(models, &parsed, &description.digest);
    format!(
        "{HEAD}import type * as sockful from \"sockful\";\n\n{body}\n/** What `connect` takes as `api`. */\nexport const api: sockful.Described<Api> = {value};\n"
    )
}

/// The types alone, beside the client that the server serves.
pub(crate) fn types(models: &[Model], description: &Description) -> String {
    let body = of(models, &parsed(description));
    format!(
        "{HEAD}import type * as sockful from \"./client.js\";\n\n{body}\n/** What `connect` takes as `api`. */\nexport declare const api: sockful.Described<Api>;\n"
    )
}

/// The value alone, as JavaScript.
pub(crate) fn value(models: &[Model], description: &Description) -> String {
    let value = value::write(models, &parsed(description), &description.digest);
    format!("{HEAD}/** What `connect` takes as `api`. */\nexport const api = {value};\n")
}

/// The description as what it says; it is our own text.
fn parsed(description: &Description) -> Value {
    serde_json::from_str(&description.text).unwrap_or_default()
}

fn of(models: &[Model], description: &Value) -> String {
    let names = Names::new(models, description);
    let types = Types::new(&names);
    let mut out = String::new();
    for model in models {
        records::write(&mut out, model, models, description, &types);
    }
    for (name, schema) in description["$defs"].as_object().into_iter().flatten() {
        records::definition(&mut out, names.definition(name), schema, &types);
    }
    routes::write(&mut out, models, description, &types);
    out
}
