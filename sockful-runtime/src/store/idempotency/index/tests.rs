//! What is remembered, and what is let go.

use super::*;
use crate::store::idempotency::PendingResponse;

fn key(time: u64, nth: u8) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(time, &[nth; 10]).into_uuid()
}

/// A time at which all keys of these tests are old.
const LATE: u64 = 1 << 40;
const MINUTE: u64 = 60_000;

fn limits(change: impl FnOnce(&mut StoreLimits)) -> StoreLimits {
    let mut limits = StoreLimits::default();
    change(&mut limits);
    limits
}

type Index = IdempotencyIndex<CompletedRequest>;

fn push(index: &mut Index, caller: &str, key: Uuid, at: u64) -> usize {
    push_of(index, caller, key, at, 100)
}

fn push_of(index: &mut Index, caller: &str, key: Uuid, at: u64, bytes: usize) -> usize {
    let entry = IdempotencyEntry {
        caller: caller.into(),
        key,
        fingerprint: 0,
        at,
        response: PendingResponse::Json {
            json: "7".repeat(bytes).into(),
            subject: None,
        },
    };
    let seq = index.entries.last_key_value().map_or(1, |(seq, _)| seq + 1);
    let completed = CompletedRequest::new(&entry, seq, None).expect("it is about no record");
    let request = IndexedRequest::new(&entry, seq, completed.weight(), completed);
    index.push(request).len()
}

fn is_answered(index: &Index, caller: &str, key: Uuid, now: u64) -> bool {
    matches!(index.look_up(caller, key, now), Lookup::Completed(_))
}

fn is_unknown(index: &Index, caller: &str, key: Uuid, now: u64) -> bool {
    matches!(index.look_up(caller, key, now), Lookup::Unknown)
}

fn is_forgotten(index: &Index, caller: &str, key: Uuid, now: u64) -> bool {
    matches!(index.look_up(caller, key, now), Lookup::Forgotten)
}

#[test]
fn index_keeps_to_its_capacity_and_always_the_last() {
    let mut index = Index::new(&limits(|it| it.key_capacity = 4_000));
    for n in 0..100 {
        let at = n * 20 * MINUTE;
        push(&mut index, &n.to_string(), key(at, 0), at);
        assert!(index.weight <= 4_000);
    }
    assert!((4..20).contains(&index.entries.len()));
    assert_eq!(index.shares.len(), index.entries.len());
    assert!(index.idle.len() <= index.limits.horizons());
    assert_eq!(index.callers.len(), index.shares.len() + index.idle.len());

    let mut tiny = Index::new(&limits(|it| it.key_capacity = 1));
    for n in 0..3 {
        push(&mut tiny, "bob", key(n, 0), n);
        assert!(is_answered(&tiny, "bob", key(n, 0), n));
        assert_eq!((tiny.entries.len(), tiny.callers["bob"].len()), (1, 1));
    }
}

#[test]
fn expired_entries_go_a_few_at_once() {
    let mut index = Index::new(&StoreLimits::default());
    let retention = index.limits.retention;
    for n in 0..100 {
        assert_eq!(push(&mut index, "bob", key(n, 0), n), 0);
    }
    let late = retention + 1_000;
    let gone = push(&mut index, "eve", key(late, 0), late);
    assert_eq!(gone, EXPIRED_AT_ONCE);
    for n in 1..10 {
        let late = late + n;
        push(&mut index, "eve", key(late, 0), late);
    }
    assert_eq!(index.entries.len(), 10);
    assert_eq!((index.shares.len(), index.idle.len()), (1, 1));
}

#[test]
fn caller_over_its_limit_forgets_only_its_own_keys() {
    let mut index = Index::new(&limits(|it| it.max_keys_per_caller = 2));
    for n in 0..5 {
        push(&mut index, "bob", key(100 + n, 0), 104);
    }
    // Young keys are known one by one, and others of the same age are not affected.
    for n in 0..3 {
        assert!(is_forgotten(&index, "bob", key(100 + n, 0), 104));
        assert!(is_unknown(&index, "bob", key(100 + n, 9), 104));
    }
    assert!(is_answered(&index, "bob", key(103, 0), 104));
    // Old ones are known by the newest of them.
    let late = 104 + YOUNG;
    push(&mut index, "bob", key(late, 0), late);
    push(&mut index, "bob", key(late, 1), late);
    assert!(is_forgotten(&index, "bob", key(90, 9), late));
    assert!(is_unknown(&index, "bob", key(late - YOUNG / 2, 9), late));
    assert!(is_unknown(&index, "eve", key(90, 9), late));
}

