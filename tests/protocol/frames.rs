//! Valid and invalid frames, and the ack id that an error is sent to.

use crate::support::{TestServer, notes_app};
use serde_json::{Value, json};

/// Sends each message and checks that the reply is a `sockful error` frame with `bad_frame` and this `ack_id`.
async fn assert_bad_frames(messages: &[&str], ack_id: Value) {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for message in messages {
        let answer = client.ask_text(message).await;
        assert_eq!(
            answer.as_array().map(Vec::len),
            Some(4),
            "{message}: {answer}"
        );
        assert_eq!(answer[0], "sockful", "{message}: {answer}");
        assert_eq!(answer[1], "error", "{message}: {answer}");
        assert_eq!(answer[2]["err"]["code"], "bad_frame", "{message}: {answer}");
        assert_eq!(answer[3], ack_id, "{message}: {answer}");
    }
    client.assert_alive().await;
}

#[tokio::test]
async fn non_json_message_is_a_bad_frame() {
    let no_json = [
        "",
        " ",
        "hello",
        "[",
        "[\"creature\",\"all\"",
        "[\"a\",\"b\"]]",
        "\u{feff}[]",
        "[01]",
        "[\"\n\"]",
        "[1,]",
        "nul",
    ];
    assert_bad_frames(&no_json, Value::Null).await;
}

#[tokio::test]
async fn non_array_message_is_a_bad_frame() {
    assert_bad_frames(
        &["{}", "null", "7", "\"creature\"", "true", "{\"0\":\"a\"}"],
        Value::Null,
    )
    .await;
}

#[tokio::test]
async fn array_without_names_is_a_bad_frame() {
    assert_bad_frames(
        &["[]", "[null,1]", "[\"creature\"]", "[[],[],[]]", "[[[]]]"],
        Value::Null,
    )
    .await;
}

#[tokio::test]
async fn bad_frame_is_answered_to_its_readable_ack_id() {
    let messages = [
        "[{},[],null,0]",
        "[null,1,null,0]",
        "[[\"a\"],\"b\",{},0]",
        "[\"creature\",7,null,0]",
        "[1,2,3,0,4,5]",
    ];
    assert_bad_frames(&messages, json!(0)).await;
}

#[tokio::test]
async fn bad_frame_repeats_its_resource_and_action() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for message in [
        r#"["creature","get",null,7,[]]"#,
        r#"["creature","get",null,7,{},1]"#,
        r#"["creature","get",null,7,1]"#,
    ] {
        let answer = client.ask_text(message).await;
        assert_eq!(
            (&answer[0], &answer[1], &answer[3]),
            (&json!("creature"), &json!("get"), &json!(7)),
            "{answer}"
        );
        assert_eq!(answer[2]["err"]["code"], "bad_frame", "{answer}");
    }
}

#[tokio::test]
async fn ack_id_of_wrong_form_is_a_bad_frame() {
    let long = format!("\"{}\"", "x".repeat(65));
    let ack_ids = [
        "-1",
        "1.5",
        "{}",
        "9007199254740992",
        &long,
        "[]",
        "true",
        "1e3",
        "007",
        "1.0",
        "-0",
        "\"\"",
        "\"a b\"",
        "\"é\"",
        "\"\\u0061\"",
    ];
    let messages = ack_ids.map(|ack_id| format!(r#"["creature","all",null,{ack_id}]"#));
    assert_bad_frames(&messages.each_ref().map(String::as_str), Value::Null).await;
}

#[tokio::test]
async fn valid_ack_id_is_echoed_unchanged() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let longest = json!("x".repeat(64));
    for ack_id in [
        json!(0),
        json!(9_007_199_254_740_991_u64),
        json!("A-Z_a.z:0-9"),
        json!("7"),
        longest,
    ] {
        let answer = client.ask(json!(["creature", "count", null, ack_id])).await;
        assert_eq!(
            answer,
            json!(["creature", "count", {"ok": 0, "seq": 0}, ack_id])
        );
    }
}

#[tokio::test]
async fn numeric_and_text_ack_ids_are_distinct() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client
        .send_all([
            json!(["creature", "count", null, 7]),
            json!(["creature", "count", null, "7"]),
        ])
        .await;
    assert_eq!(
        [client.recv().await[3].take(), client.recv().await[3].take()],
        [json!(7), json!("7")]
    );
}

