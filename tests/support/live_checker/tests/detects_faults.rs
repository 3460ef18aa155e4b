//! The checker detects each kind of fault.

use super::accepts_correct_history::fold;
use super::*;

#[test]
fn gap_duplicate_and_wrong_order_are_detected() {
    for at in 1..complete().len() {
        let mut gap = complete();
        gap.remove(at);
        assert!(verdict(&gap).is_err(), "without {at}");
        let mut twice = complete();
        twice.insert(at, twice[at].clone());
        assert!(verdict(&twice).is_err(), "{at} twice");
        for other in at + 1..complete().len() {
            let mut swapped = complete();
            swapped.swap(at, other);
            assert!(verdict(&swapped).is_err(), "{at} and {other}");
        }
    }
    let mut missed = complete();
    missed.truncate(8);
    assert_fault(&missed, "commit 6 requires");
}

#[test]
fn event_without_subscription_is_detected() {
    let one = || with_record("created", "eve", 7, 2, false);
    assert_fault(&[requested(None), one()], "before the reply");
    assert_fault(
        &first_then(2, [Observation::Unsubscribed, one()]),
        "inactive subscription",
    );
    assert_fault(
        &first_then(2, [Observation::Cut, one()]),
        "inactive subscription",
    );
    let ended = event("ended", &json!({"error": {"code": "too_large"}, "seq": 2}));
    assert_fault(&first_then(2, [ended, one()]), "inactive subscription");
    assert_fault(&first_then(2, [complete()[1].clone()]), "second reply");
    let ended = event("ended", &json!({"error": {}, "seq": 2}));
    assert_fault(&first_then(2, [ended]), "without an error code");
}

#[test]
fn wrong_event_content_is_detected() {
    for (at, name, wrong) in [
        (
            2,
            "updated",
            json!({"id": "eve", "record": record("eve", 7), "seq": 2}),
        ),
        (
            2,
            "created",
            json!({"id": "eve", "record": record("eve", 8), "seq": 2}),
        ),
        (
            2,
            "created",
            json!({"id": "bob", "record": record("eve", 7), "seq": 2}),
        ),
        (
            2,
            "created",
            json!({"id": "eve", "record": {"id": "eve"}, "seq": 2}),
        ),
        (
            2,
            "created",
            json!({"id": "eve", "record": record("eve", 7), "seq": 2, "more": true}),
        ),
        (
            2,
            "created",
            json!({"id": "eve", "record": record("eve", 7), "seq": 2, "more": false}),
        ),
        (
            2,
            "created",
            json!({"id": "eve", "record": record("eve", 7), "seq": 1}),
        ),
        (
            2,
            "created",
            json!({"id": "eve", "record": record("eve", 7), "seq": 3}),
        ),
        (
            2,
            "created",
            json!({"id": "eve", "record": record("eve", 7)}),
        ),
        (
            2,
            "created",
            json!({"id": "eve", "record": record("eve", 7), "seq": 2, "left": true}),
        ),
        (
            2,
            "created",
            json!({"id": "eve", "record": record("eve", 7), "seq": 2, "folded": true}),
        ),
        (
            3,
            "created",
            json!({"id": "bob", "record": record("bob", 6), "seq": 3}),
        ),
        (
            4,
            "updated",
            json!({"id": "eve", "record": record("eve", 8), "seq": 4, "more": true}),
        ),
        (6, "destroyed", json!({"id": "eve", "seq": 4, "more": true})),
        (7, "roared", json!({"id": "bob", "data": 8, "seq": 4})),
        (7, "roared", json!({"id": "eve", "data": 9, "seq": 4})),
        (7, "growled", json!({"id": "bob", "data": 9, "seq": 4})),
        (9, "destroyed", json!({"id": "kim", "seq": 6, "left": true})),
        (9, "destroyed", json!({"id": "kim", "seq": 7})),
    ] {
        let verdict = verdict(&with_replaced(at, event(name, &wrong)));
        assert!(verdict.is_err(), "{name} {wrong}");
    }
    let eve = json!({"id": "eve", "record": record("eve", 7), "seq": 2});
    for slots in [
        json!(["song", "created", eve, 7]),
        json!(["creature", "created", eve, "7"]),
        json!(["creature", "created", eve]),
        json!(["creature", "created", eve, 7, {}]),
    ] {
        assert_fault(
            &with_replaced(2, frame(&slots, false)),
            "slots of the event",
        );
    }
}

