//! Resuming a subscription after a disconnect.

use super::{event, events, frames_up_to_head, start, start_with, subscribe};
use crate::support::{Client, TestServer};
use serde_json::{Value, json};

/// A subscriber of all records, and the proofs of all positions from 0 to the newest.
struct Positions(Client, Vec<Value>);

impl Positions {
    async fn begin(server: &TestServer) -> Self {
        let mut client = server.client().await;
        let reply = subscribe(&mut client, 7, json!({})).await;
        assert_eq!(reply["seq"], 0);
        Self(client, vec![reply["at"].clone()])
    }

    /// Returns the position after commit `seq`.
    async fn of(&mut self, seq: u64) -> (u64, Value) {
        for frame in frames_up_to_head(&mut self.0).await {
            assert_eq!(frame[2]["seq"], self.1.len());
            self.1.push(frame[2]["at"].clone());
        }
        let at = self.1[usize::try_from(seq).expect("a number")].clone();
        assert!(at.is_string(), "{seq}");
        (seq, at)
    }
}

/// Returns the position in a reply.
fn position(reply: &Value) -> (u64, Value) {
    let seq = reply["seq"].as_u64().expect("a number");
    (seq, reply["at"].clone())
}

const DRAGONS: &str = "dragon";

/// Resumes a subscription from a position. Returns the client and the payload of the reply.
async fn resume(
    server: &TestServer,
    token: &Value,
    (seq, at): (u64, Value),
    payload: Value,
) -> (Client, Value) {
    let mut client = server.client().await;
    let mut payload = payload;
    payload["$from"] = json!({"resume": token, "seq": seq, "at": at});
    let reply = subscribe(&mut client, 9, payload).await;
    (client, reply)
}

#[tokio::test]
async fn subscription_resumes_after_the_last_seen_commit() {
    let server = start().await;
    let mut positions = Positions::begin(&server).await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    let reply = subscribe(&mut client, 7, json!({"kind": DRAGONS})).await;
    drop(client);
    for id in ["bob", "eve", "kim"] {
        writer.ok("creature", "create", json!({"id": id})).await;
    }
    writer
        .ok("creature", "create", json!({"id": "tom", "kind": "cat"}))
        .await;
    let mut followers = Vec::new();
    for (seq, missed) in [(0, 3), (1, 2), (3, 0), (4, 0)] {
        let from = positions.of(seq).await;
        let (mut client, reply) =
            resume(&server, &reply["resume"], from, json!({"kind": DRAGONS})).await;
        assert_eq!(reply["ok"], json!({"resumed": true}), "{reply}");
        assert_eq!(reply["seq"], seq);
        let ids = &["bob", "eve", "kim"][3 - missed..];
        let expected: Vec<_> = ids.iter().map(|id| event(9, "created", id)).collect();
        assert_eq!(events(&mut client).await, expected);
        followers.push(client);
    }
    writer.ok("creature", "feed", json!({"id": "bob"})).await;
    for mut client in followers {
        assert_eq!(events(&mut client).await, [event(9, "updated", "bob")]);
    }
}

#[tokio::test]
async fn resume_position_may_come_from_a_ping() {
    let server = start().await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    let reply = subscribe(&mut client, 7, json!({"kind": DRAGONS})).await;
    for n in 0..5 {
        let cat = json!({"id": n.to_string(), "kind": "cat"});
        writer.ok("creature", "create", cat).await;
    }
    let from = position(&client.ok("sockful", "ping", json!(null)).await);
    assert_eq!(from.0, 5);
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    let (mut client, _) = resume(&server, &reply["resume"], from, json!({"kind": DRAGONS})).await;
    assert_eq!(events(&mut client).await, [event(9, "created", "bob")]);
}

#[tokio::test]
async fn resume_with_other_query_or_history_restarts() {
    let server = start().await;
    let mut positions = Positions::begin(&server).await;
    let mut client = server.client().await;
    client.ok("creature", "create", json!({"id": "bob"})).await;
    let payload = || json!({"kind": DRAGONS, "life": {"$gt": 1}, "$select": ["id", "life"]});
    let reply = subscribe(&mut client, 7, payload()).await;
    let (token, current) = (&reply["resume"], position(&reply));
    let other = start().await;
    let mut same = other.client().await;
    same.ok("creature", "create", json!({"id": "bob"})).await;
    let before = positions.of(0).await;
    let (_, at) = current.clone();
    let all = json!({"life": {"$gt": 1}, "$select": ["id", "life"]});
    let unselected = json!({"kind": DRAGONS, "life": {"$gt": 1}});
    for (what, server, token, from, payload) in [
        ("another history", &other, token, current.clone(), payload()),
        ("conditions", &server, token, current.clone(), all),
        ("selection", &server, token, current.clone(), unselected),
        (
            "a sequence number ahead",
            &server,
            token,
            (2, at.clone()),
            payload(),
        ),
        ("before the beginning", &server, token, before, payload()),
        (
            "another position's proof",
            &server,
            token,
            (0, at),
            payload(),
        ),
        ("no proof", &server, token, (1, json!("")), payload()),
        (
            "no token",
            &server,
            &json!("1-2-3"),
            current.clone(),
            payload(),
        ),
        (
            "no token at all",
            &server,
            &json!(""),
            current.clone(),
            payload(),
        ),
    ] {
        let (_, reply) = resume(server, token, from, payload).await;
        assert_eq!(
            reply["ok"]["records"].as_array().map(Vec::len),
            Some(1),
            "{what}: {reply}"
        );
        assert_eq!(reply["seq"], 1, "{what}");
    }
    // The order of the conditions does not matter.
    let ordered = json!({"life": {"$gt": 1}, "$select": ["id", "life"], "kind": DRAGONS});
    let (_, reply) = resume(&server, token, current.clone(), ordered).await;
    assert_eq!(reply["ok"], json!({"resumed": true}));
    assert_eq!(position(&reply), current);
    // A resumed subscription can be resumed again.
    let (_, resumed_again) = resume(&server, &reply["resume"], current, payload()).await;
    assert_eq!(resumed_again["ok"], json!({"resumed": true}));
}

