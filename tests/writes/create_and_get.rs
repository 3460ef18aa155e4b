//! Creating and reading records.

use crate::support::{Client, TestServer};
use serde_json::{Value, json};

pub(crate) fn bob() -> Value {
    json!({"id": "bob", "kind": "dragon", "life": 10, "mood": null, "weight": null, "tame": false,
           "tags": [], "bio": "", "born": 1990})
}

pub(crate) async fn with_bob() -> (TestServer, Client) {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    assert_eq!(
        client
            .reply("creature", "create", json!({"id": "bob"}))
            .await,
        json!({"ok": bob(), "seq": 1})
    );
    (server, client)
}

#[tokio::test]
pub(crate) async fn create_returns_the_record_with_defaults() {
    with_bob().await;
}

#[tokio::test]
pub(crate) async fn omitted_id_becomes_a_uuid_v7() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let made = client.ok("creature", "create", json!({})).await;
        let id = made["id"].as_str().expect("an id").to_owned();
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'7'), "{id}");
        assert_eq!(client.ok("creature", "get", json!({"id": id})).await, made);
        ids.push(id);
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
pub(crate) async fn create_of_an_existing_id_is_a_conflict() {
    let (_server, mut client) = with_bob().await;
    assert_eq!(
        client
            .code("creature", "create", json!({"id": "bob", "life": 3}))
            .await,
        "conflict"
    );
    assert_eq!(
        client.reply("creature", "get", json!({"id": "bob"})).await,
        json!({"ok": bob(), "seq": 1})
    );
}

#[tokio::test]
pub(crate) async fn integer_id_is_required() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let error = client.err("node", "create", json!({"name": "a"})).await;
    assert_eq!(
        (&error["fields"][0]["path"], &error["fields"][0]["rule"]),
        (&json!("id"), &json!("required")),
        "{error}"
    );
}

#[tokio::test]
pub(crate) async fn integer_id_is_a_number_everywhere() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let node = client
        .ok("node", "create", json!({"id": 7, "name": "seven"}))
        .await;
    assert_eq!(node, json!({"id": 7, "name": "seven"}));
    assert_eq!(client.ok("node", "get", json!({"id": 7})).await, node);
    assert_eq!(
        client.ok("node", "get", json!({"id": [7, 8]})).await,
        json!([node, null])
    );
    for id in [json!("7"), json!(1.5), json!(9_007_199_254_740_992_u64)] {
        assert_eq!(
            client.code("node", "get", json!({"id": id})).await,
            "invalid",
            "{id}"
        );
    }
}

#[tokio::test]
pub(crate) async fn absent_record_is_not_found() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for action in ["get", "update", "destroy", "feed", "describe"] {
        assert_eq!(
            client
                .code("creature", action, json!({"id": "missing"}))
                .await,
            "not_found",
            "{action}"
        );
    }
}

#[tokio::test]
pub(crate) async fn get_of_several_ids_keeps_order_and_gives_null() {
    let (_server, mut client) = with_bob().await;
    let larry = client
        .ok("creature", "create", json!({"id": "larry"}))
        .await;
    let several = client
        .reply(
            "creature",
            "get",
            json!({"id": ["larry", "missing", "bob", "larry"]}),
        )
        .await;
    assert_eq!(
        several,
        json!({"ok": [larry, null, bob(), larry], "seq": 2})
    );
    assert_eq!(
        client.ok("creature", "get", json!({"id": []})).await,
        json!([])
    );
}

#[tokio::test]
pub(crate) async fn get_of_more_than_1000_ids_names_the_limit() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let ids: Vec<String> = (0..1001).map(|n| n.to_string()).collect();
    assert_eq!(
        client
            .ok("creature", "get", json!({"id": ids[..1000]}))
            .await
            .as_array()
            .map(Vec::len),
        Some(1000)
    );
    let error = client.err("creature", "get", json!({"id": ids})).await;
    assert_eq!(
        (&error["code"], &error["limit"]["value"]),
        (&json!("too_many"), &json!(1000)),
        "{error}"
    );
}

