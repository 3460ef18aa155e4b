//! Policies on writes.

use super::{ids, with_notes};
use crate::support::{TestServer, notes_app};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Context, Resource, Result, Server, remote, resources};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[tokio::test]
async fn policy_checks_stored_and_resulting_record() {
    let server = with_notes().await;
    let mut bob = server.client_as("bob").await;
    for (action, payload) in [
        ("create", json!({"owner": "eve"})),
        ("update", json!({"id": "e2", "text": "mine now"})),
        // The record after the update would have another owner, whose records Bob cannot update.
        ("update", json!({"id": "b1", "owner": "eve"})),
        ("save", json!({"id": "e2", "owner": "bob"})),
        ("save", json!({"id": "b1", "owner": "eve"})),
        ("save", json!({"id": "new", "owner": "eve"})),
        ("destroy", json!({"id": "e2"})),
        ("publish", json!({"id": "e2"})),
        ("purge", json!({})),
    ] {
        let code = bob.code("note", action, payload.clone()).await;
        assert_eq!(code, "forbidden", "{action} {payload}");
    }
    assert_eq!(bob.head().await, 10);
    for (action, payload) in [
        ("create", json!({"id": "b3", "owner": "bob"})),
        ("update", json!({"id": "b1", "text": "new"})),
        ("save", json!({"id": "b2", "owner": "bob"})),
        ("publish", json!({"id": "b1"})),
        ("destroy", json!({"id": "b3"})),
        // No policy covers this method, so everyone who can read the record can call it.
        ("readAloud", json!({"id": "e2"})),
    ] {
        bob.ok("note", action, payload).await;
    }
    assert_eq!(
        server
            .client_as("admin:root")
            .await
            .ok("note", "purge", Value::Null)
            .await,
        4
    );
}

#[tokio::test]
async fn forbidden_is_reported_before_payload_faults() {
    let server = with_notes().await;
    let mut bob = server.client_as("bob").await;
    let faulty = json!({"id": "e2", "stars": 77, "nonsense": 1});
    assert_eq!(bob.code("note", "update", faulty).await, "forbidden");
    let faulty = json!({"id": "b1", "stars": 77, "owner": "eve"});
    assert_eq!(bob.code("note", "update", faulty).await, "invalid");
}

#[tokio::test]
async fn writer_without_read_access_receives_only_the_id() {
    let server = with_notes().await;
    let mut bob = server.client_as("bob").await;
    let key = json!({"key": "00000000-03e8-7000-8000-000000000000"});
    let letter = |id: &str| json!({"id": id, "from": "bob", "to": "eve"});
    let create = json!(["letter", "create", letter("l1"), 1, key]);
    for _ in 0..2 {
        // A retry receives the same reply.
        assert_eq!(bob.ask(create.clone()).await[2]["ok"], json!({"id": "l1"}));
    }
    assert_eq!(
        bob.ok("letter", "save", letter("l2")).await,
        json!({"id": "l2"})
    );
    let commit = json!([["letter", "create", letter("l3")]]);
    assert_eq!(
        bob.ok("sockful", "commit", commit).await,
        json!([{"id": "l3"}])
    );
    let mut eve = server.client_as("eve").await;
    assert_eq!(
        ids(&eve.ok("letter", "find", json!({})).await),
        ["l1", "l2", "l3"]
    );
    // A record that the writer can read is returned in full, also to a retry.
    let own = json!({"from": "bob", "to": "bob", "id": "l4"});
    let key = json!({"key": "00000000-03e8-7000-8000-000000000001"});
    let create = json!(["letter", "create", own, 2, key]);
    let first = bob.ask(create.clone()).await;
    assert_eq!(first[2]["ok"]["to"], "bob");
    assert_eq!(bob.ask(create).await, first);
}

#[tokio::test]
async fn invisible_parent_cannot_be_referenced() {
    let server = with_notes().await;
    let mut bob = server.client_as("bob").await;
    let absent = json!({"note_id": "missing", "author": "bob"});
    let absent = bob.err("comment", "create", absent).await;
    for (action, payload) in [
        ("create", json!({"note_id": "e1", "author": "bob"})),
        ("update", json!({"id": "c1", "note_id": "e1"})),
        (
            "save",
            json!({"id": "c1", "note_id": "e1", "author": "bob"}),
        ),
    ] {
        assert_eq!(
            bob.err("comment", action, payload).await,
            absent,
            "{action}"
        );
    }
    // A record that already refers to the parent can be updated.
    let mut eve = server.client_as("eve").await;
    eve.ok("comment", "update", json!({"id": "c2", "hidden": false}))
        .await;
}

#[tokio::test]
async fn policies_apply_to_each_write_of_a_commit() {
    let server = with_notes().await;
    let mut bob = server.client_as("bob").await;
    let commit = |last: Value| json!([["note", "update", {"id": "b1", "text": "x"}], last]);
    for (last, code) in [
        (
            json!(["note", "update", {"id": "e2", "text": "x"}]),
            "forbidden",
        ),
        (
            json!(["note", "update", {"id": "e1", "text": "x"}]),
            "not_found",
        ),
        (
            json!(["note", "createComment", {"note_id": "e1", "author": "bob"}]),
            "not_found",
        ),
        (
            json!(["comment", "create", {"note_id": "e2", "author": "eve"}]),
            "forbidden",
        ),
    ] {
        assert_eq!(bob.code("sockful", "commit", commit(last)).await, code);
    }
    assert_eq!(bob.ok("note", "get", json!({"id": "b1"})).await["text"], "");
    let both = commit(json!(["note", "create", {"id": "b4", "owner": "bob"}]));
    assert_eq!(ids(&bob.ok("sockful", "commit", both).await), ["b1", "b4"]);
}