#[tokio::test]
async fn requests_sharing_an_ack_id_get_a_reply_each() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client
        .send_all(
            ["a", "b"]
                .map(|checkpoint| json!(["creature", "waitAt", {"checkpoint": checkpoint}, 7])),
        )
        .await;
    for checkpoint in ["b", "a"] {
        server.checkpoints.reached(checkpoint).await;
        server.checkpoints.release(checkpoint);
        assert_eq!(
            client.recv().await,
            json!(["creature", "waitAt", {"ok": checkpoint}, 7])
        );
    }
}

#[tokio::test]
async fn whitespace_between_slots_is_ignored() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for message in [
        "\n [ \"creature\" ,\t\"count\" , { } , 7 ,\r\n null ] ",
        "[\"creature\",\"count\",{}, 7]",
        "[\"creature\",\"count\",{},7 ]",
        "[\"creature\",\"count\",{},\t7,\nnull]",
    ] {
        assert_eq!(
            client.ask_text(message).await,
            json!(["creature", "count", {"ok": 0, "seq": 0}, 7]),
            "{message}"
        );
    }
}

#[tokio::test]
async fn escaped_names_equal_plain_names() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let answer = client
        .ask_text(r#"["cr\u0065ature","\u0063ount",null,7]"#)
        .await;
    assert_eq!(answer, json!(["creature", "count", {"ok": 0, "seq": 0}, 7]));
}

#[tokio::test]
async fn lone_surrogate_in_a_name_is_a_bad_frame() {
    assert_bad_frames(
        &[
            r#"["cr\ud800","count",null,7]"#,
            r#"["creature","\udc00",null,7]"#,
        ],
        json!(7),
    )
    .await;
}

#[tokio::test]
async fn non_json_payload_is_a_bad_frame_for_any_action() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for names in [
        r#""creature","create""#,
        r#""creature","nothing""#,
        r#""missing","get""#,
        r#""sockful","ping""#,
    ] {
        for payload in [
            r#"{"id":nul}"#,
            "{]}",
            r#"{"a":[1}"#,
            "{,}",
            "nul",
            r#"{"id":"a"]"#,
            "{\"id\":\"\n\"}",
        ] {
            for ack_id in ["7", "null"] {
                let answer = client
                    .ask_text(&format!("[{names},{payload},{ack_id}]"))
                    .await;
                assert_eq!(
                    answer[2]["err"]["code"], "bad_frame",
                    "{names} {payload}: {answer}"
                );
                assert!(answer[3].is_null(), "{answer}");
            }
        }
        client.assert_alive().await;
    }
}

#[tokio::test]
async fn bad_payload_of_unauthenticated_is_a_bad_frame() {
    let server = notes_app::start().await;
    let mut client = server.client().await;
    for action in ["create", "get", "all", "subscribe", "publish"] {
        let message = format!(r#"["note","{action}",{{"id":"a"""}},7]"#);
        let answer = client.ask_text(&message).await;
        assert_eq!(answer[2]["err"]["code"], "bad_frame", "{answer}");
        assert!(answer[3].is_null(), "{answer}");
    }
}

#[tokio::test]
async fn absent_null_and_empty_payloads_are_equal() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for frame in [
        json!(["creature", "all", null, 1]),
        json!(["creature", "all", {}, 1]),
    ] {
        assert_eq!(
            client.ask(frame).await,
            json!(["creature", "all", {"ok": [], "seq": 0}, 1])
        );
    }
    // Without a payload there is no ack_id either, so a valid request gets no reply.
    client.send(json!(["creature", "all"])).await;
    assert_eq!(
        client.reply("creature", "count", json!(null)).await,
        json!({"ok": 0, "seq": 0})
    );
}

#[tokio::test]
async fn payload_that_is_not_an_object_is_invalid() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for payload in [json!(7), json!("bob"), json!([]), json!(true)] {
        for action in [
            "create", "get", "find", "count", "update", "save", "destroy", "feed", "greet",
        ] {
            assert_eq!(
                client.code("creature", action, payload.clone()).await,
                "invalid",
                "{action} {payload}"
            );
        }
    }
}

#[tokio::test]
async fn request_without_ack_id_gets_no_reply() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let requests = [
        ("create", json!({"id": "bob"})),
        ("create", json!({"id": "bob"})),
        ("get", json!({"id": "missing"})),
        ("constructor", json!(null)),
        ("stumble", json!({"id": "bob"})),
        ("find", json!({"$nonsense": 1})),
    ];
    for (action, payload) in requests {
        client.send(json!(["creature", action, payload])).await;
        client
            .send(json!(["creature", action, payload, null]))
            .await;
    }
    assert_eq!(client.ask(json!(["sockful", "ping", null, 9])).await[3], 9);
}
