//! Operations of the core actions and remote methods of a resource.

use super::operation::OperationBuilder;
use super::responses::{ResultExtras, done};
use super::{OpenApiDocument, address, bodies, conditions, parameters, records};
use crate::core::config::MAX_IDS;
use crate::engine::call::method::{Receiver, Remote};
use crate::model::resource_model::Model;
use crate::spec::components;
use crate::spec::components::{Dialect, schema};
use serde_json::{Value, json};

pub(super) fn add(document: &mut OpenApiDocument<'_>, model: &Model) {
    let definition = model.definition;
    document.add_tag(definition.name, definition.doc);
    records::add(document, model);
    conditions::add(document, model);
    parameters::add(document, model);
    add_lists(document, model);
    add_create(document, model);
    add_one(document, model);
    add_writes(document, model);
    let entry = document.source.resources.entries().get(model.index);
    for remote in entry.map(|entry| entry.remotes).unwrap_or_default() {
        add_remote(document, model, remote);
    }
}

/// The summary of a core action.
fn text<'a>(document: &OpenApiDocument<'a>, model: &Model, action: &str) -> &'a str {
    let said = document.source.action(model.definition.name, action);
    said["description"].as_str().unwrap_or_default()
}

fn add_lists(document: &mut OpenApiDocument<'_>, model: &Model) {
    let (name, definition) = (model.definition.name, model.definition);
    let all = address::all(model);
    let conditions = bodies::request(&schema(&conditions::conditions_name(model)), false);
    if definition.serves("find") {
        let text = text(document, model, "find");
        let listed = || {
            let list = json!({"type": "array", "items": records::shown(model)});
            done("The records.", &list, ResultExtras::List)
        };
        let find = OperationBuilder::reading(name, "find", text, listed())
            .with_all(parameters::list(document, model, None))
            .live(definition.serves("subscribe"))
            .public(definition.public);
        document.add(&all, "get", find);
        let query = bodies::request(&schema(&conditions::query_name(model)), false);
        let by_post = OperationBuilder::reading(name, "findByPost", text, listed())
            .body(query)
            .public(definition.public);
        document.add(&address::of(&all, "find"), "post", by_post);
    }
    if definition.serves("count") {
        let text = text(document, model, "count");
        let counted = || {
            done(
                "The number of records.",
                &json!({"type": "integer", "minimum": 0}),
                ResultExtras::Commit,
            )
        };
        let count = OperationBuilder::reading(name, "count", text, counted())
            .with_all(parameters::conditions(model, None))
            .public(definition.public);
        document.add(&address::of(&all, "$count"), "get", count);
        let by_post = OperationBuilder::reading(name, "countByPost", text, counted())
            .body(conditions)
            .public(definition.public);
        document.add(&address::of(&all, "count"), "post", by_post);
    }
}

fn add_create(document: &mut OpenApiDocument<'_>, model: &Model) {
    let (name, definition) = (model.definition.name, model.definition);
    if !definition.serves("create") {
        return;
    }
    let payload = &document.source.action(name, "create")["payload"];
    let payload = bodies::written(document, model, payload, &[]);
    let is_required = bodies::is_required(&payload);
    let body = document.add_schema(&format!("{name}.create.payload"), payload);
    let written = records::written(document, model);
    let created = done(
        "The stored record.",
        &written,
        ResultExtras::Record(model.keeps_rev()),
    );
    let create =
        OperationBuilder::writing(name, "create", text(document, model, "create"), created)
            .creating()
            .body(bodies::request(&body, is_required))
            .public(definition.public);
    document.add(&address::all(model), "post", create);
}

