//! Each request gets exactly one reply, in time.

use crate::methods::remote_methods::with_bob;
use crate::support::TestServer;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test]
async fn timed_out_request_has_no_effect() {
    let (_server, mut client) = with_bob().await;
    for action in ["feedAt", "lookAt"] {
        let answer = client
            .ask(json!(["creature", action, {"id": "bob", "checkpoint": "shut"}, 7, {"timeout_ms": 20}]))
            .await;
        assert_eq!(
            (&answer[2]["err"]["code"], &answer[3]),
            (&json!("timeout"), &json!(7)),
            "{answer}"
        );
        assert_eq!(answer[2]["err"]["outcome"], "none");
    }
    assert_eq!(client.head().await, 1);
}

#[tokio::test]
async fn record_is_unlocked_after_a_timeout() {
    let (server, mut client) = with_bob().await;
    let mut other = server.client().await;
    client
        .send(json!(["creature", "feedAt", {"id": "bob", "checkpoint": "shut"}, 7, {"timeout_ms": 2_000}]))
        .await;
    server.checkpoints.reached("shut").await;
    assert_eq!(
        other.ok("creature", "feed", json!({"id": "bob"})).await,
        "I have been fed my life is: 11"
    );
    assert_eq!(client.recv().await[2]["err"]["code"], "timeout");
    assert_eq!(
        client.ok("creature", "feed", json!({"id": "bob"})).await,
        "I have been fed my life is: 12"
    );
}

#[tokio::test]
async fn config_timeout_is_default_and_upper_bound() {
    let server =
        TestServer::start_with(|config| config.request.request_timeout = Duration::from_millis(20))
            .await;
    let mut client = server.client().await;
    for options in [json!(null), json!({"timeout_ms": 1_000_000})] {
        let answer = client
            .ask(json!(["creature", "waitAt", {"checkpoint": "shut"}, 7, options]))
            .await;
        assert_eq!(answer[2]["err"]["code"], "timeout", "{answer}");
    }
}

#[tokio::test]
async fn method_timeout_overrides_config_timeout() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    assert_eq!(
        client
            .code("creature", "waitBrieflyAt", json!({"checkpoint": "shut"}))
            .await,
        "timeout"
    );
}

#[tokio::test]
async fn thousand_requests_get_replies_in_order() {
    let (_server, mut client) = with_bob().await;
    client
        .send_all((0..1000).map(|id| json!(["creature", "feed", {"id": "bob"}, id])))
        .await;
    for id in 0..1000 {
        let reply = client.recv().await;
        assert_eq!((&reply[3], &reply[2]["seq"]), (&json!(id), &json!(id + 2)));
    }
    client.assert_alive().await;
}

#[tokio::test]
async fn mixed_requests_get_exactly_one_reply_each() {
    let (server, mut client) = with_bob().await;
    let requests = [
        ("get", json!({"id": "bob"})),
        ("get", json!({"id": "missing"})),
        ("feed", json!({"id": "bob"})),
        ("stumble", json!({"id": "bob"})),
        ("stumbleLater", json!({"id": "bob"})),
        ("nothing", json!(null)),
        ("find", json!({"$x": 1})),
        ("waitAt", json!({"checkpoint": "open"})),
        ("feedAt", json!({"id": "bob", "checkpoint": "open"})),
        ("feedAt", json!({"id": "bob", "checkpoint": "shut"})),
        ("create", json!({})),
        ("all", json!({})),
        ("create", json!(7)),
    ];
    for _ in 0..1000 {
        server.checkpoints.release("open");
    }
    let mut expected = BTreeSet::new();
    let mut frames = Vec::new();
    for round in 0..20 {
        for (nth, (action, payload)) in requests.iter().enumerate() {
            let id = round * 100 + nth;
            frames.push(json!(["creature", action, payload, null, {"timeout_ms": 5}]));
            frames.push(json!(["creature", action, payload, id, {"timeout_ms": 5}]));
            expected.insert(id);
        }
    }
    client.send_all(frames).await;
    while !expected.is_empty() {
        let reply = client.recv().await;
        let id = reply[3].as_u64().and_then(|id| usize::try_from(id).ok());
        assert!(
            id.is_some_and(|id| expected.remove(&id)),
            "unexpected reply: {reply}"
        );
        assert!(
            reply[2].get("ok").is_some() != reply[2].get("err").is_some(),
            "{reply}"
        );
    }
    client.assert_alive().await;
}

#[tokio::test]
async fn timeout_includes_waiting_for_other_requests() {
    let (server, mut client) = with_bob().await;
    client
        .send(json!(["creature", "feedAt", {"id": "bob", "checkpoint": "g"}, 1]))
        .await;
    server.checkpoints.reached("g").await;
    let answer = client
        .ask(json!(["creature", "get", {"id": "bob"}, 2, {"timeout_ms": 20}]))
        .await;
    assert_eq!(
        (
            &answer[2]["err"]["code"],
            &answer[2]["err"]["outcome"],
            &answer[3]
        ),
        (&json!("timeout"), &json!("none"), &json!(2)),
    );
    server.checkpoints.release("g");
    assert_eq!(client.recv().await[3], 1);
}