#[tokio::test]
async fn destroy_cascades_to_invisible_children() {
    let server = with_notes().await;
    let mut bob = server.client_as("bob").await;
    // One of the comments is hidden from Bob.
    bob.ok("note", "destroy", json!({"id": "b1"})).await;
    let mut root = server.client_as("admin:root").await;
    assert_eq!(
        ids(&root.ok("comment", "find", json!({})).await),
        ["c3", "c4", "c5", "c6"]
    );
}

#[tokio::test]
async fn conflict_reveals_nothing_of_the_other_record() {
    let server = with_notes().await;
    let mut bob = server.client_as("bob").await;
    for payload in [
        json!({"id": "e1", "owner": "bob"}),
        json!({"id": "b5", "owner": "bob", "slug": "e1"}),
    ] {
        let error = bob.err("note", "create", payload).await;
        assert_eq!(error["code"], "conflict");
        assert!(!error.to_string().contains("eve"), "{error}");
    }
    assert_eq!(
        bob.code("note", "save", json!({"id": "e1", "owner": "bob"}))
            .await,
        "conflict"
    );
}

/// The number of mails that were sent.
#[derive(Default)]
struct Sent(AtomicUsize);

/// A mail, which is sent before it is stored.
#[derive(Serialize, Deserialize, Resource)]
struct Mail {
    id: String,
}

#[remote]
impl Mail {
    #[before(create)]
    #[expect(clippy::unused_self, reason = "the hook does not depend on the record")]
    fn send(&self, ctx: &Context) -> Result<()> {
        ctx.state::<Sent>()?.0.fetch_add(1, Relaxed);
        Ok(())
    }
}

/// A mail that only administrators can create.
#[derive(Serialize, Deserialize, Resource)]
struct Circular {
    id: String,
}

#[remote]
impl Circular {
    #[can(create)]
    fn admins(user: &notes_app::User) -> bool {
        user.is_admin
    }

    #[before(create)]
    #[expect(clippy::unused_self, reason = "the hook does not depend on the record")]
    fn send(&self, ctx: &Context) -> Result<()> {
        ctx.state::<Sent>()?.0.fetch_add(1, Relaxed);
        Ok(())
    }

    /// Returns the number of mails that were sent.
    pub fn sent(ctx: &Context) -> Result<usize> {
        Ok(ctx.state::<Sent>()?.0.load(Relaxed))
    }
}

#[tokio::test]
async fn policy_of_user_is_judged_before_hooks_run() {
    let server = Server::new(resources![Mail, Circular]);
    let server = server.authenticate(notes_app::authenticate);
    let server = TestServer::serve(server.state(Sent::default())).await;
    let mut bob = server.client_as("bob").await;
    let circular = json!({"id": "a"});
    for action in ["create", "save"] {
        let code = bob.code("circular", action, circular.clone()).await;
        assert_eq!(code, "forbidden", "{action}");
    }
    // The hooks of another write in the batch do not run either.
    let batch = json!([["mail", "create", {"id": "a"}], ["circular", "create", circular]]);
    let error = bob.err("sockful", "commit", batch.clone()).await;
    assert_eq!(
        (&error["code"], &error["path"]),
        (&json!("forbidden"), &json!("[1]"))
    );
    assert_eq!(bob.ok("circular", "sent", Value::Null).await, 0);
    let mut admin = server.client_as("admin:root").await;
    admin.ok("sockful", "commit", batch).await;
    assert_eq!(admin.ok("circular", "sent", Value::Null).await, 2);
}

#[tokio::test]
async fn retried_commit_asks_the_read_policy() {
    let server = with_notes().await;
    let mut bob = server.client_as("admin:bob").await;
    // The timestamp of the key is that of the server's clock.
    let key = "00000000-03e8-7000-8000-000000000001";
    let writes = json!([
        ["note", "destroy", {"id": "e1"}],
        ["note", "update", {"id": "b1", "owner": "eve", "text": "secret"}],
        ["note", "destroy", {"id": "b1"}],
        ["note", "create", {"id": "n1", "owner": "eve", "text": "secret"}],
    ]);
    let request = json!(["sockful", "commit", writes, 1, {"key": key}]);
    let done = bob.ask(request.clone()).await;
    assert_eq!(done[2]["ok"][1]["text"], "secret", "{done}");
    assert_eq!(bob.ask(request.clone()).await[2]["ok"], done[2]["ok"]);
    // The same caller is no longer an administrator.
    let mut bob = server.client_as("bob").await;
    let again = bob.ask(request).await;
    let ids = json!([{"id": "e1"}, {"id": "b1"}, {"id": "b1"}, {"id": "n1"}]);
    assert_eq!(again[2]["ok"], ids, "{again}");
}
