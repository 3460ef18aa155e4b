//! What is remembered, and what is let go.

use super::*;
use crate::store::idempotency::PendingResponse;

fn key(time: u64, nth: u8) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(time, &[nth; 10]).into_uuid()
}

fn push(index: &mut IdempotencyIndex<CompletedRequest>, caller: &str, key: Uuid, at: u64) -> usize {
    let entry = IdempotencyEntry {
        caller: caller.into(),
        key,
        fingerprint: 0,
        at,
        response: PendingResponse::Json {
            json: "7".repeat(100).into(),
            subject: None,
        },
    };
    let completed = CompletedRequest::new(&entry, 1, None).expect("it is about no record");
    index
        .push(IndexedRequest::new(&entry, completed.weight(), completed))
        .len()
}

#[test]
fn what_is_remembered_keeps_to_its_bytes_and_never_less_than_the_last_is() {
    let config = StoreLimits {
        key_capacity: 4_000,
        ..StoreLimits::default()
    };
    let mut index = IdempotencyIndex::new(&config);
    for n in 0..100 {
        push(&mut index, &n.to_string(), key(n, 0), n);
        assert!(index.weight <= 4_000);
    }
    assert!((5..20).contains(&index.entries.len()));
    assert_eq!(index.callers.len(), index.entries.len());

    let mut tiny = IdempotencyIndex::new(&StoreLimits {
        key_capacity: 1,
        ..config
    });
    for n in 0..3 {
        push(&mut tiny, "bob", key(n, 0), n);
        assert!(matches!(
            tiny.look_up("bob", key(n, 0)),
            Lookup::Completed(_)
        ));
        assert_eq!(
            (tiny.entries.len(), tiny.callers["bob"].by_key.len()),
            (1, 1)
        );
    }
}

#[test]
fn what_is_over_its_time_goes_a_few_at_once() {
    let mut index = IdempotencyIndex::new(&StoreLimits::default());
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
    assert_eq!(index.callers.len(), 1);
}

#[test]
fn what_a_caller_has_too_many_of_makes_only_its_own_keys_forgotten() {
    let mut index = IdempotencyIndex::new(&StoreLimits {
        max_keys_per_caller: 2,
        ..StoreLimits::default()
    });
    for n in 0..5 {
        push(&mut index, "bob", key(100 + n, 0), 100);
    }
    let unknown = |caller, time| matches!(index.look_up(caller, key(time, 9)), Lookup::Unknown);
    assert!(!unknown("bob", 90) && !unknown("bob", 102));
    assert!(unknown("bob", 103));
    assert!(unknown("eve", 90));
}

#[test]
fn a_clock_that_was_wrong_makes_no_key_taken_twice_and_no_later_one_refused() {
    let mut index = IdempotencyIndex::new(&StoreLimits {
        max_keys: 1,
        ..StoreLimits::default()
    });
    let (ahead, behind) = (key(5_000, 0), key(10, 0));
    push(&mut index, "bob", ahead, 1_000_000);
    push(&mut index, "bob", behind, 20);
    assert!(!index.takes("bob", ahead) && !index.takes("bob", behind));
    assert!(index.takes("bob", key(5_001, 0)));
}
