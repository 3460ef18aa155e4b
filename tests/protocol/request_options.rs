//! The options of a request.

use crate::support::TestServer;
use serde_json::json;

#[tokio::test]
async fn unknown_option_is_invalid_and_named() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let answer = client
        .ask(json!(["creature", "all", null, 1, {"timeout": 5}]))
        .await;
    assert_eq!(answer[2]["err"]["code"], "invalid");
    assert_eq!(answer[2]["err"]["fields"][0]["path"], "timeout");
}

#[tokio::test]
async fn option_of_wrong_type_is_invalid_and_named() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for (name, value) in [
        ("timeout_ms", json!(0)),
        ("timeout_ms", json!(-5)),
        ("timeout_ms", json!("5")),
        ("traceparent", json!(7)),
    ] {
        let answer = client
            .ask(json!(["creature", "all", null, 1, {name: value}]))
            .await;
        assert_eq!(answer[2]["err"]["code"], "invalid", "{answer}");
        assert_eq!(answer[2]["err"]["fields"][0]["path"], name, "{answer}");
    }
}

#[tokio::test]
async fn known_options_do_not_affect_quick_requests() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let options = json!({"timeout_ms": 1000, "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"});
    let answer = client
        .ask(json!(["creature", "count", null, 1, options]))
        .await;
    assert_eq!(answer[2]["ok"], 0, "{answer}");
}
