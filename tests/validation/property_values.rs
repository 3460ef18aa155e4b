//! Which values a payload accepts, and how errors are reported.

use crate::support::{Client, TestServer};
use serde_json::{Value, json};

/// Returns the path and the rule of each fault.
async fn faults(client: &mut Client, action: &str, payload: Value) -> Vec<(String, String)> {
    let error = client.err("creature", action, payload).await;
    assert_eq!(error["code"], "invalid", "{error}");
    let text = |fault: &Value, key: &str| fault[key].as_str().expect("a text").to_owned();
    let faults = error["fields"].as_array().expect("faults");
    faults
        .iter()
        .map(|fault| (text(fault, "path"), text(fault, "rule")))
        .collect()
}

async fn assert_fault(payload: Value, path: &str, rule: &str) {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let shown = payload.to_string();
    assert_eq!(
        faults(&mut client, "create", payload).await,
        [(path.to_owned(), rule.to_owned())],
        "{shown}"
    );
    assert_eq!(client.ok("creature", "count", json!({})).await, 0);
}

#[tokio::test]
pub(crate) async fn every_payload_fault_is_reported() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let payload =
        json!({"life": "x", "tame": 1, "born": 5, "colour": "red", "secret": "x", "id": "bob"});
    let mut faults = faults(&mut client, "create", payload).await;
    faults.sort();
    let expected = [
        ("born", "read_only"),
        ("colour", "unknown"),
        ("life", "type"),
        ("secret", "unknown"),
        ("tame", "type"),
    ];
    assert_eq!(
        faults,
        expected.map(|(path, rule)| (path.to_owned(), rule.to_owned()))
    );
}

#[tokio::test]
pub(crate) async fn message_of_a_single_fault_names_the_property() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let error = client
        .err("creature", "create", json!({"colour": "red"}))
        .await;
    assert_eq!(error["message"], "`colour` is unknown");
}

#[tokio::test]
pub(crate) async fn unknown_property_is_rejected_by_every_action() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client.ok("creature", "create", json!({"id": "bob"})).await;
    for action in [
        "create", "get", "update", "save", "destroy", "feed", "describe",
    ] {
        let faults = faults(
            &mut client,
            action,
            json!({"id": "bob", "__proto__": {"a": 1}}),
        )
        .await;
        assert_eq!(
            faults,
            [("__proto__".to_owned(), "unknown".to_owned())],
            "{action}"
        );
    }
}

#[tokio::test]
pub(crate) async fn private_property_is_indistinguishable_from_unknown() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client.ok("creature", "create", json!({"id": "bob"})).await;
    for action in ["create", "update", "save"] {
        let mut errors = Vec::new();
        for name in ["secret", "nosuch"] {
            let error = client
                .err("creature", action, json!({"id": "bob", name: "x"}))
                .await;
            errors.push(error.to_string().replace(name, "it"));
        }
        assert_eq!(errors[0], errors[1], "{action}");
    }
}

#[tokio::test]
pub(crate) async fn private_property_is_never_sent() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let mut replies = vec![
        client
            .reply("creature", "create", json!({"id": "bob"}))
            .await,
    ];
    client
        .ok(
            "creature",
            "whisper",
            json!({"id": "bob", "secret": "hush"}),
        )
        .await;
    let ways = [
        ("get", json!({"id": "bob"})),
        ("get", json!({"id": ["bob"]})),
        ("all", json!({})),
        ("update", json!({"id": "bob", "life": 3})),
        ("save", json!({"id": "bob"})),
        ("destroy", json!({"id": "bob"})),
    ];
    for (action, payload) in ways {
        replies.push(client.reply("creature", action, payload).await);
    }
    replies.push(client.reply("sockful", "schema", json!(null)).await["ok"]["resources"]["creature"]["record"].take());
    for reply in replies {
        let text = reply.to_string();
        assert!(!text.contains("secret") && !text.contains("hush"), "{text}");
    }
}

#[tokio::test]
pub(crate) async fn read_only_property_cannot_be_set() {
    assert_fault(json!({"born": 5}), "born", "read_only").await;
}

#[tokio::test]
pub(crate) async fn wrong_type_is_reported_with_its_property() {
    for (name, value) in [
        ("life", json!("10")),
        ("life", json!(1.5)),
        ("kind", json!(7)),
        ("tame", json!("true")),
        ("tags", json!({})),
    ] {
        assert_fault(json!({name: value}), name, "type").await;
    }
}

