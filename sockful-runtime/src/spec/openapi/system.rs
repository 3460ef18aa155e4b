//! Operations of the server itself, and of all resources together.

use super::operation::OperationBuilder;
use super::responses::{ResultExtras, done};
use super::{OpenApiDocument, address, bodies, conditions, parameters};
use crate::core::config::MAX_WRITES;
use crate::model::definition::Relation;
use crate::spec::components;
use crate::spec::components::schema;
use crate::spec::relation_routes::{RelationRoute, relations};
use serde_json::{Value, json};

const SYSTEM: &str = "sockful";

pub(super) fn add(document: &mut OpenApiDocument<'_>) {
    document.add_tag(SYSTEM, "The server itself.");
    let refusal = json!({
        "type": "object",
        "properties": {"err": schema("sockful.error")},
        "required": ["err"],
    });
    let cut = json!({"type": "object", "description": "The cursors for the next pages of included lists that are truncated."});
    document.add_schema("sockful.cut", cut);
    document.add_schema("sockful.seq", components::seq());
    document.add_schema("sockful.error", components::error());
    document.add_schema("sockful.refusal", refusal);
    conditions::add_shared(document);
    parameters::add_shared(document);
    let is_open = document.source.config.access.public_schema;
    for (action, method, text, result) in [
        (
            "schema",
            "get",
            "The description of the API.",
            json!({"type": "object"}),
        ),
        (
            "ping",
            "get",
            "The number of the last commit, and an epoch that changes when the numbers restart.",
            position(),
        ),
        (
            "changes",
            "post",
            "Compares the description with an older one.",
            changes(),
        ),
    ] {
        let done = done(text, &result, ResultExtras::Commit);
        let mut operation = OperationBuilder::reading(SYSTEM, action, text, done).public(is_open);
        if action == "changes" {
            let body = document.add_schema("sockful.changes.payload", since());
            operation = operation.body(bodies::request(&body, true));
        }
        document.add(&address::by_name(SYSTEM, action), method, operation);
    }
    add_commit(document);
}

fn position() -> Value {
    json!({
        "type": "object",
        "properties": {"seq": schema("sockful.seq"), "epoch": {"type": "string"}, "at": {"type": "string"}},
        "required": ["seq", "epoch"],
    })
}

fn changes() -> Value {
    let change = json!({
        "type": "object",
        "properties": {
            "resource": {"type": "string"},
            "what": {"type": "string"},
            "verdict": {"enum": ["compatible", "breaking"]},
            "message": {"type": "string"},
        },
        "required": ["resource", "what", "verdict", "message"],
    });
    json!({
        "type": "object",
        "properties": {
            "verdict": {"enum": ["same", "compatible", "breaking"]},
            "changes": {"type": "array", "items": change},
        },
        "required": ["verdict", "changes"],
    })
}

fn since() -> Value {
    let description = json!({
        "type": "object",
        "description": "A complete description, or one without derivable parts.",
        "properties": {"resources": {"type": "object"}},
        "required": ["resources"],
    });
    json!({
        "type": "object",
        "properties": {"since": description},
        "required": ["since"],
        "additionalProperties": false,
    })
}

fn add_commit(document: &mut OpenApiDocument<'_>) {
    let text = "Commits several writes atomically.";
    let mut writes = Vec::new();
    for model in document.source.models {
        let name = model.definition.name;
        let core = ["create", "update", "save", "destroy"];
        let core = core
            .into_iter()
            .filter(|action| model.definition.serves(action));
        let related = relations(model, document.source.models);
        let related = related
            .iter()
            .filter(|it| {
                matches!(
                    it.relation,
                    Relation::Create | Relation::Update | Relation::Destroy
                )
            })
            .map(RelationRoute::name);
        writes.extend(core.chain(related).map(|action| write(name, action)));
    }
    let result = json!({"type": "array", "items": {"type": "object"}});
    let done = done(
        "The record of each write, in the same order.",
        &result,
        ResultExtras::Commit,
    );
    let mut payload = json!({"type": "array", "maxItems": MAX_WRITES});
    if !writes.is_empty() {
        payload["items"] = json!({"anyOf": writes});
    }
    let body = document.add_schema("sockful.commit.payload", payload);
    let commit =
        OperationBuilder::writing(SYSTEM, "commit", text, done).body(bodies::request(&body, true));
    document.add(&address::by_name(SYSTEM, "commit"), "post", commit);
}

/// One write of a commit: `[resource, action, payload]`.
fn write(resource: &str, action: &str) -> Value {
    let payload = schema(&format!("{resource}.{action}.payload"));
    json!({
        "type": "array",
        "prefixItems": [{"const": resource}, {"const": action}, payload],
        "minItems": 3,
        "maxItems": 3,
    })
}