#[test]
fn wrong_initial_result_is_detected() {
    for payload in [
        json!({"ok": {"records": [record("bob", 1)]}, "seq": 1}),
        json!({"ok": {"records": []}, "seq": 2}),
        json!({"ok": {"records": []}, "seq": 9}),
        json!({"ok": {"records": []}}),
        json!({"ok": {"records": []}, "seq": 1, "more": true}),
        json!({"ok": {}, "seq": 1}),
        json!({"ok": {"resumed": true}, "seq": 1}),
    ] {
        let verdict = verdict(&with_replaced(1, reply(payload.clone())));
        assert!(verdict.is_err(), "{payload}");
    }
    let none = frame(
        &json!(["creature", "subscribe", {"ok": {"records": []}, "seq": 1}, 7]),
        false,
    );
    assert_fault(&with_replaced(1, none), "no resume token");
    let twice = json!({"records": [record("eve", 7), record("eve", 7)], "seq": 2});
    assert_fault(&first_then(2, [event("reset", &twice)]), "distinct records");
    let back = event("reset", &json!({"records": [], "seq": 1}));
    assert_fault(&first_then(3, [back]), "precedes");
}

#[test]
fn wrong_resume_is_detected() {
    let resumed = |seq| reply(json!({"ok": {"resumed": true}, "seq": seq}));
    assert_fault(
        &first_then(3, [Observation::Cut, requested(Some(2)), resumed(1)]),
        "position of the resumed",
    );
    assert_fault(
        &first_then(3, [Observation::Cut, requested(Some(1)), resumed(1)]),
        "position of the resumed",
    );
    let unreached = Observation::Requested {
        ack: json!(7),
        from: Some(2),
        reached: false,
    };
    assert_fault(
        &first_then(3, [Observation::Cut, unreached, resumed(2)]),
        "resumable at the request",
    );
    let eve = json!({"ok": {"records": [record("eve", 7)]}, "seq": 2, "resume": "token"});
    let initial = frame(&json!(["creature", "subscribe", eve, 7]), true);
    assert_fault(
        &first_then(3, [Observation::Cut, requested(Some(2)), initial]),
        "although the log reaches",
    );
    let reset_event = json!(["creature", "reset", {"records": [record("eve", 7)], "seq": 2}, 7]);
    assert_fault(
        &first_then(3, [frame(&reset_event, true)]),
        "although the log reaches",
    );
    // Part of a commit is not a position.
    let rest = complete().split_off(4);
    let partial = [Observation::Cut, requested(Some(2)), resumed(2)].into_iter();
    assert!(verdict(&first_then(4, partial.chain(rest))).is_err());
    for (at, seq) in [(2, 2), (4, 3), (8, 6), (9, 6)] {
        let mut early = complete();
        early.insert(at, Observation::Pong(seq));
        assert!(verdict(&early).is_err(), "{seq} at {at}");
    }
}

#[test]
fn wrong_fold_is_detected() {
    let verdict_on = |names: &[&str], payloads: &[Value]| {
        let frames = names.iter().zip(payloads);
        verdict(&first_then(
            2,
            frames.map(|(name, payload)| event(name, payload)),
        ))
    };
    assert_eq!(verdict_on(&["created"], &fold()), Ok(()));
    assert!(verdict_on(&["updated"], &fold()).is_err());
    for (key, wrong) in [
        ("dropped", json!(1)),
        ("dropped", json!(null)),
        ("folded", json!(false)),
        ("seq", json!(5)),
        ("seq", json!(7)),
        ("record", record("bob", 1)),
        ("left", json!(true)),
        ("more", json!(true)),
    ] {
        let mut payloads = fold();
        payloads[0][key] = wrong;
        assert!(verdict_on(&["created"], &payloads).is_err(), "{payloads:?}");
    }
    let mut bob = fold();
    bob[0]["more"] = true.into();
    bob[0].as_object_mut().expect("an object").remove("dropped");
    let eve = json!({"id": "eve", "left": true, "seq": 6, "folded": true, "dropped": 2});
    let too_much = [bob[0].clone(), eve];
    assert!(verdict_on(&["created", "destroyed"], &too_much).is_err());
    let nothing = json!({"records": [], "seq": 6, "folded": true, "dropped": 2});
    assert!(verdict_on(&["records"], &[nothing]).is_err());
    // Commits up to the limit are sent separately.
    let checked = check(
        &query(),
        &first_then(2, [event("created", &fold()[0])]),
        &log(),
        6,
        4,
    );
    assert!(checked.is_err_and(|fault| fault.contains("were folded")));
}