#[tokio::test]
pub(crate) async fn invalid_id_among_several_has_its_index() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let error = client
        .err("creature", "get", json!({"id": ["bob", 7, ""]}))
        .await;
    let paths: Vec<_> = error["fields"]
        .as_array()
        .expect("faults")
        .iter()
        .map(|fault| &fault["path"])
        .collect();
    assert_eq!(paths, ["id[1]", "id[2]"]);
}

#[tokio::test]
pub(crate) async fn all_is_an_alias_of_find() {
    let (_server, mut client) = with_bob().await;
    for action in ["all", "find"] {
        assert_eq!(
            client
                .reply("creature", action, json!({"kind": "dragon"}))
                .await,
            json!({"ok": [bob()], "seq": 1})
        );
        assert_eq!(
            client
                .reply("creature", action, json!({"kind": "unicorn"}))
                .await,
            json!({"ok": [], "seq": 1})
        );
    }
}

#[tokio::test]
pub(crate) async fn reply_has_the_seq_of_its_snapshot() {
    let (_server, mut client) = with_bob().await;
    for (action, payload) in [
        ("get", json!({"id": "bob"})),
        ("all", json!({})),
        ("count", json!({})),
        ("describe", json!({"id": "bob"})),
    ] {
        assert_eq!(
            client.reply("creature", action, payload).await["seq"],
            1,
            "{action}"
        );
    }
}

#[tokio::test]
pub(crate) async fn request_sees_effects_of_all_earlier_replies() {
    let (server, mut writer) = with_bob().await;
    let mut reader = server.client().await;
    for life in 11..50 {
        writer
            .ok("creature", "update", json!({"id": "bob", "life": life}))
            .await;
        assert_eq!(
            reader.ok("creature", "get", json!({"id": "bob"})).await["life"],
            life
        );
    }
}

#[tokio::test]
pub(crate) async fn renamed_id_and_properties_are_used_everywhere() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let page = json!({"slug": "home", "heading": "Welcome", "viewCount": 0});
    let given = json!({"slug": "home", "heading": "Welcome"});
    assert_eq!(client.ok("page", "create", given).await, page);
    let home = || json!({"slug": "home"});
    assert_eq!(client.ok("page", "get", home()).await, page);
    // Another parameter may be called `id` here.
    let view = json!({"slug": "home", "id": 3});
    assert_eq!(client.ok("page", "view", view).await, 3);
    let changed = json!({"slug": "home", "heading": "Hello"});
    assert_eq!(client.ok("page", "update", changed).await["viewCount"], 3);
    let found = json!({"viewCount": {"$gt": 2}, "$sort": {"slug": 1}, "$select": ["heading"]});
    assert_eq!(
        client.ok("page", "find", found).await,
        json!([{"heading": "Hello"}])
    );
    for (action, payload) in [
        ("get", json!({"id": "home"})),
        ("create", json!({"slug": "news", "title": "News"})),
        ("find", json!({"view_count": 1})),
    ] {
        let code = client.code("page", action, payload).await;
        assert!(code.starts_with("invalid"), "{action}: {code}");
    }
    assert_eq!(
        client.ok("page", "destroy", home()).await["heading"],
        "Hello"
    );
}

#[tokio::test]
pub(crate) async fn missing_id_is_reported_as_required() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for action in ["get", "update", "destroy", "feed", "lookAt"] {
        let error = client.err("creature", action, json!({})).await;
        assert_eq!(error["code"], "invalid", "{action}: {error}");
        assert_eq!(
            (&error["fields"][0]["path"], &error["fields"][0]["rule"]),
            (&json!("id"), &json!("required")),
            "{action}: {error}"
        );
    }
}

#[tokio::test]
pub(crate) async fn unserved_action_is_unknown_and_not_described() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client.ok("note", "create", json!({"id": 1})).await;
    client.ok("note", "save", json!({"id": 1})).await;
    for action in ["update", "destroy"] {
        let code = client.code("note", action, json!({"id": 1})).await;
        assert_eq!(code, "unknown_action", "{action}");
    }
    let schema = client.ok("sockful", "schema", json!(null)).await;
    let actions = &schema["resources"]["note"]["actions"];
    assert!(actions["update"].is_null() && actions["destroy"].is_null());
    assert!(actions["create"].is_object() && actions["all"].is_object());
}