#[test]
fn limit_per_caller_does_not_apply_without_identity() {
    let mut index = Index::new(&limits(|it| it.max_keys_per_caller = 2));
    for n in 0..100 {
        push(&mut index, "", key(100 + n, 0), 200);
    }
    for n in 0..100 {
        assert!(is_answered(&index, "", key(100 + n, 0), 200));
    }
    assert!(is_unknown(&index, "", key(50, 9), 200));
}

#[test]
fn large_responses_of_one_caller_affect_no_other() {
    let now = LATE;
    let mut index = Index::new(&limits(|it| it.key_capacity = 100_000));
    push(&mut index, "mal1", key(now + 290_000, 0), now);
    push(&mut index, "ann", key(now, 0), now);
    for n in 0..50 {
        push_of(&mut index, "mal2", key(now + n, 1), now + n, 10_000);
    }
    let now = now + 60;
    assert!(index.weight <= 100_000);
    assert!(is_answered(&index, "mal1", key(LATE + 290_000, 0), now));
    assert!(is_answered(&index, "ann", key(LATE, 0), now));
    for caller in ["ann", "new", "mal1", "mal2"] {
        assert!(is_unknown(&index, caller, key(now, 9), now), "{caller}");
    }
    assert!(is_forgotten(&index, "mal2", key(LATE, 1), now));
}

#[test]
fn many_keys_of_one_caller_affect_no_other() {
    let mut index = Index::new(&limits(|it| it.max_keys = 20));
    push(&mut index, "ann", key(LATE, 0), LATE);
    for n in 0..100 {
        push(&mut index, "eve", key(LATE + n, 1), LATE + n);
    }
    let now = LATE + 100;
    assert_eq!(index.entries.len(), 20);
    assert!(is_answered(&index, "ann", key(LATE, 0), now));
    assert!(is_unknown(&index, "ann", key(LATE, 9), now));
    assert!(is_unknown(&index, "bob", key(LATE, 9), now));
    assert!(is_forgotten(&index, "eve", key(LATE, 1), now));
    assert!(is_unknown(&index, "eve", key(now, 9), now));
}

#[test]
fn key_ahead_of_the_clock_is_kept_until_it_is_passed() {
    let mut index = Index::new(&limits(|it| it.max_keys = 4));
    let ahead = LATE + 5 * MINUTE;
    for n in 0..4 {
        push(&mut index, "mal", key(ahead, n), LATE);
    }
    push(&mut index, "ann", key(LATE, 0), LATE);
    for n in 0..4 {
        assert!(is_answered(&index, "mal", key(ahead, n), LATE));
    }
    // Nothing can go, so no other key ahead of the clock is taken, and those of now are.
    let told = index.look_up("eve", key(ahead, 9), LATE);
    assert!(matches!(told, Lookup::Ahead), "{told:?}");
    assert!(is_unknown(&index, "eve", key(LATE, 9), LATE));
    push(&mut index, "eve", key(ahead + 1, 9), ahead + 1);
    assert!(index.entries.len() <= 4 && !index.is_full);
    assert!(is_unknown(&index, "eve", key(ahead + 2, 9), ahead + 1));
}

#[test]
fn clock_that_was_ahead_refuses_no_key_afterwards() {
    let mut index = Index::new(&limits(|it| it.max_keys = 2));
    let (now, wrong) = (LATE, LATE + 48 * 60 * MINUTE);
    for n in 0..5 {
        push(&mut index, "bob", key(wrong + n, 0), wrong + n);
    }
    assert!(is_forgotten(&index, "bob", key(wrong, 0), wrong + 5));
    for n in 0..5 {
        let now = now + n * MINUTE;
        assert!(is_unknown(&index, "bob", key(now, 1), now));
        assert!(is_unknown(&index, "ann", key(now, 1), now));
        push(&mut index, "bob", key(now, 1), now);
        push(&mut index, "ann", key(now, 1), now);
        assert!(!index.takes("bob", key(now, 1), now));
    }
    // What is remembered is answered with the clock set back too.
    assert!(is_answered(&index, "bob", key(wrong + 4, 0), now));
}

#[test]
fn horizons_of_idle_callers_are_folded_when_they_are_many() {
    let mut index = Index::new(&limits(|it| {
        it.max_keys = 2;
        it.key_capacity = 3 * HORIZON_WEIGHT;
    }));
    for n in 0..20 {
        let at = LATE + n * 2 * YOUNG;
        push(&mut index, &n.to_string(), key(at, 0), at);
    }
    let now = LATE + 20 * 2 * YOUNG;
    assert!(index.callers.len() <= 4);
    for n in 0..20 {
        let key = key(LATE + n * 2 * YOUNG, 0);
        assert!(!index.takes(&n.to_string(), key, now));
    }
    assert!(is_unknown(&index, "new", key(now - YOUNG, 0), now));
}
