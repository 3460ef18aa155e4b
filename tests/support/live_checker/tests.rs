//! Tests of the checker itself.

mod accepts_correct_history;
mod detects_faults;

use super::commit_history::{ChangedRecord, Commit, EmittedEvent};
use super::{Commits, LiveQuery, Observation, check};
use serde_json::{Value, json};
use std::sync::Arc;

const FOLD_AFTER: usize = 2;

fn record(id: &str, life: i64) -> Value {
    json!({"id": id, "life": life})
}

fn change(id: &str, before: Option<i64>, after: Option<i64>) -> ChangedRecord {
    ChangedRecord {
        place: 0,
        id: id.to_owned(),
        before: before.map(|life| Arc::new(record(id, life))),
        after: after.map(|life| Arc::new(record(id, life))),
    }
}

fn commit(changed: impl Into<Vec<ChangedRecord>>) -> Commit {
    Commit {
        changed: changed.into(),
        emitted: Vec::new(),
    }
}

/// The history for a query of lives above five: a record that does not match, a match, three changes, events
/// and a record that leaves the result, a commit that is not in the result, an event of a destroyed record.
fn log() -> Commits {
    let roar = |id: &str, life, is_last| EmittedEvent {
        place: 0,
        event: 0,
        record: Arc::new(record(id, life)),
        data: json!(9),
        is_last,
    };
    let mut other = change("eve", Some(7), Some(8));
    other.place = 1;
    let mut log = vec![
        commit([change("bob", None, Some(1))]),
        commit([change("eve", None, Some(7))]),
        commit([
            change("bob", Some(1), Some(6)),
            change("eve", Some(7), Some(8)),
            change("kim", None, Some(9)),
        ]),
        commit([change("eve", Some(8), Some(2))]),
        commit([other, change("zoe", None, Some(5))]),
        commit([change("kim", Some(9), None)]),
    ];
    log[3].emitted = vec![roar("bob", 6, false), roar("eve", 2, false)];
    log[5].emitted = vec![roar("kim", 9, true)];
    log
}

fn query() -> LiveQuery {
    LiveQuery {
        events: &["roared"],
        ..LiveQuery::new(0, "creature", json!({"life": {"$gt": 5}}))
    }
}

fn requested(from: Option<u64>) -> Observation {
    Observation::Requested {
        ack: json!(7),
        from,
        reached: from.is_some(),
    }
}

fn frame(frame: &Value, reaches: bool) -> Observation {
    let text = frame.to_string().into();
    Observation::Frame { text, reaches }
}

fn reply(payload: Value) -> Observation {
    let mut payload = payload;
    payload["resume"] = "token".into();
    frame(&json!(["creature", "subscribe", payload, 7]), false)
}

fn event(name: &str, payload: &Value) -> Observation {
    frame(&json!(["creature", name, payload, 7]), false)
}

fn with_record(name: &str, id: &str, life: i64, seq: u64, more: bool) -> Observation {
    let mut payload = json!({"id": id, "record": record(id, life), "seq": seq});
    if more {
        payload["more"] = true.into();
    }
    event(name, &payload)
}

/// The complete observations, from commit 1 on.
fn complete() -> Vec<Observation> {
    vec![
        requested(None),
        reply(json!({"ok": {"records": []}, "seq": 1})),
        with_record("created", "eve", 7, 2, false),
        with_record("created", "bob", 6, 3, true),
        with_record("updated", "eve", 8, 3, true),
        with_record("created", "kim", 9, 3, false),
        event(
            "destroyed",
            &json!({"id": "eve", "left": true, "seq": 4, "more": true}),
        ),
        event("roared", &json!({"id": "bob", "data": 9, "seq": 4})),
        event(
            "roared",
            &json!({"id": "kim", "data": 9, "seq": 6, "more": true}),
        ),
        event("destroyed", &json!({"id": "kim", "seq": 6})),
    ]
}

fn verdict(seen: &[Observation]) -> Result<(), String> {
    check(&query(), seen, &log(), 6, FOLD_AFTER).map(|_| ())
}

fn assert_fault(seen: &[Observation], fault: &str) {
    let verdict = verdict(seen).expect_err(fault);
    assert!(verdict.contains(fault), "{fault}: {verdict}");
}

/// The complete observations with the one at `at` replaced.
fn with_replaced(at: usize, seen: Observation) -> Vec<Observation> {
    let mut observations = complete();
    observations[at] = seen;
    observations
}

/// The first `count` of the complete observations, followed by `rest`.
fn first_then(count: usize, rest: impl IntoIterator<Item = Observation>) -> Vec<Observation> {
    let first = complete().into_iter().take(count);
    first.chain(rest).collect()
}
