//! Random histories of commits with keys, compared with the list of all requests that took effect.

mod request;

use crate::core::config::Config;
use crate::store::Store;
use crate::store::commit::{Commit, Rejected};
use crate::store::idempotency::{IdempotencyEntry, Lookup, StoredResponse};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use request::{KeyedCommit, RequestKind};
use std::time::Duration;
use uuid::Uuid;

/// A request with a key, and the time that passed before it.
#[derive(Clone, Debug)]
pub(super) struct KeyStep {
    elapsed: i64,
    caller: &'static str,
    key: Chosen,
    does: RequestKind,
}

#[derive(Clone, Debug)]
enum Chosen {
    /// An earlier key, of any caller.
    Again(Index),
    /// A new key, created this many milliseconds before or after the server's time.
    New(i64),
}

/// A request that took effect.
#[derive(Debug)]
struct TakenRequest {
    caller: &'static str,
    key: Uuid,
    at: i64,
    response: ResponseText,
}

/// A remembered response: fingerprint, number of the commit, revision, result.
type ResponseText = (u128, u64, Option<u64>, String);

const MINUTE: i64 = 60_000;
/// How far a client's clock may be ahead of the server's.
const SKEW: i64 = 5 * MINUTE;
const RETENTION: i64 = 60 * MINUTE;
const PER_CALLER: usize = 3;
const ALL: usize = 7;
const START: i64 = 1_790_000_000_000;
const CALLERS: [&str; 3] = ["", "ann", "bob"];

pub(super) fn limits() -> Config {
    let mut config = Config::default();
    config.store.key_retention = Duration::from_millis(RETENTION.unsigned_abs());
    config.store.max_keys_per_caller = PER_CALLER;
    config.store.max_keys = ALL;
    config
}

pub(super) fn histories() -> impl Strategy<Value = Vec<KeyStep>> {
    let elapsed = select(vec![
        0,
        1,
        1_000,
        MINUTE,
        20 * MINUTE,
        100 * MINUTE,
        -MINUTE,
    ]);
    let made = select(vec![SKEW, 0, 0, -1, -1_000, -10 * MINUTE, -200 * MINUTE]);
    let key = prop_oneof![
        1 => any::<Index>().prop_map(Chosen::Again),
        3 => made.prop_map(Chosen::New),
    ];
    let does = select(vec![
        RequestKind::Put,
        RequestKind::Destroy,
        RequestKind::StoreAndReport,
        RequestKind::ReadAndReport,
        RequestKind::ReportOnly,
        RequestKind::List,
        RequestKind::ListDestroyed,
        RequestKind::Emit,
        RequestKind::Fail,
    ]);
    let step = (elapsed, select(&CALLERS[..]), key, does);
    let step = step.prop_map(|(elapsed, caller, key, does)| KeyStep {
        elapsed,
        caller,
        key,
        does,
    });
    vec(step, 0..30)
}

pub(super) async fn check_history(
    store: &dyn Store,
    history: &[KeyStep],
) -> Result<(), TestCaseError> {
    let (mut now, mut seq, mut stored) = (START, 0, None);
    let (mut keys, mut taken) = (Vec::new(), Vec::<TakenRequest>::new());
    for (nth, step) in (0..).zip(history) {
        now += step.elapsed;
        let key = match &step.key {
            Chosen::Again(which) if !keys.is_empty() => *which.get(&keys),
            Chosen::Again(_) => key(now, nth),
            Chosen::New(made) => key(now + made, nth),
        };
        keys.push(key);
        let request = KeyedCommit::new(step.does, nth, stored, seq + 1);
        let entry = IdempotencyEntry {
            caller: step.caller.into(),
            key,
            fingerprint: nth.into(),
            at: now.unsigned_abs(),
            response: request.response,
        };
        let commit = Commit {
            operations: request.operations,
            idempotency: Some(entry),
            ..Commit::default()
        };
        let server_time = now.unsigned_abs();
        let before = store.completed(step.caller, key, server_time);
        let before = before.await.expect("the operation succeeds");
        match (before, store.commit(commit).await, step.does) {
            (Lookup::Completed(_) | Lookup::Forgotten, Err(Rejected::Repeated), _)
            | (Lookup::Unknown | Lookup::Ahead, Err(Rejected::Conflict(0)), RequestKind::Fail) => {}
            (Lookup::Unknown | Lookup::Ahead, Ok(committed), _) => {
                seq += 1;
                stored = request.stored;
                prop_assert_eq!(committed.seq, seq);
                taken.push(TakenRequest {
                    caller: step.caller,
                    key,
                    at: now,
                    response: (nth.into(), seq, request.rev, request.text),
                });
            }
            (before, answer, _) => prop_assert!(false, "returned {answer:?}, expected {before:?}"),
        }
        prop_assert_eq!(store.head().await.expect("a head"), seq);
        for caller in CALLERS {
            for &key in &keys {
                check_lookup(store, &taken, caller, key, now).await?;
            }
        }
    }
    Ok(())
}

