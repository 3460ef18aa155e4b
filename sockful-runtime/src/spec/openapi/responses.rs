//! Responses, of success and of each error.

use super::component;
use crate::spec::components::schema;
use serde_json::{Map, Value, json};

const JSON: &str = "application/json";

/// Each refusal: its status, its name among the components, and when it is answered.
const REFUSALS: [(&str, &str, &str); 15] = [
    (
        "400",
        "bad_request",
        "`bad_frame`, `invalid_query` or `too_many`.",
    ),
    ("401", "unauthenticated", "`unauthenticated`."),
    (
        "403",
        "forbidden",
        "`forbidden`, or the origin is not allowed.",
    ),
    ("404", "not_found", "`not_found`."),
    ("408", "body_timeout", "The body timed out."),
    ("409", "conflict", "`conflict`."),
    (
        "412",
        "precondition_failed",
        "`conflict`: the revision is not that of `If-Match`.",
    ),
    ("413", "too_large", "`too_large`."),
    (
        "415",
        "unsupported_media_type",
        "The body is neither JSON nor a form.",
    ),
    ("422", "invalid", "`invalid`, or an error code of a method."),
    ("429", "rate_limited", "`rate_limited`."),
    (
        "431",
        "long_address",
        "The address or the headers are too long.",
    ),
    ("500", "internal", "`internal`."),
    (
        "503",
        "unavailable",
        "`unavailable`, or too many connections.",
    ),
    ("504", "timeout", "`timeout`."),
];

/// The error responses of an operation.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each adds its own responses")]
pub(super) struct Refusals {
    pub(super) has_body: bool,
    /// Whether it is of a record that may not be there.
    pub(super) is_of_one: bool,
    pub(super) writes: bool,
    pub(super) has_revision: bool,
}

impl Refusals {
    pub(super) fn write(self, has_authenticator: bool) -> Value {
        let may_be = |status: &str| match status {
            "401" => has_authenticator,
            "404" => self.is_of_one,
            "408" | "415" => self.has_body,
            "409" => self.writes,
            "412" => self.has_revision,
            _ => true,
        };
        let refusals = REFUSALS.iter().filter(|(status, ..)| may_be(status));
        let refusals: Map<_, _> = refusals
            .map(|(status, name, _)| ((*status).to_owned(), component("responses", name)))
            .collect();
        refusals.into()
    }
}

/// All refusals, as components.
pub(super) fn refusals() -> Value {
    let each = REFUSALS.iter().map(|(status, name, when)| {
        let mut content = json!({JSON: {"schema": schema("sockful.refusal")}});
        if matches!(*status, "403" | "503") {
            content["text/plain"] = json!({"schema": {"type": "string"}});
        }
        let mut response = json!({"description": when});
        // An oversized head is refused without a body.
        if *status != "431" {
            response["content"] = content;
        }
        if *status == "429" {
            let seconds = json!({"description": "The time after which to retry, in seconds.", "schema": {"type": "integer", "minimum": 1}});
            response["headers"] = json!({"Retry-After": seconds});
        }
        if *status == "401" {
            response["headers"] = json!({"WWW-Authenticate": {"schema": {"type": "string"}}});
        }
        ((*name).to_owned(), response)
    });
    each.collect::<Map<_, _>>().into()
}

/// The members and headers of a response beside its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResultExtras {
    /// The sequence number of the commit, if there is one.
    Commit,
    /// Also the revision of the record, if the resource keeps one.
    Record(bool),
    /// Also the cursor of the next page.
    List,
}

/// Returns the response to a request that succeeded.
pub(super) fn done(text: &str, result: &Value, beside: ResultExtras) -> Value {
    let mut properties = json!({"ok": result, "seq": schema("sockful.seq")});
    let cut = schema("sockful.cut");
    let mut headers = json!({});
    match beside {
        ResultExtras::Commit => {}
        ResultExtras::Record(keeps_rev) => {
            properties["cut"] = cut;
            if keeps_rev {
                properties["rev"] = json!({"type": "integer", "minimum": 0, "description": "The revision of the record."});
                headers["ETag"] = tag();
            }
        }
        ResultExtras::List => {
            properties["cut"] = cut;
            properties["next"] = json!({"type": "string", "description": "The cursor for the next page of a truncated list, for `$after`."});
            headers["Link"] = json!({"description": "The address of the next page of a truncated list: `rel=\"next\"`.", "schema": {"type": "string"}});
        }
    }
    let envelope = json!({"type": "object", "properties": properties, "required": ["ok"]});
    let mut response = json!({"description": text, "content": {JSON: {"schema": envelope}}});
    if headers != json!({}) {
        response["headers"] = headers;
    }
    response
}

/// The same, with the address of the record that was created.
pub(super) fn located(mut response: Value) -> Value {
    let location = json!({"description": "The address of the new record.", "schema": {"type": "string", "format": "uri-reference"}});
    response["headers"]["Location"] = location;
    response
}

/// The answer to who has a record already.
pub(super) fn known() -> Value {
    json!({"description": "The record still has the revision in `If-None-Match`.", "headers": {"ETag": tag()}})
}

/// Lets what is answered be a stream as well.
pub(super) fn stream(response: &mut Value) {
    let events = "Server-sent events, if the client accepts them: `subscribe` with the current records, then each change. `data` is JSON.";
    response["content"]["text/event-stream"] =
        json!({"schema": {"type": "string", "description": events}});
}

fn tag() -> Value {
    json!({"description": "The revision of the record, in quotes.", "schema": {"type": "string"}})
}
