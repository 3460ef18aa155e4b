//! Server-maintained timestamps and revisions, and writes conditional on a revision.

mod random_histories;

use crate::support::{Client, TestServer, sample_resources, unix_time};
use crate::validation::property_access::{accounts, fault};
use serde_json::{Value, json};
use sockful::Server;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Sends a request with `if_rev`; returns the metadata of the reply, or the code of the error.
async fn with_rev(client: &mut Client, action: &str, payload: Value, rev: u64) -> Value {
    let frame = json!(["account", action, payload, 1, {"if_rev": rev}]);
    let answer = client.ask(frame).await;
    let reply = &answer[2];
    if reply.get("err").is_some() {
        return json!([reply["err"]["code"], reply["err"]["path"]]);
    }
    json!([reply["seq"], reply["rev"]])
}

#[tokio::test]
pub(crate) async fn timestamps_and_rev_ignore_unchanged_writes() {
    let time = Arc::new(AtomicU64::new(1_000));
    let clock = Arc::clone(&time);
    let server = Server::new(sample_resources::ACCOUNTS)
        .clock(move || unix_time(clock.load(Ordering::Relaxed)));
    let server = TestServer::serve(server).await;
    let mut client = server.client().await;
    let managed = |record: &Value| json!([record["since"], record["touched"], record["revision"]]);
    let bob = client.ok("account", "create", json!({"id": "bob"})).await;
    assert_eq!(managed(&bob), json!([1_000, 1_000, 1]));
    time.store(2_000, Ordering::Relaxed);
    for (action, payload) in [
        ("update", json!({"id": "bob"})),
        ("update", json!({"id": "bob", "points": 0})),
        ("save", bob.clone()),
        ("save", json!({"id": "bob"})),
    ] {
        assert_eq!(client.ok("account", action, payload).await, bob);
    }
    // A method cannot change them either.
    client.ok("account", "forge", json!({"id": "bob"})).await;
    assert_eq!(client.ok("account", "get", json!({"id": "bob"})).await, bob);
    assert_eq!(client.head().await, 1);
    client.ok("account", "create", json!({"id": "larry"})).await;
    client
        .ok("account", "earn", json!({"id": "bob", "gold": "1"}))
        .await;
    let bob = client.ok("account", "get", json!({"id": "bob"})).await;
    assert_eq!(managed(&bob), json!([1_000, 2_000, 3]));
    // `updated_at` does not decrease if the clock is set back.
    time.store(500, Ordering::Relaxed);
    client
        .ok("account", "earn", json!({"id": "bob", "gold": "1"}))
        .await;
    let bob = client.ok("account", "get", json!({"id": "bob"})).await;
    assert_eq!(managed(&bob), json!([1_000, 2_000, 4]));
}

#[tokio::test]
pub(crate) async fn server_properties_cannot_be_set_by_clients() {
    let (_server, mut client) = accounts().await;
    client.ok("account", "create", json!({"id": "bob"})).await;
    for name in ["since", "touched", "revision"] {
        let payload = json!({"id": "bob", name: 7});
        for action in ["create", "update", "save"] {
            let (rule, path) = fault(&mut client, action, payload.clone()).await;
            assert_eq!((&*rule, &*path), ("read_only", name), "{action}");
        }
    }
}

#[tokio::test]
pub(crate) async fn write_with_stale_rev_is_a_conflict() {
    let (_server, mut client) = accounts().await;
    let bob = |points: i32| json!({"id": "bob", "points": points});
    client.ok("account", "create", bob(0)).await;
    assert_eq!(
        with_rev(&mut client, "update", bob(1), 1).await,
        json!([2, 2])
    );
    for (action, payload) in [
        ("update", bob(2)),
        ("save", bob(2)),
        ("earn", json!({"id": "bob", "gold": "1"})),
        ("destroy", json!({"id": "bob"})),
    ] {
        let answer = with_rev(&mut client, action, payload, 1).await;
        assert_eq!(answer, json!(["conflict", "if_rev"]), "{action}");
    }
    assert_eq!(client.head().await, 2);
    assert_eq!(
        with_rev(&mut client, "save", bob(3), 2).await,
        json!([3, 3])
    );
    let earn = json!({"id": "bob", "gold": "1"});
    assert_eq!(with_rev(&mut client, "earn", earn, 3).await, json!([4, 4]));
    let get = client.reply("account", "get", json!({"id": "bob"})).await;
    assert_eq!(
        (&get["rev"], &get["ok"]["revision"]),
        (&json!(4), &json!(4))
    );
    let destroy = json!({"id": "bob"});
    assert_eq!(
        with_rev(&mut client, "destroy", destroy, 4).await,
        json!([5, 4])
    );
}

#[tokio::test]
pub(crate) async fn recreated_record_has_a_new_rev() {
    let (_server, mut client) = accounts().await;
    client.ok("account", "create", json!({"id": "bob"})).await;
    client.ok("account", "destroy", json!({"id": "bob"})).await;
    let recreated = client.ok("account", "create", json!({"id": "bob"})).await;
    assert_eq!(recreated["revision"], 3);
    let stale = with_rev(&mut client, "update", json!({"id": "bob", "points": 1}), 1).await;
    assert_eq!(stale[0], "conflict");
}

#[tokio::test]
pub(crate) async fn if_rev_of_an_absent_record_depends_on_the_action() {
    let (_server, mut client) = accounts().await;
    for (action, code) in [
        ("update", "not_found"),
        ("destroy", "not_found"),
        ("save", "conflict"),
    ] {
        let answer = with_rev(&mut client, action, json!({"id": "eve"}), 1).await;
        assert_eq!(answer[0], code, "{action}");
    }
    assert_eq!(client.head().await, 0);
}

#[tokio::test]
pub(crate) async fn if_rev_is_rejected_where_it_has_no_effect() {
    let (_server, mut client) = accounts().await;
    for (resource, action, rev) in [
        ("account", "create", json!(1)),
        ("account", "get", json!(1)),
        ("account", "find", json!(1)),
        ("account", "count", json!(1)),
        ("account", "check", json!(1)),
        ("account", "numbers", json!(1)),
        ("node", "update", json!(1)),
        ("sockful", "ping", json!(1)),
        ("account", "update", json!(-1)),
        ("account", "update", json!("1")),
        ("account", "update", json!(1_u64 << 53)),
        ("account", "update", Value::Null),
    ] {
        let answer = client
            .ask(json!([resource, action, {"id": "bob"}, 1, {"if_rev": rev}]))
            .await;
        let error = &answer[2]["err"];
        assert_eq!(
            error["code"], "invalid",
            "{resource} {action} {rev}: {answer}"
        );
        assert_eq!(error["fields"][0]["path"], "if_rev", "{answer}");
    }
}

#[tokio::test]
pub(crate) async fn reply_has_the_rev_of_its_record() {
    let (_server, mut client) = accounts().await;
    let created = client
        .reply("account", "create", json!({"id": "bob"}))
        .await;
    assert_eq!(created["rev"], 1);
    let checked = client
        .reply("account", "check", json!({"id": "bob", "password": ""}))
        .await;
    assert_eq!(checked["rev"], 1);
    let listed = client.reply("account", "all", Value::Null).await;
    assert_eq!(listed.get("rev"), None, "{listed}");
    let node = client
        .reply("node", "create", json!({"id": 1, "name": "x"}))
        .await;
    assert_eq!(node.get("rev"), None, "{node}");
}
