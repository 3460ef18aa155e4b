//! Values with more than one spelling are stored and compared in one form.

use crate::support::TestServer;
use serde_json::json;

#[tokio::test]
async fn uuid_is_equal_in_every_spelling() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let id = "0192d5a4-8b2e-7c3d-9e4f-5a6b7c8d9e0f";
    let made = client
        .ok("token", "create", json!({"id": id.to_uppercase()}))
        .await;
    assert_eq!(made["id"], id);
    for spelling in [id.to_owned(), id.to_uppercase(), id.replace('-', "")] {
        assert_eq!(
            client.ok("token", "get", json!({"id": spelling})).await["id"],
            id
        );
        assert_eq!(
            client.ok("token", "count", json!({"id": spelling})).await,
            1
        );
        let any = json!({"id": {"$in": [spelling]}});
        assert_eq!(client.ok("token", "count", any).await, 1);
    }
    assert_eq!(
        client.code("token", "create", json!({"id": id})).await,
        "conflict"
    );
    let fresh = client.ok("token", "create", json!({})).await;
    assert_eq!(fresh["id"].as_str().map(str::len), Some(36));
    for wrong in ["bob", "", "0192d5a4"] {
        assert_eq!(
            client.code("token", "get", json!({"id": wrong})).await,
            "invalid"
        );
    }
}

#[tokio::test]
async fn record_can_be_saved_with_other_number_spelling() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let mut token = client.ok("token", "create", json!({})).await;
    assert_eq!(token["weight"].to_string(), "1.0");
    token["weight"] = json!(1);
    token["state"] = json!("held");
    assert_eq!(
        client.ok("token", "save", token.clone()).await["state"],
        "held"
    );
    token["weight"] = json!(2);
    assert_eq!(client.code("token", "save", token).await, "invalid");
}

#[tokio::test]
async fn update_without_change_of_a_map_makes_no_commit() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let uses: serde_json::Map<_, _> = (0..40).map(|n| (format!("u{n}"), json!(n))).collect();
    let token = client.ok("token", "create", json!({"uses": uses})).await;
    for _ in 0..5 {
        client
            .ok("token", "update", json!({"id": token["id"], "state": null}))
            .await;
    }
    assert_eq!(client.head().await, 1);
}

#[tokio::test]
async fn documented_enum_is_compared_and_sorted_as_text() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for state in ["lost", "held", "held"] {
        client.ok("token", "create", json!({"state": state})).await;
    }
    assert_eq!(
        client.ok("token", "count", json!({"state": "held"})).await,
        2
    );
    let sorted = client
        .ok("token", "find", json!({"$sort": {"state": -1}}))
        .await;
    assert_eq!(sorted[0]["state"], "lost");
}
