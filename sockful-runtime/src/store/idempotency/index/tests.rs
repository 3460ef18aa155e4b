//! Which requests are remembered, and which are evicted.

use super::*;
use crate::store::idempotency::IdempotencyEntry;
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
    let completed =
        CompletedRequest::new(&entry, seq, None).expect("the response contains no record");
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
fn index_stays_within_capacity_and_keeps_the_last() {
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
fn expired_entries_are_removed_in_small_batches() {
    let mut index = Index::new(&StoreLimits::default());
    let retention = index.limits.retention;
    for n in 0..100 {
        assert_eq!(push(&mut index, "bob", key(n, 0), n), 0);
    }
    let late = retention + 1_000;
    let evicted = push(&mut index, "eve", key(late, 0), late);
    assert_eq!(evicted, EXPIRED_AT_ONCE);
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
    // Young keys are remembered individually; others of the same age are not affected.
    for n in 0..3 {
        assert!(is_forgotten(&index, "bob", key(100 + n, 0), 104));
        assert!(is_unknown(&index, "bob", key(100 + n, 9), 104));
    }
    assert!(is_answered(&index, "bob", key(103, 0), 104));
    // Old keys are covered by the newest of them.
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
    // None of these can be removed, so the caller gets no other key ahead of the clock.
    let refused = index.look_up("mal", key(ahead, 9), LATE);
    assert!(matches!(refused, Lookup::Ahead), "{refused:?}");
    assert!(is_unknown(&index, "mal", key(LATE, 9), LATE));
    assert!(is_unknown(&index, "eve", key(LATE, 9), LATE));
    push(&mut index, "eve", key(ahead + 1, 9), ahead + 1);
    assert!(index.entries.len() <= 4);
    assert!(is_unknown(&index, "eve", key(ahead + 2, 9), ahead + 1));
}

#[test]
fn keys_are_accepted_after_the_clock_was_ahead() {
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
    // A remembered request is answered even if the clock was set back.
    assert!(is_answered(&index, "bob", key(wrong + 4, 0), now));
}

#[test]
fn idle_caller_horizons_are_folded_when_many() {
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

#[test]
fn few_keys_ahead_do_not_lift_the_limits() {
    for (all, capacity, bytes) in [
        (1_000_000, 100_000, 100),
        (1_000_000, 100_000, 60),
        (100, 10_000_000, 10_000),
        (100, 100_000, 10_000),
    ] {
        let mut index = Index::new(&limits(|it| {
            it.max_keys = all;
            it.key_capacity = capacity;
        }));
        for n in 0..8 {
            push_of(&mut index, "mal", key(LATE + 299_000, n), LATE, bytes);
        }
        for n in 0..2_000 {
            let at = LATE + n / 10;
            let key = key(at, 10 + (n % 10) as u8);
            push_of(&mut index, "mal", key, at, bytes);
            assert!(index.weight <= capacity && index.entries.len() <= all);
        }
        // The number of removals is bounded also when the clock has passed the keys.
        let late = LATE + 300_000;
        let removed = push_of(&mut index, "mal", key(late, 0), late, bytes);
        assert!(removed <= 40, "{removed}");
    }
}

#[test]
fn callers_with_keys_ahead_do_not_lift_the_limits() {
    let capacity = 100_000;
    let mut index = Index::new(&limits(|it| it.key_capacity = capacity));
    for caller in 0..12 {
        for n in 0..20 {
            let key = key(LATE + 299_000, n);
            push(&mut index, &format!("mal{caller}"), key, LATE);
        }
    }
    // Keys that are not yet known to be ahead are skipped first, which takes some steps.
    let most = capacity + capacity / 4 + 10 * WEIGHT;
    for n in 0..2_000 {
        push(&mut index, "eve", key(LATE + n, 1), LATE + n);
        assert!(index.weight <= most, "{} in step {n}", index.weight);
    }
    // Keys of all callers ahead of the clock are bounded too.
    for caller in 0..2_000 {
        let name = format!("new{caller}");
        let now = LATE + 2_000;
        assert!(is_unknown(&index, &name, key(now + 1_000, 0), now));
        push(&mut index, &name, key(now + 1_000, 0), now);
        assert!(index.weight <= most, "{} at {name}", index.weight);
    }
}

#[test]
fn key_ahead_is_taken_whatever_other_callers_did() {
    let mut index = Index::new(&limits(|it| it.key_capacity = 100_000));
    push(&mut index, "ann", key(LATE, 0), LATE);
    for n in 0..250 {
        push(&mut index, "mal", key(LATE + 299_000 + n, 0), LATE);
    }
    for n in 0..250 {
        push(&mut index, "eve", key(LATE + n, 1), LATE + n);
    }
    let now = LATE + 250;
    for caller in ["ann", "new", ""] {
        assert!(is_unknown(&index, caller, key(now + 1, 9), now), "{caller}");
        assert!(is_unknown(&index, caller, key(now, 9), now), "{caller}");
    }
    assert!(is_answered(&index, "ann", key(LATE, 0), now));
    let refused = index.look_up("mal", key(now + 1, 9), now);
    assert!(
        matches!(refused, Lookup::Ahead | Lookup::Forgotten),
        "{refused:?}"
    );
}

#[test]
fn trimming_continues_after_migrated_responses() {
    let mut index = Index::new(&limits(|it| it.max_keys_per_caller = 50));
    for n in 0..100_u64 {
        let entry = IdempotencyEntry {
            caller: "bob".into(),
            key: key(LATE + n, 0),
            fingerprint: 0,
            at: LATE + n,
            response: PendingResponse::Json {
                json: "7".into(),
                subject: None,
            },
        };
        let completed =
            CompletedRequest::new(&entry, n + 1, None).expect("the response contains no record");
        let mut request = IndexedRequest::new(&entry, n + 1, 1, completed);
        // As read from a file whose commits lost their responses.
        if (20..60).contains(&n) {
            request.response = None;
        }
        let _evicted = index.push(request);
    }
    let mut late = LATE + 100 + index.limits.retention;
    for n in 0..120 {
        late += n;
        push(&mut index, "bob", key(late, 0), late);
        let own = &index.callers["bob"];
        let mut listed = own.answered.iter().chain(&own.reduced);
        assert!(listed.all(|seq| index.entries.contains_key(seq)), "{n}");
    }
    let young = index.entries.values().all(|it| it.at > LATE + 100);
    assert!(young, "{:?}", index.callers["bob"]);
}

#[test]
fn removed_key_stays_removed_if_clock_goes_back() {
    let mut index = Index::new(&limits(|it| it.max_keys = 2));
    for n in 0..20 {
        let at = LATE + n * MINUTE;
        push(&mut index, "bob", key(at, 0), at);
    }
    for back in 0..60 {
        let now = LATE + (20 * MINUTE).saturating_sub(back * MINUTE);
        for n in 0..18 {
            let key = key(LATE + n * MINUTE, 0);
            assert!(is_forgotten(&index, "bob", key, now), "{n} {back} min back");
        }
    }
    // A removal while the clock is set back does not lower the horizon.
    let now = LATE + 5 * MINUTE;
    for n in 0..40 {
        push(&mut index, "eve", key(now, n), now);
        push(&mut index, "bob", key(LATE + 25 * MINUTE, n), now);
    }
    for n in 0..18 {
        let key = key(LATE + n * MINUTE, 0);
        assert!(is_forgotten(&index, "bob", key, now), "{n}");
    }
}

#[test]
fn horizon_of_a_wrong_clock_keeps_what_it_was_worth() {
    let mut index = Index::new(&limits(|it| it.max_keys = 2));
    let wrong = LATE + 48 * 60 * MINUTE;
    for n in 0..5 {
        push(&mut index, "bob", key(wrong + n, 0), wrong + n);
    }
    let before = key(LATE - YOUNG, 9);
    assert!(is_forgotten(&index, "bob", before, LATE));
    for n in 0..40 {
        // The removed key is older than what counts as forgotten.
        let old = key(LATE - 2 * YOUNG + n, 1);
        push(&mut index, "bob", old, LATE);
        assert!(is_forgotten(&index, "bob", before, LATE), "{n}");
    }
}

#[test]
fn commits_with_unordered_times_are_trimmed() {
    let mut index = Index::new(&limits(|it| it.max_keys = 10));
    for n in 0..1_000 {
        // The last of each hundred comes first.
        let at = LATE + n / 100 * 100 + (99 - n % 100);
        push(&mut index, "bob", key(at, 0), at);
        assert!(index.entries.len() <= 10, "{n}");
    }
}