/// The reading of records by their ids.
fn add_one(document: &mut OpenApiDocument<'_>, model: &Model) {
    let (name, definition) = (model.definition.name, model.definition);
    if !definition.serves("get") {
        return;
    }
    let one = done(
        "The record.",
        &records::shown(model),
        ResultExtras::Record(model.keeps_rev()),
    );
    let get = OperationBuilder::reading(name, "get", "Reads a record.", one)
        .with(address::parameter(model, model.id_name()))
        .with_all(parameters::shaping(document, model))
        .of_one()
        .unless_known(model.keeps_rev())
        .live(definition.serves("subscribe"))
        .public(definition.public);
    document.add(&address::one(model), "get", get);
    let ids = json!({"type": "array", "items": records::id(model), "maxItems": MAX_IDS});
    let mut properties = json!({model.id_name(): ids});
    for (word, value) in conditions::shaping(document, model) {
        properties[word] = value;
    }
    let several = json!({
        "type": "object",
        "properties": properties,
        "required": [model.id_name()],
        "additionalProperties": false,
    });
    let body = document.add_schema(&format!("{name}.get.payload"), several);
    let each = json!({"anyOf": [records::shown(model), {"type": "null"}]});
    let list = json!({"type": "array", "items": each});
    let listed = done(
        "The records in the order requested; null for each that does not exist.",
        &list,
        ResultExtras::List,
    );
    let by_post = OperationBuilder::reading(
        name,
        "getByPost",
        "Reads several records by their ids.",
        listed,
    )
    .of_one()
    .body(bodies::request(&body, true))
    .public(definition.public);
    document.add(&address::by_name(name, "get"), "post", by_post);
}

/// The writes to one record.
fn add_writes(document: &mut OpenApiDocument<'_>, model: &Model) {
    let (name, definition) = (model.definition.name, model.definition);
    for (action, method, answer) in [
        ("update", "patch", "The record after the update."),
        ("save", "put", "The stored record."),
        ("destroy", "delete", "The last state of the record."),
    ] {
        if !definition.serves(action) {
            continue;
        }
        let written = records::written(document, model);
        let done = done(answer, &written, ResultExtras::Record(model.keeps_rev()));
        let mut write =
            OperationBuilder::writing(name, action, text(document, model, action), done)
                .with(address::parameter(model, model.id_name()))
                .of_revision(model.keeps_rev())
                .public(definition.public);
        let payload = &document.source.action(name, action)["payload"];
        let whole = bodies::written(document, model, payload, &[]);
        let body = bodies::minus(&whole, &[model.id_name()]);
        document.add_schema(&format!("{name}.{action}.payload"), whole);
        if action != "destroy" {
            let is_required = bodies::is_required(&body);
            let body = document.add_schema(&format!("{name}.{action}.body"), body);
            write = write.body(bodies::request(&body, is_required));
        }
        document.add(&address::one(model), method, write);
    }
}

fn add_remote(document: &mut OpenApiDocument<'_>, model: &Model, remote: &Remote) {
    let (name, id) = (model.definition.name, model.id_name());
    let said = document.source.action(name, remote.name);
    let result = components::shown(&said["result"], Dialect::Draft2020);
    let result = document.add_schema(&format!("{name}.{}.result", remote.name), result);
    let done = done(
        "The result of the method.",
        &result,
        ResultExtras::Record(model.keeps_rev()),
    );
    let mut run = OperationBuilder::writing(name, remote.name, remote.doc, done)
        .public(model.definition.public);
    let (at, of): (String, &[&str]) = if remote.receiver == Receiver::None {
        (address::by_name(name, remote.name), &[])
    } else {
        let keeps_rev = model.keeps_rev() && remote.receiver == Receiver::Mut;
        run = run
            .with(address::parameter(model, id))
            .of_revision(keeps_rev);
        (address::of(&address::one(model), remote.name), &[id])
    };
    if let Some(body) = bodies::arguments(document, &said["payload"], of) {
        let is_required = bodies::is_required(&body);
        let key = format!("{name}.{}.body", remote.name);
        let body: Value = document.add_schema(&key, body);
        run = run.body(bodies::request(&body, is_required));
    }
    document.add(&at, "post", run);
}