#[tokio::test]
async fn resume_without_proof_sends_all_records() {
    let server = start().await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    let reply = subscribe(&mut client, 7, json!({})).await;
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    writer.ok("creature", "destroy", json!({"id": "bob"})).await;
    let [resume, at] = [&reply["resume"], &reply["at"]];
    for (from, is_resumed) in [
        // Clients of an older server send no proof.
        (json!({"resume": resume, "seq": 0}), false),
        (json!({"resume": resume, "seq": 1}), false),
        (json!({"resume": "0-0-c0ffee", "seq": 0, "at": at}), false),
        (json!({"resume": resume, "seq": 0, "at": at}), true),
    ] {
        let mut client = server.client().await;
        let reply = subscribe(&mut client, 9, json!({"$from": from})).await;
        assert_eq!(reply["ok"]["resumed"] == true, is_resumed, "{reply}");
        let missed = events(&mut client).await.len();
        assert_eq!(missed, if is_resumed { 2 } else { 0 });
    }
    let malformed = json!({"$from": {"resume": resume, "seq": 0, "at": 7}});
    let mut client = server.client().await;
    let refused = client
        .ask(json!(["creature", "subscribe", malformed, 8]))
        .await;
    assert_eq!(refused[2]["err"]["code"], "invalid_query", "{refused}");
}

#[tokio::test]
async fn every_position_sent_has_a_proof_that_resumes() {
    let server = start_with(|config| config.live.fold_after = 1).await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    let reply = subscribe(&mut client, 7, json!({})).await;
    let mut all = vec![position(&reply)];
    for id in ["bob", "eve"] {
        writer.ok("creature", "create", json!({"id": id})).await;
        all.push(position(&client.recv().await[2]));
        all.push(position(&client.ok("sockful", "ping", json!(null)).await));
    }
    for _ in 0..4 {
        writer.ok("creature", "feed", json!({"id": "bob"})).await;
    }
    // Behind by more than `fold_after`.
    let (mut resumed_again, resumed) =
        resume(&server, &reply["resume"], all[0].clone(), json!({})).await;
    assert_eq!(position(&resumed), all[0]);
    let folded = frames_up_to_head(&mut resumed_again).await;
    assert!(folded.iter().all(|frame| frame[2]["folded"] == true));
    let (last, others) = folded.split_last().expect("frames");
    assert!(others.iter().all(|frame| frame[2].get("at").is_none()));
    all.push(position(&last[2]));
    for (nth, from) in all.into_iter().enumerate() {
        assert!(from.1.is_string(), "{nth}");
        let (_, reply) = resume(&server, &reply["resume"], from, json!({})).await;
        assert_eq!(reply["ok"], json!({"resumed": true}), "{nth}");
    }
}

#[tokio::test]
async fn resume_beyond_the_log_sends_all_records() {
    let server = start_with(|config| {
        config.store.log_capacity = 10_000;
        config.live.ring_capacity = 5_000;
    });
    let server = server.await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    let reply = subscribe(&mut client, 7, json!({})).await;
    let first = position(&reply);
    for _ in 0..100 {
        writer.ok("creature", "feed", json!({"id": "bob"})).await;
    }
    let (mut restarted, reply) = resume(&server, &reply["resume"], first, json!({})).await;
    assert_eq!(reply["ok"]["records"][0]["life"], 110);
    assert_eq!(reply["seq"], 101);
    assert_eq!(frames_up_to_head(&mut restarted).await, [Value::Null; 0]);
    // The commits are in the log and no longer in the ring.
    let current = position(&reply);
    let (mut later, reply) = resume(&server, &reply["resume"], current, json!({})).await;
    assert_eq!(reply["ok"], json!({"resumed": true}));
    assert_eq!(frames_up_to_head(&mut later).await, [Value::Null; 0]);
}

#[tokio::test]
async fn many_missed_commits_are_folded() {
    let server = start_with(|config| config.live.fold_after = 3).await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    let reply = subscribe(&mut client, 7, json!({"kind": DRAGONS})).await;
    drop(client);
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    writer.ok("creature", "create", json!({"id": "eve"})).await;
    writer.ok("creature", "destroy", json!({"id": "eve"})).await;
    let (mut client, _) = resume(
        &server,
        &reply["resume"],
        position(&reply),
        json!({"kind": DRAGONS}),
    )
    .await;
    let one_by_one = ["created", "created", "destroyed"];
    assert_eq!(
        events(&mut client)
            .await
            .iter()
            .map(|it| &*it.1)
            .collect::<Vec<_>>(),
        one_by_one
    );
    writer.ok("creature", "feed", json!({"id": "bob"})).await;
    let (mut client, _) = resume(
        &server,
        &reply["resume"],
        position(&reply),
        json!({"kind": DRAGONS}),
    )
    .await;
    let frames = frames_up_to_head(&mut client).await;
    assert_eq!(frames.len(), 1, "{frames:?}");
    assert_eq!(
        (&frames[0][1], &frames[0][2]["seq"]),
        (&json!("created"), &json!(4))
    );
    assert_eq!(frames[0][2]["folded"], true);
}
