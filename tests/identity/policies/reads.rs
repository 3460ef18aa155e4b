//! Policies on reads.

use super::{ids, with_notes};
use crate::support::TestServer;
use crate::support::notes_app;
use serde_json::json;
use sockful::Config;

#[tokio::test]
async fn invisible_record_is_reported_as_not_found() {
    let server = with_notes().await;
    let mut bob = server.client_as("bob").await;
    let absent = bob.err("note", "get", json!({"id": "missing"})).await;
    for (resource, action, payload) in [
        ("note", "get", json!({"id": "e1"})),
        ("note", "get", json!({"id": "e1", "$with": ["comments"]})),
        ("note", "update", json!({"id": "e1", "text": "x"})),
        // The record is checked before the rest of the payload.
        ("note", "update", json!({"id": "e1", "stars": 77})),
        ("note", "destroy", json!({"id": "e1"})),
        ("note", "publish", json!({"id": "e1"})),
        ("note", "readAloud", json!({"id": "e1"})),
        ("note", "lend", json!({"id": "e1", "to": "bob"})),
        ("note", "comments", json!({"note_id": "e1"})),
        ("note", "getComment", json!({"note_id": "e1", "id": "c3"})),
        (
            "note",
            "updateComment",
            json!({"note_id": "e1", "id": "c3"}),
        ),
        (
            "note",
            "destroyComment",
            json!({"note_id": "e1", "id": "c3"}),
        ),
        (
            "note",
            "createComment",
            json!({"note_id": "e1", "author": "bob"}),
        ),
        ("note", "subscribeComments", json!({"note_id": "e1"})),
        ("comment", "note", json!({"id": "c3"})),
    ] {
        let error = bob.err(resource, action, payload.clone()).await;
        assert_eq!(error, absent, "{resource} {action} {payload}");
    }
    let several = bob
        .ok("note", "get", json!({"id": ["b1", "e1", "e2"]}))
        .await;
    assert_eq!(ids(&several), ["b1", "-", "e2"]);
}

#[tokio::test]
async fn lists_counts_and_pages_cover_visible_records() {
    let server = with_notes().await;
    let mut bob = server.client_as("bob").await;
    let found = bob.ok("note", "find", json!({})).await;
    assert_eq!(ids(&found), ["b1", "b2", "e2"]);
    let others = bob
        .ok("note", "find", json!({"owner": {"$ne": "bob"}}))
        .await;
    assert_eq!(ids(&others), ["e2"]);
    let either = json!({"$or": [{"id": "e1"}, {"id": "b1"}]});
    assert_eq!(ids(&bob.ok("note", "find", either).await), ["b1"]);
    assert_eq!(bob.ok("note", "count", json!({})).await, 3);
    assert_eq!(bob.ok("note", "count", json!({"owner": "eve"})).await, 1);
    // Invisible records between the records of a page do not count.
    let page = json!({"$limit": 2, "$sort": {"id": -1}});
    let page = bob.reply("note", "find", page).await;
    assert_eq!(ids(&page["ok"]), ["e2", "b2"]);
    let next = json!({"$limit": 2, "$sort": {"id": -1}, "$after": page["next"]});
    let next = bob.reply("note", "find", next).await;
    assert_eq!((ids(&next["ok"]), next.get("next")), (vec!["b1"], None));
    assert_eq!(
        server
            .client_as("admin:root")
            .await
            .ok("note", "count", json!({}))
            .await,
        4
    );
}

