//! Policies on every route that reads or writes.

mod multiple_policies;
mod reads;
mod subscriptions;
mod writes;

use crate::support::{TestServer, notes_app};
use serde_json::{Value, json};

/// Starts a server with notes of Bob and Eve, with comments.
///
/// Bob can read the notes `b1`, `b2` and `e2`, the comments that are not hidden, and his own.
async fn with_notes() -> TestServer {
    let server = notes_app::start().await;
    let mut root = server.client_as("admin:root").await;
    for (id, owner, published) in [
        ("b1", "bob", false),
        ("b2", "bob", true),
        ("e1", "eve", false),
        ("e2", "eve", true),
    ] {
        let note = json!({"id": id, "owner": owner, "published": published, "slug": id});
        root.ok("note", "create", note).await;
    }
    for (id, note, author, hidden) in [
        ("c1", "b1", "bob", false),
        ("c2", "b1", "eve", true),
        ("c3", "e1", "eve", false),
        ("c4", "e2", "bob", true),
        ("c5", "e2", "eve", true),
        ("c6", "e2", "eve", false),
    ] {
        let comment = json!({"id": id, "note_id": note, "author": author, "hidden": hidden});
        root.ok("comment", "create", comment).await;
    }
    server
}

fn ids(records: &Value) -> Vec<&str> {
    let all = records.as_array().expect("records");
    all.iter()
        .map(|it| it["id"].as_str().unwrap_or("-"))
        .collect()
}
