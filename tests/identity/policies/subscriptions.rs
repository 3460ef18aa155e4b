//! Policies on subscriptions.

use super::{ids, with_notes};
use serde_json::{Value, json};

#[tokio::test]
async fn subscription_reports_visibility_changes() {
    let server = with_notes().await;
    let mut bob = server.client_as("bob").await;
    let initial = bob.ask(json!(["note", "subscribe", {"stars": 0}, 7])).await;
    assert_eq!(ids(&initial[2]["ok"]["records"]), ["b1", "b2", "e2"]);
    let mut root = server.client_as("admin:root").await;
    for (change, expected) in [
        (json!({"id": "e1", "text": "unseen"}), None),
        (
            json!({"id": "e1", "published": true}),
            Some(("created", Value::Null)),
        ),
        (
            json!({"id": "e1", "text": "seen"}),
            Some(("updated", Value::Null)),
        ),
        // A record that leaves the result is reported with `left`, unless the client can no longer read it.
        (
            json!({"id": "e1", "stars": 1}),
            Some(("destroyed", json!(true))),
        ),
        (
            json!({"id": "e1", "stars": 0}),
            Some(("created", Value::Null)),
        ),
        (
            json!({"id": "e1", "published": false}),
            Some(("destroyed", Value::Null)),
        ),
        (
            json!({"id": "e1", "published": true}),
            Some(("created", Value::Null)),
        ),
        (
            json!({"id": "e1", "published": false, "stars": 1}),
            Some(("destroyed", Value::Null)),
        ),
        (json!({"id": "e1", "stars": 0}), None),
    ] {
        root.ok("note", "update", change.clone()).await;
        let Some((name, left)) = expected else {
            continue;
        };
        let event = bob.recv().await;
        assert_eq!(
            (&event[1], &event[2]["id"]),
            (&json!(name), &json!("e1")),
            "{change}"
        );
        assert_eq!(event[2]["left"], left, "{change}");
        assert_eq!(event[2].get("record").is_some(), name != "destroyed");
    }
    root.ok("note", "destroy", json!({"id": "e1"})).await;
    root.ok("note", "destroy", json!({"id": "b1"})).await;
    let event = bob.recv().await;
    assert_eq!(
        (&event[1], &event[2]["id"]),
        (&json!("destroyed"), &json!("b1"))
    );
}

#[tokio::test]
async fn subscribed_children_respect_their_read_policy() {
    let server = with_notes().await;
    let mut bob = server.client_as("bob").await;
    let initial = bob
        .ask(json!(["note", "subscribeComments", {"note_id": "e2"}, 7]))
        .await;
    assert_eq!(ids(&initial[2]["ok"]["records"]), ["c4", "c6"]);
    let mut eve = server.client_as("eve").await;
    eve.ok("comment", "update", json!({"id": "c5", "hidden": false}))
        .await;
    let event = bob.recv().await;
    assert_eq!(
        (&event[1], &event[2]["id"]),
        (&json!("created"), &json!("c5"))
    );
}