#[tokio::test]
async fn relations_and_includes_cover_visible_records() {
    let server = with_notes().await;
    let mut bob = server.client_as("bob").await;
    let of_note = |note: &str| json!({"note_id": note});
    assert_eq!(
        ids(&bob.ok("note", "comments", of_note("b1")).await),
        ["c1"]
    );
    assert_eq!(
        ids(&bob.ok("note", "comments", of_note("e2")).await),
        ["c4", "c6"]
    );
    assert_eq!(
        ids(&bob.ok("comment", "byNote", of_note("e1")).await),
        ["c3"]
    );
    let hidden = json!({"note_id": "e2", "id": "c5"});
    assert_eq!(bob.code("note", "getComment", hidden).await, "not_found");
    // Bob can read the note but not the comment.
    let parent = bob.code("comment", "note", json!({"id": "c5"})).await;
    assert_eq!(parent, "not_found");
    let with = bob.ok("note", "find", json!({"$with": ["comments"]})).await;
    let included: Vec<_> = with
        .as_array()
        .expect("notes")
        .iter()
        .map(|it| ids(&it["comments"]))
        .collect();
    assert_eq!(included, [vec!["c1"], vec![], vec!["c4", "c6"]]);
    let comments = bob.ok("comment", "find", json!({"$with": ["note"]})).await;
    let notes: Vec<_> = comments
        .as_array()
        .expect("comments")
        .iter()
        .map(|it| it["note"]["id"].clone())
        .collect();
    assert_eq!(ids(&comments), ["c1", "c3", "c4", "c6"]);
    assert_eq!(notes, [json!("b1"), json!(null), json!("e2"), json!("e2")]);
    let deep = bob
        .ok(
            "comment",
            "get",
            json!({"id": "c4", "$with": ["note.comments"]}),
        )
        .await;
    assert_eq!(ids(&deep["note"]["comments"]), ["c4", "c6"]);
}

#[tokio::test]
async fn unauthenticated_read_follows_the_policy() {
    let server = with_notes().await;
    let mut bob = server.client_as("bob").await;
    for (id, draft) in [("a", false), ("b", true)] {
        bob.ok("poster", "create", json!({"id": id, "draft": draft}))
            .await;
    }
    let mut anonymous = server.client().await;
    assert_eq!(ids(&anonymous.ok("poster", "find", json!({})).await), ["a"]);
    assert_eq!(
        anonymous.code("poster", "get", json!({"id": "b"})).await,
        "not_found"
    );
    assert_eq!(
        anonymous
            .code("poster", "destroy", json!({"id": "a"}))
            .await,
        "unauthenticated"
    );
    assert_eq!(ids(&bob.ok("poster", "find", json!({})).await), ["a", "b"]);
}

#[tokio::test]
async fn panicking_policy_denies_access() {
    let server = with_notes().await;
    let mut crasher = server.client_as("crasher").await;
    for (action, payload) in [
        ("get", json!({"id": "b2"})),
        ("find", json!({})),
        ("count", json!({})),
        ("subscribe", json!({})),
        ("update", json!({"id": "b2"})),
        ("readAloud", json!({"id": "b2"})),
    ] {
        let error = crasher.err("note", action, payload).await;
        assert_eq!(error["code"], "internal", "{action}");
        assert!(!error.to_string().contains("panic"), "{error}");
    }
    let mut bob = server.client_as("bob").await;
    let crash = json!({"id": "new", "owner": "bob", "text": "crash"});
    assert_eq!(bob.code("note", "create", crash).await, "internal");
    assert_eq!(
        bob.code("note", "get", json!({"id": "new"})).await,
        "not_found"
    );
    let crash = json!({"id": "b1", "text": "crash"});
    assert_eq!(bob.code("note", "update", crash).await, "internal");
    assert_eq!(bob.ok("note", "get", json!({"id": "b1"})).await["text"], "");
}

#[tokio::test]
async fn get_of_several_ignores_sizes_of_hidden_records() {
    let mut config = Config::default();
    config.request.max_reply = 8 * 1024;
    let server = TestServer::serve(notes_app::server().config(config)).await;
    let mut root = server.client_as("admin:root").await;
    let mut bob = server.client_as("bob").await;
    let text = "x".repeat(6 * 1024);
    for (id, owner, text) in [
        ("e1", "eve", &*text),
        ("e2", "eve", &*text),
        ("b1", "bob", ""),
    ] {
        let note = json!({"id": id, "owner": owner, "text": text});
        root.ok("note", "create", note).await;
    }
    let get = json!({"id": ["e1", "e2", "b1"]});
    let error = root.err("note", "get", get.clone()).await;
    assert_eq!(error["code"], "too_large");
    for with in [json!({}), json!({"$with": ["comments"]})] {
        let mut get = get.clone();
        get.as_object_mut()
            .expect("an object")
            .extend(with.as_object().expect("an object").clone());
        let several = bob.ok("note", "get", get).await;
        assert_eq!(ids(&several), ["-", "-", "b1"], "{with}");
    }
}
