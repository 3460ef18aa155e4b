//! Tests of requests whose commit conflicts with another writer.

use super::slow_store::{Client, Server, ask, receive, send_to};
use crate::core::json::object::Object;
use crate::model::reader::Origin;
use crate::model::resource::Resource;
use crate::model::resource_model::{Model, Shape};
use crate::store::Store;
use crate::store::commit::{Commit, Expect, Operation};
use crate::store::conformance::sample::{Sample, Toy};
use schemars::SchemaGenerator;
use serde_json::{Value, json};
use std::sync::atomic::Ordering::Relaxed;

const SAMPLES: usize = 0;
const TOYS: usize = 1;

/// A server with one sample, bob, who has one toy.
async fn with_bob() -> (Server, Client) {
    let server = Server::start().await;
    let mut client = server.client().await;
    server.commits.add_permits(2);
    server.lists.add_permits(1_000);
    ask(
        &mut client,
        "sample",
        "create",
        json!({"id": "bob", "life": 1}),
    )
    .await;
    ask(
        &mut client,
        "toy",
        "create",
        json!({"id": "ball", "owner_id": "bob"}),
    )
    .await;
    (server, client)
}

/// Commits an operation directly to the store, like another server.
async fn interfere(server: &Server, operation: Operation) {
    let commit = Commit {
        operations: vec![operation],
        ..Commit::default()
    };
    let answer = server.store.inner().commit(commit).await;
    answer.expect("nothing is expected");
}

fn put<R: Resource>(resource: usize, record: &Value) -> Operation {
    let model = Model::new(&Shape::of::<R>(), resource, &mut SchemaGenerator::default());
    let text = record.to_string();
    let given = Object::parse(&text).expect("an object");
    Operation::Put {
        resource,
        record: model.create(&given, Origin::Server).expect("a record"),
        expect: Expect::Any,
    }
}

fn delete(resource: usize, id: &str) -> Operation {
    Operation::Delete {
        resource,
        id: id.into(),
        expect: Expect::Any,
    }
}

/// Sends a request, lets another writer commit during its commit, and returns the payload of the
/// reply.
async fn clash(
    (server, client): &mut (Server, Client),
    (resource, action, payload): (&str, &str, Value),
    operation: Operation,
) -> Value {
    let begun = server.begun.load(Relaxed);
    send_to(client, resource, action, payload, 7).await;
    while server.begun.load(Relaxed) == begun {
        tokio::task::yield_now().await;
    }
    interfere(server, operation).await;
    server.commits.add_permits(2);
    receive(client).await.0
}

#[tokio::test(start_paused = true)]
async fn conflicting_update_is_retried_on_the_new_record() {
    let name = json!({"id": "bob", "name": "Bob"});
    for request in [
        ("sample", "update", name.clone()),
        ("sockful", "commit", json!([["sample", "update", name]])),
    ] {
        let mut both = with_bob().await;
        let other = put::<Sample>(SAMPLES, &json!({"id": "bob", "life": 77}));
        let reply = clash(&mut both, request, other).await;
        let bob = if reply["ok"].is_array() {
            &reply["ok"][0]
        } else {
            &reply["ok"]
        };
        assert_eq!(
            (&bob["name"], &bob["life"]),
            (&json!("Bob"), &json!(77)),
            "{reply}"
        );
        assert_eq!(reply["seq"], 4);
    }
}

#[tokio::test(start_paused = true)]
async fn conflicting_destroy_is_retried_on_the_new_record() {
    let bob = json!({"id": "bob"});
    for request in [
        ("sample", "destroy", bob.clone()),
        ("sockful", "commit", json!([["sample", "destroy", bob]])),
    ] {
        let mut both = with_bob().await;
        let other = put::<Sample>(SAMPLES, &json!({"id": "bob", "life": 77}));
        let reply = clash(&mut both, request.clone(), other).await;
        let gone = if reply["ok"].is_array() {
            &reply["ok"][0]
        } else {
            &reply["ok"]
        };
        assert_eq!(gone["life"], 77, "{reply}");

        let mut both = with_bob().await;
        let other = put::<Toy>(TOYS, &json!({"id": "doll", "owner_id": "bob"}));
        let reply = clash(&mut both, request, other).await;
        assert!(reply["err"].is_null(), "{reply}");
        assert_eq!(ask(&mut both.1, "toy", "count", json!({})).await["ok"], 0);
    }
}

#[tokio::test(start_paused = true)]
async fn child_of_concurrently_deleted_parent_is_rejected() {
    let doll = json!({"id": "doll", "owner_id": "bob"});
    for (request, code) in [
        (("toy", "create", doll.clone()), "invalid"),
        (("sample", "createToy", doll.clone()), "not_found"),
        (
            ("sockful", "commit", json!([["toy", "create", doll]])),
            "invalid",
        ),
    ] {
        let mut both = with_bob().await;
        interfere(&both.0, delete(TOYS, "ball")).await;
        let reply = clash(&mut both, request, delete(SAMPLES, "bob")).await;
        assert_eq!(reply["err"]["code"], code, "{reply}");
    }
}

#[tokio::test(start_paused = true)]
async fn child_of_concurrently_changed_parent_is_created() {
    let mut both = with_bob().await;
    let other = put::<Sample>(SAMPLES, &json!({"id": "bob", "life": 77}));
    let doll = json!({"id": "doll", "owner_id": "bob"});
    let reply = clash(&mut both, ("toy", "create", doll), other).await;
    assert_eq!(reply["ok"]["id"], "doll", "{reply}");
    // The two commits before it and this one: none of them was repeated.
    assert_eq!(both.0.begun.load(Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn create_conflicts_and_save_retries_on_a_race() {
    let mut both = with_bob().await;
    let other = put::<Sample>(SAMPLES, &json!({"id": "eve", "life": 77}));
    let request = ("sample", "create", json!({"id": "eve"}));
    let reply = clash(&mut both, request, other).await;
    assert_eq!(reply["err"]["code"], "conflict", "{reply}");
    let other = put::<Sample>(SAMPLES, &json!({"id": "mia", "life": 77}));
    let request = ("sample", "save", json!({"id": "mia", "name": "Mia"}));
    let reply = clash(&mut both, request, other).await;
    assert_eq!(reply["ok"]["name"], "Mia", "{reply}");
}
