//! The frames of random requests.

use super::knowledge::Records;
use crate::security::data_leaks::app::{User, mark};
use crate::security::data_leaks::random_steps::{Read, Subscribe, Write};
use proptest::sample::Index;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Returns one of the ids, or one that does not exist.
fn pick(ids: &[&str], index: Index) -> String {
    let nth = index.index(ids.len() + 1);
    ids.get(nth).map_or_else(mark, |id| (*id).to_owned())
}

/// Returns the request for these writes.
pub(super) fn write(records: &Records, users: &[User], writes: &[Write]) -> Value {
    let mut parts: Vec<_> = writes
        .iter()
        .map(|it| one_write(records, users, it))
        .collect();
    let is_commit = parts.len() > 1;
    let methods = ["touch", "look"];
    let mut request = if is_commit {
        parts.retain(|part| !methods.contains(&part[1].as_str().unwrap_or_default()));
        // Changes of a record that the same commit destroys are never stored, so the model cannot check them.
        let removed = parts.iter().filter(|part| removes(part));
        let removed: Vec<_> = removed.map(|part| part[2]["id"].clone()).collect();
        parts.retain(|part| removes(part) || !removed.contains(&part[2]["id"]));
        json!(["sockful", "commit", parts, 1])
    } else {
        let mut only = parts.pop().expect("one write");
        only.as_array_mut().expect("a list").push(json!(1));
        only
    };
    if writes[0].keyed {
        let key = uuid::Uuid::now_v7();
        request
            .as_array_mut()
            .expect("a list")
            .push(json!({"key": key}));
    }
    request
}

fn removes(write: &Value) -> bool {
    write[1]
        .as_str()
        .is_some_and(|action| action.starts_with("destroy"))
}

fn one_write(records: &Records, users: &[User], write: &Write) -> Value {
    let (notes, comments) = (records.ids("note"), records.ids("comment"));
    let is_method = matches!(write.kind, "touch" | "look");
    let is_comment = write.comment && !is_method;
    let ids = if is_comment { &comments } else { &notes };
    let is_new = write.kind == "create";
    let id = if is_new && write.level > 0 {
        mark()
    } else {
        pick(ids, write.id)
    };
    if is_method || write.kind == "destroy" && !write.related {
        return json!([if is_comment { "comment" } else { "note" }, write.kind, {"id": id}]);
    }
    let mut payload = Map::new();
    let mut put = |name: &str, value: Value| payload.insert(name.to_owned(), value);
    put("id", id.into());
    if is_comment {
        put("note_id", pick(&notes, write.parent).into());
    }
    if write.kind != "destroy" {
        put("owner", users[write.owner].name.clone().into());
        put("published", write.published.into());
        put("level", write.level.into());
        put("text", mark().into());
        if !is_comment {
            put("pass", mark().into());
            if write.slug {
                put("slug", "taken".into());
            }
        }
    }
    let action = match (is_comment && write.related, write.kind) {
        (true, "create") => "createComment",
        (true, "update") => "updateComment",
        (true, "destroy") => "destroyComment",
        (_, kind) => kind,
    };
    let is_of_note = !is_comment || action.ends_with("Comment");
    if action == "destroy" {
        payload.retain(|name, _| name == "id");
    }
    json!([if is_of_note { "note" } else { "comment" }, action, payload])
}

/// Returns the request of a read.
pub(super) fn read(records: &Records, read: &Read) -> Value {
    let (notes, comments) = (records.ids("note"), records.ids("comment"));
    let (note, comment) = (pick(&notes, read.id), pick(&comments, read.other));
    let mut list = Map::new();
    if let Some(level) = read.level {
        list.insert("level".to_owned(), level.into());
    }
    let counted = Value::Object(list.clone());
    if let Some(limit) = read.limit {
        list.insert("$limit".to_owned(), limit.into());
    }
    if read.descending {
        list.insert("$sort".to_owned(), json!({"level": -1}));
    }
    let with = |relation: &str, mut payload: Map<String, Value>| {
        if read.with {
            payload.insert("$with".to_owned(), json!([relation]));
        }
        Value::Object(payload)
    };
    let object = |pairs: Value| match pairs {
        Value::Object(pairs) => pairs,
        _ => Map::new(),
    };
    let mut of_note = list.clone();
    of_note.insert("note_id".to_owned(), note.clone().into());
    let (resource, action, payload) = match read.route {
        0 => ("note", "get", with("comments", object(json!({"id": note})))),
        1 => (
            "comment",
            "get",
            with("note.comments", object(json!({"id": comment}))),
        ),
        2 => (
            "note",
            "get",
            with("comments", object(json!({"id": notes}))),
        ),
        3 => (
            "comment",
            "get",
            with("note", object(json!({"id": comments}))),
        ),
        4 => ("note", "find", with("comments", list)),
        5 => ("comment", "find", with("note", list)),
        6 => ("note", "count", counted),
        7 => ("comment", "count", counted),
        8 => ("note", "comments", with("note", of_note)),
        9 => ("comment", "byNote", with("note", of_note)),
        10 => (
            "comment",
            "note",
            with("comments", object(json!({"id": comment}))),
        ),
        _ => (
            "note",
            "getComment",
            with("note", object(json!({"note_id": note, "id": comment}))),
        ),
    };
    json!([resource, action, payload, 1])
}

/// Returns the request of a subscription.
pub(super) fn subscribe(
    records: &Records,
    (tokens, proofs): (&[String], &HashMap<u64, Value>),
    subscribe: &Subscribe,
    ack: u64,
) -> Value {
    let mut payload = Map::new();
    if let Some(level) = subscribe.level {
        payload.insert("level".to_owned(), level.into());
    }
    if let Some((token, back)) = &subscribe.from
        && !tokens.is_empty()
    {
        let (token, seq) = (token.get(tokens), records.seq().saturating_sub(*back));
        let mut from = json!({"resume": token, "seq": seq});
        if let Some(proof) = proofs.get(&seq) {
            from["at"] = proof.clone();
        }
        payload.insert("$from".to_owned(), from);
    }
    let (resource, action) = match &subscribe.of {
        Some(note) => {
            let note = pick(&records.ids("note"), *note);
            payload.insert("note_id".to_owned(), note.into());
            ("note", "subscribeComments")
        }
        None if subscribe.comments => ("comment", "subscribe"),
        None => ("note", "subscribe"),
    };
    json!([resource, action, payload, ack])
}
