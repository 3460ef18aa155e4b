//! Random frames: each readable `ack_id` gets exactly one reply.

use crate::support::{Client, TestServer};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::runtime::{Builder, Runtime};
use tokio_tungstenite::tungstenite::Message;

/// A valid or invalid message.
#[derive(Clone, Debug)]
struct Input {
    text: String,
}

fn name() -> impl Strategy<Value = Value> {
    let known = [
        "creature", "node", "sockful", "create", "get", "find", "all", "count", "update", "save",
        "destroy", "ping", "schema",
    ];
    let remotes = [
        "feed",
        "describe",
        "greet",
        "stumble",
        "stumbleLater",
        "overeat",
        "rename",
        "sleepIn",
        "shout",
        "whoAmI",
    ];
    prop_oneof![
        8 => proptest::sample::select(known[..3].to_vec()).prop_map(Value::from),
        8 => proptest::sample::select(known.to_vec()).prop_map(Value::from),
        4 => proptest::sample::select(remotes.to_vec()).prop_map(Value::from),
        1 => ".{0,20}".prop_map(Value::from),
        1 => any_json(),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..30_i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        proptest::sample::select(vec!["bob", "larry", "dragon", "id", "life"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 20, 5, |inner| {
        let words = ["id", "kind", "life", "mood", "weight", "tags", "amount", "name", "to", "size", "secret", "$or", "$and", "$not",
            "$sort", "$limit", "$skip", "$after", "$select", "$gt", "$in", "$ne", "$prefix", "timeout_ms"];
        let key = prop_oneof![9 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => ".{0,8}"];
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key, inner, 0..5).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn ack_id() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => (0..1_u64 << 53).prop_map(Value::from),
        2 => "[A-Za-z0-9_.:-]{1,64}".prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any_json(),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    let payload =
        || prop_oneof![3 => any_json(), 1 => (0..3_u8).prop_map(|n| json!({"id": n.to_string()}))];
    let frame = || {
        (name(), name(), payload(), ack_id()).prop_map(|(resource, action, payload, ack_id)| {
            json!([resource, action, payload, ack_id])
        })
    };
    let long = (name(), name(), payload(), ack_id(), any_json())
        .prop_map(|(a, b, c, d, e)| json!([a, b, c, d, e]));
    prop_oneof![
        8 => frame().prop_map(|frame| frame.to_string()),
        2 => long.prop_map(|frame| frame.to_string()),
        1 => any_json().prop_map(|value| value.to_string()),
        1 => "\\PC{0,60}",
        // A frame with some characters removed.
        2 => (frame(), any::<prop::sample::Index>(), 0..9_usize).prop_map(|(frame, at, bite)| {
            let chars: Vec<char> = frame.to_string().chars().collect();
            let at = at.index(chars.len());
            chars.iter().enumerate().filter(|(nth, _)| *nth < at || *nth >= at + bite).map(|(_, c)| c).collect()
        }),
    ]
    .prop_map(|text: String| Input { text })
}

/// The `ack_id` of the expected reply: `None` if no reply is expected, `null` for a reply without an id.
fn expected_ack_id(text: &str) -> Option<String> {
    let null_id = || Some("null".to_owned());
    // Raw values, since a number that is too large makes the payload invalid and not the frame.
    let Ok(slots) = serde_json::from_str::<Vec<&RawValue>>(text) else {
        return null_id();
    };
    let slot = |at: usize| slots.get(at).map_or("null", |raw| raw.get());
    let ack_id = serde_json::from_str(slot(3)).unwrap_or(json!([]));
    let is_id = match &ack_id {
        Value::Number(number) => number.as_u64().is_some_and(|number| number < 1 << 53),
        Value::String(text) => {
            (1..=64).contains(&text.len())
                && text
                    .bytes()
                    .all(|c| c.is_ascii_alphanumeric() || b"_.:-".contains(&c))
        }
        _ => false,
    };
    let names = slot(0).starts_with('"') && slot(1).starts_with('"');
    let options = slot(4) == "null" || slot(4).starts_with('{');
    match ack_id {
        _ if is_id => Some(ack_id.to_string()),
        Value::Null if names && options && slots.len() <= 5 => None,
        _ => null_id(),
    }
}

async fn send_inputs(server: &TestServer, input: &[Input]) -> Result<(), TestCaseError> {
    let mut client: Client = server.client().await;
    let mut missing: BTreeMap<String, usize> = BTreeMap::new();
    // The last frame is valid and resets the count of bad frames.
    let last = json!(["sockful", "ping", null, "the:last"]).to_string();
    for text in input.iter().map(|input| &input.text).chain([&last]) {
        client.send_text(text.clone()).await;
        if let Some(id) = expected_ack_id(text) {
            *missing.entry(id).or_default() += 1;
        }
    }
    while !missing.is_empty() {
        let Some(Message::Text(text)) = client.next().await else {
            return Err(TestCaseError::fail(format!(
                "closed before these replies: {missing:?}"
            )));
        };
        let reply: Value = serde_json::from_str(&text)
            .map_err(|error| TestCaseError::fail(format!("{error} in the reply {text}")))?;
        prop_assert_eq!(reply.as_array().map(Vec::len), Some(4));
        prop_assert!(
            reply[2].get("ok").is_some() != reply[2].get("err").is_some(),
            "{}",
            reply
        );
        let id = reply[3].to_string();
        let Some(left) = missing.get_mut(&id) else {
            return Err(TestCaseError::fail(format!("unexpected reply: {reply}")));
        };
        *left -= 1;
        if *left == 0 {
            missing.remove(&id);
        }
    }
    client.send_text(last.replace("last", "end")).await;
    prop_assert_eq!(
        &client.recv().await[3],
        "the:end",
        "more replies than expected"
    );
    Ok(())
}

fn running() -> (Runtime, TestServer) {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let server = runtime.block_on(TestServer::start());
    (runtime, server)
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    })
}

#[test]
fn every_readable_ack_id_is_answered_exactly_once() {
    let (runtime, server) = running();
    // Thirty-one bad frames in a row are allowed.
    let run = runner(256).run(&vec(input(), 0..31), |input| {
        runtime.block_on(send_inputs(&server, &input))
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn random_bytes_affect_only_their_connection() {
    let (runtime, server) = running();
    let run = runner(128).run(&vec(any::<u8>(), 1..300), |bytes| {
        runtime.block_on(async {
            let mut raw = server.raw_websocket_connection().await;
            raw.send(&bytes).await;
            // Whatever the bytes broke is limited to this connection.
            drop(raw);
            server.client().await.assert_alive().await;
        });
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}