/// Compares the store's look-up of one key with the allowed results.
async fn check_lookup(
    store: &dyn Store,
    taken: &[TakenRequest],
    caller: &'static str,
    key: Uuid,
    now: i64,
) -> Result<(), TestCaseError> {
    let of_key = |one: &TakenRequest| one.caller == caller && one.key == key;
    let at = taken.iter().rposition(of_key);
    let lookup = store.completed(caller, key, now.unsigned_abs());
    match (lookup.await.expect("the operation succeeds"), at) {
        (Lookup::Completed(completed), Some(at)) => {
            let text = text(&completed.response);
            let response = (completed.fingerprint, completed.seq, completed.rev, text);
            prop_assert_eq!(&response, &taken[at].response);
        }
        (Lookup::Forgotten, Some(at)) => {
            prop_assert!(!is_kept(taken, at));
        }
        (Lookup::Unknown, None) => {}
        // It was removed when the clock was far ahead by mistake.
        (Lookup::Unknown, Some(at)) if !is_kept(taken, at) => {
            let latest = taken.iter().map(|it| it.at).max();
            prop_assert!(latest.is_some_and(|latest| latest > now + RETENTION));
        }
        (Lookup::Ahead, None) => prop_assert!(time(key) > now && taken.len() >= ALL),
        (Lookup::Forgotten, None) => {
            // Only keys of the same caller count, and none that is far ahead of the latest clock.
            let latest = taken.iter().map(|it| it.at).max();
            prop_assert!(time(key) <= now.max(latest.unwrap_or(now)) + SKEW);
            let gone = (0..taken.len()).filter(|&at| taken[at].caller == caller);
            let gone = gone.filter(|&at| !is_kept(taken, at));
            let newest = gone.map(|at| time(taken[at].key)).max();
            prop_assert!(newest.is_some_and(|newest| time(key) <= newest));
        }
        (response, _) => prop_assert!(
            false,
            "{response:?} of one that took effect as number {at:?}"
        ),
    }
    Ok(())
}

/// Returns whether a request must be remembered: it is recent, and it is the last one, or its caller
/// has made no more requests than its limit and an equal share of the total allow.
fn is_kept(taken: &[TakenRequest], at: usize) -> bool {
    let in_time = |one: &TakenRequest| one.at < taken[at].at + RETENTION;
    let of_caller = taken.iter().filter(|one| one.caller == taken[at].caller);
    let share = (ALL / CALLERS.len()).min(PER_CALLER);
    let is_last = at + 1 == taken.len();
    (is_last || of_caller.count() <= share) && taken[at + 1..].iter().all(in_time)
}

/// Returns the response as text.
fn text(response: &StoredResponse) -> String {
    match response {
        StoredResponse::Record(_, record) => record.sent().to_owned(),
        StoredResponse::Json(json) => json.to_string(),
        StoredResponse::List(list) => {
            let list: Vec<_> = list.iter().map(text).collect();
            format!("[{}]", list.join(","))
        }
    }
}

/// Returns a unique key that was created at `time`.
fn key(time: i64, nth: u32) -> Uuid {
    let mut rest = [0; 10];
    rest[6..].copy_from_slice(&nth.to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(time.unsigned_abs(), &rest).into_uuid()
}

fn time(key: Uuid) -> i64 {
    i64::try_from(crate::protocol::idempotency_key::time(key)).expect("48 bits")
}
