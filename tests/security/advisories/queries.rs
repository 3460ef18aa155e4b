//! Queries that try to reach hidden data or to exhaust the server.

use crate::support::TestServer;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn unknown_operator_is_rejected_everywhere() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let operators = [
        "$where",
        "$regex",
        "$expr",
        "$function",
        "$like",
        "$iLike",
        "$contains",
        "$col",
        "$raw",
        "$nor",
        "$exists",
        "$type",
        "$eq",
        "$GT",
        "$",
        "$$gt",
        "$gt.life",
        "$not",
        "$or",
    ];
    for operator in operators {
        for query in [
            json!({"life": {operator: 1}}),
            json!({"life": {"$gt": {operator: 1}}}),
            json!({"life": {"$in": [{operator: 1}]}}),
            json!({"life": {"$gt": 1, operator: {operator: 1}}}),
            json!({"$or": [{"kind": {operator: "1 = 1"}}]}),
            json!({"tags": {operator: "a"}}),
        ] {
            for action in ["find", "count", "subscribe"] {
                let error = client.err("creature", action, query.clone()).await;
                assert_eq!(error["code"], "invalid_query", "{action} {query}: {error}");
                assert!(error["path"].is_string(), "{action} {query}: {error}");
            }
        }
    }
    for query in [
        json!({"$where": "1"}),
        json!({"life.gt": 1}),
        json!({"life\u{0}": 1}),
        json!({"life; drop table creature": 1}),
        json!({"$sort": {"life; drop table creature": 1}}),
        json!({"$select": ["*"]}),
        json!({"$with": ["secret"]}),
        json!({"$limit": {"$gt": 0}}),
    ] {
        let code = client.code("creature", "find", query.clone()).await;
        assert_eq!(code, "invalid_query", "{query}");
    }
}

#[tokio::test]
async fn deeply_nested_filters_are_rejected_early() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for (depth, code) in [
        (6, "invalid_query"),
        (28, "invalid_query"),
        (5_000, "too_large"),
    ] {
        for [open, close] in [
            [r#"{"$or":["#, "]}"],
            [r#"{"$and":["#, "]}"],
            [r#"{"$not":"#, "}"],
        ] {
            // A message with more levels is rejected before it is parsed.
            let depth = if open.contains('[') { depth } else { depth * 2 };
            let query = format!("{}{{}}{}", open.repeat(depth), close.repeat(depth));
            for action in ["find", "count", "subscribe"] {
                let message = format!(r#"["creature","{action}",{query},1]"#);
                if message.len() > 65_536 {
                    continue;
                }
                let reply = client.ask_text(&message).await;
                assert_eq!(reply[2]["err"]["code"], code, "{open} {depth}: {reply}");
            }
        }
    }
}

#[tokio::test]
async fn ten_thousand_subscribes_are_limited_and_answered() {
    const ALL: u64 = 10_000;
    // The rate limit would reject most of them before they are counted.
    let server = TestServer::start_with(|config| {
        config.request.max_request_rate = u32::MAX;
        config.request.request_burst = u32::MAX;
    })
    .await;
    let mut client = server.client().await;
    let (mut accepted, mut rejected) = (0, 0);
    for hundred in 0..ALL / 100 {
        let ids = hundred * 100..(hundred + 1) * 100;
        client
            .send_all(ids.map(|id| json!(["creature", "subscribe", {"life": id}, id])))
            .await;
        for _ in 0..100 {
            let Some(Message::Text(text)) = client.next().await else {
                panic!("the connection ended");
            };
            let reply: Value = serde_json::from_str(&text).expect("JSON");
            match reply[2]["err"]["code"].as_str() {
                None => accepted += 1,
                Some("too_many") => rejected += 1,
                Some(other) => panic!("{other}"),
            }
        }
    }
    assert_eq!((accepted, accepted + rejected), (128, ALL));
    client.assert_alive().await;
}