#[tokio::test]
pub(crate) async fn missing_required_property_is_reported() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let error = client.err("node", "create", json!({"id": 1})).await;
    assert_eq!(
        (&error["fields"][0]["path"], &error["fields"][0]["rule"]),
        (&json!("name"), &json!("required"))
    );
}

#[tokio::test]
pub(crate) async fn duplicate_key_is_invalid_and_named() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for payload in [r#"{"life":1,"life":2}"#, r#"{"life":1,"l\u0069fe":2}"#] {
        let answer = client
            .ask_text(&format!(r#"["creature","create",{payload},1]"#))
            .await;
        assert_eq!(
            answer[2]["err"]["fields"][0],
            json!({"path": "life", "rule": "twice", "message": "is given twice"})
        );
    }
}

#[tokio::test]
pub(crate) async fn nul_character_is_rejected_in_every_text() {
    assert_fault(json!({"bio": "a\0b"}), "bio", "text").await;
    assert_fault(json!({"tags": ["a", "\0"]}), "tags", "text").await;
    assert_fault(json!({"id": "a\0"}), "id", "id").await;
}

#[tokio::test]
pub(crate) async fn id_of_wrong_form_is_rejected_by_every_action() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let long = "x".repeat(257);
    for action in [
        "create", "get", "update", "save", "destroy", "feed", "describe",
    ] {
        for id in [
            json!(long),
            json!("a\nb"),
            json!("a\u{7f}"),
            json!("\u{85}"),
            json!(7),
            json!({}),
        ] {
            let faults = faults(&mut client, action, json!({"id": id})).await;
            assert_eq!(faults.len(), 1, "{action} {id}");
            assert_eq!(faults[0].0, "id", "{action} {id}");
        }
    }
}

/// Does not run over HTTP, where the path of an empty id is the path of the list.
#[tokio::test]
pub(crate) async fn empty_id_is_rejected_by_every_action() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for action in [
        "create", "get", "update", "save", "destroy", "feed", "describe",
    ] {
        let faults = faults(&mut client, action, json!({"id": ""})).await;
        assert_eq!(faults.len(), 1, "{action}");
        assert_eq!(faults[0].0, "id", "{action}");
    }
}

#[tokio::test]
pub(crate) async fn id_of_256_bytes_is_valid_and_compared_bytewise() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for id in [
        "x".repeat(256),
        "é".to_owned(),
        "e\u{301}".to_owned(),
        "É".to_owned(),
        "a/b ../%00".to_owned(),
        "__proto__".to_owned(),
    ] {
        client.ok("creature", "create", json!({"id": id})).await;
        assert_eq!(
            client.ok("creature", "get", json!({"id": id})).await["id"],
            id
        );
    }
    assert_eq!(client.ok("creature", "count", json!({})).await, 6);
}

#[tokio::test]
pub(crate) async fn escaped_id_equals_the_plain_id() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client.ok("creature", "create", json!({"id": "bob"})).await;
    let answer = client
        .ask_text(r#"["creature","get",{"\u0069d":"b\u006fb"},1]"#)
        .await;
    assert_eq!(answer[2]["ok"]["id"], "bob", "{answer}");
}

#[tokio::test]
pub(crate) async fn inexact_integer_is_rejected() {
    for life in [
        json!(9_007_199_254_740_992_i64),
        json!(-9_007_199_254_740_992_i64),
    ] {
        assert_fault(json!({"life": life}), "life", "range").await;
    }
}

#[tokio::test]
pub(crate) async fn exact_integers_round_trip() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for life in [9_007_199_254_740_991_i64, -9_007_199_254_740_991, 0, -1] {
        assert_eq!(
            client.ok("creature", "create", json!({"life": life})).await["life"],
            life
        );
    }
}

#[tokio::test]
pub(crate) async fn number_beyond_all_floats_is_rejected() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for weight in ["1e400", "-1e400", "NaN", "Infinity"] {
        let answer = client
            .ask_text(&format!(r#"["creature","create",{{"weight":{weight}}},1]"#))
            .await;
        assert!(answer[2]["err"].is_object(), "{answer}");
    }
    assert_eq!(client.ok("creature", "count", json!({})).await, 0);
}

#[tokio::test]
pub(crate) async fn text_of_every_kind_round_trips() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for bio in [
        "\"quoted\" \\ back",
        "\u{1}\u{1f}\t\r\n",
        "\u{2028}\u{feff}🐉",
        "</script>",
        "\\u0000",
    ] {
        assert_eq!(
            client.ok("creature", "create", json!({"bio": bio})).await["bio"],
            bio
        );
    }
}
