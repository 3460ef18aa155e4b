//! The checker accepts correct histories.

use super::*;

/// A fold of commits 2 to 6.
pub(super) fn fold() -> Vec<Value> {
    vec![json!({"id": "bob", "record": record("bob", 6), "seq": 6, "folded": true, "dropped": 2})]
}

fn folded(payloads: &[Value]) -> Vec<Observation> {
    first_then(2, payloads.iter().map(|it| event("created", it)))
}

#[test]
fn correct_history_is_accepted() {
    assert_eq!(verdict(&complete()), Ok(()));
}

#[test]
fn partial_commit_may_be_repeated() {
    for frames in [4, 5] {
        let resume = [
            Observation::Cut,
            requested(Some(2)),
            reply(json!({"ok": {"resumed": true}, "seq": 2})),
        ];
        let seen = first_then(frames, resume.into_iter().chain(complete().split_off(3)));
        assert_eq!(verdict(&seen), Ok(()));
    }
}

#[test]
fn ping_and_silent_commits_are_positions() {
    let mut seen = complete();
    seen.insert(2, Observation::Pong(1));
    seen.insert(4, Observation::Pong(2));
    seen.insert(10, Observation::Pong(5));
    assert_eq!(verdict(&seen), Ok(()));
    seen.splice(
        11..11,
        [
            Observation::Cut,
            requested(Some(5)),
            reply(json!({"ok": {"resumed": true}, "seq": 5})),
        ],
    );
    assert_eq!(verdict(&seen), Ok(()));
}

#[test]
fn folded_commits_are_accepted() {
    assert_eq!(verdict(&folded(&fold())), Ok(()));
    let rest = fold();
    let seen = first_then(2, [event("created", &rest[0])]);
    let mut long = log();
    long.pop();
    // The record entered and left the result, so only the sequence number is sent.
    let query = LiveQuery::new(0, "creature", json!({"id": "eve", "life": {"$gt": 5}}));
    let nothing = json!({"records": [], "seq": 5, "folded": true});
    let all = [seen[0].clone(), seen[1].clone(), event("records", &nothing)];
    let checked = check(&query, &all, &long, 5, FOLD_AFTER);
    assert!(checked.is_ok_and(|counts| counts.folds == 1));
}

#[test]
fn chunked_and_repeated_snapshot_is_accepted() {
    let parts = [
        Observation::Cut,
        requested(Some(2)),
        reply(json!({"ok": {"records": [record("bob", 6)]}, "seq": 3, "more": true})),
        Observation::Pong(2),
        event(
            "records",
            &json!({"records": [record("eve", 8)], "seq": 3, "more": true}),
        ),
        event("records", &json!({"records": [record("kim", 9)], "seq": 3})),
    ];
    let seen = first_then(3, parts.into_iter().chain(complete().split_off(6)));
    assert_eq!(verdict(&seen), Ok(()));
    let reset = json!({"records": [record("bob", 6)], "seq": 6});
    assert_eq!(
        verdict(&first_then(
            5,
            [
                Observation::Cut,
                requested(Some(2)),
                reply(json!({"ok": {"resumed": true}, "seq": 2})),
                event("reset", &reset)
            ]
        )),
        Ok(())
    );
}

#[test]
fn broadcast_is_accepted_between_commits() {
    let mut seen = complete();
    seen.insert(3, event("roared", &json!({"id": "eve", "data": 1})));
    assert_eq!(verdict(&seen), Ok(()));
    seen.insert(5, event("roared", &json!({"id": "eve", "data": 1})));
    assert_fault(&seen, "incomplete commit");
}

#[test]
fn ended_subscription_is_checked_up_to_its_end() {
    assert_eq!(verdict(&first_then(3, [Observation::Unsubscribed])), Ok(()));
    let ended = event("ended", &json!({"error": {"code": "too_large"}, "seq": 6}));
    assert_eq!(verdict(&first_then(3, [ended])), Ok(()));
}
