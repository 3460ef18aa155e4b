use super::*;

fn record(id: &str, life: i64) -> Value {
    json!({"id": id, "life": life})
}

fn change(id: &str, before: Option<i64>, after: Option<i64>) -> Changed {
    Changed {
        id: id.to_owned(),
        before: before.map(|life| record(id, life)),
        after: after.map(|life| record(id, life)),
    }
}

fn log() -> Log {
    vec![
        vec![change("bob", None, Some(1))],
        vec![change("eve", None, Some(7))],
        vec![
            change("bob", Some(1), Some(6)),
            change("eve", Some(7), Some(8)),
            change("kim", None, Some(9)),
        ],
        vec![change("eve", Some(8), Some(2))],
        vec![change("kim", Some(9), None)],
    ]
}

fn told(name: &str, payload: Value) -> Seen {
    Seen::Event(name.to_owned(), payload)
}

fn with_record(name: &str, id: &str, life: i64, seq: u64, more: bool) -> Seen {
    let mut payload = json!({"id": id, "record": record(id, life), "seq": seq});
    if more {
        payload["more"] = true.into();
    }
    told(name, payload)
}

/// What is told of lives above five, all of it.
fn well() -> Vec<Seen> {
    vec![
        Seen::Reply(json!({"ok": {"records": []}, "seq": 1})),
        with_record("created", "eve", 7, 2, false),
        with_record("created", "bob", 6, 3, true),
        with_record("updated", "eve", 8, 3, true),
        with_record("created", "kim", 9, 3, false),
        told("destroyed", json!({"id": "eve", "seq": 4, "left": true})),
        told("destroyed", json!({"id": "kim", "seq": 5})),
    ]
}

fn verdict(seen: &[Seen]) -> Result<(), String> {
    judge(&json!({"life": {"$gt": 5}}), seen, &log())
}

#[test]
fn what_is_told_well_is_found_well() {
    assert_eq!(verdict(&well()), Ok(()));
    let mut cut = well();
    // Half of a commit does not count, and comes again.
    cut.splice(
        4..4,
        [
            Seen::Cut,
            Seen::Reply(json!({"ok": {"resumed": true}, "seq": 2})),
            with_record("created", "bob", 6, 3, true),
            with_record("updated", "eve", 8, 3, true),
        ],
    );
    assert_eq!(verdict(&cut), Ok(()));
    let fold = |life| {
        let bob = json!({"id": "bob", "record": record("bob", life), "seq": 5, "folded": true});
        vec![
            Seen::Reply(json!({"ok": {"records": []}, "seq": 0})),
            told("created", bob),
        ]
    };
    assert_eq!(verdict(&fold(6)), Ok(()));
    assert!(verdict(&fold(7)).is_err());
    let reset = |records| {
        let mut seen = well();
        seen.truncate(2);
        seen.push(told("reset", json!({"records": records, "seq": 5})));
        verdict(&seen)
    };
    assert_eq!(reset(json!([record("bob", 6)])), Ok(()));
    assert!(reset(json!([])).is_err());
}

#[test]
fn each_fault_is_found() {
    for at in 1..well().len() {
        let mut gap = well();
        gap.remove(at);
        assert!(verdict(&gap).is_err(), "without {at}");
        let mut twice = well();
        twice.insert(at, twice[at].clone());
        assert!(verdict(&twice).is_err(), "{at} twice");
        let mut swapped = well();
        swapped.swap(at, (at + 1) % well().len());
        assert!(verdict(&swapped).is_err(), "{at} after the next");
    }
    let wrong = [
        (1, with_record("updated", "eve", 7, 2, false)),
        (1, with_record("created", "eve", 8, 2, false)),
        (1, with_record("created", "eve", 7, 2, true)),
        (1, with_record("created", "eve", 7, 1, false)),
        (4, with_record("created", "kim", 9, 4, false)),
        (5, told("destroyed", json!({"id": "eve", "seq": 4}))),
        (
            6,
            told("destroyed", json!({"id": "kim", "seq": 5, "left": true})),
        ),
        (
            6,
            told(
                "destroyed",
                json!({"id": "kim", "seq": 5, "folded": true, "left": true}),
            ),
        ),
        (
            0,
            Seen::Reply(json!({"ok": {"records": [record("bob", 1)]}, "seq": 1})),
        ),
        (0, Seen::Reply(json!({"ok": {"resumed": true}, "seq": 1}))),
    ];
    for (at, seen) in wrong {
        let mut told = well();
        told[at] = seen;
        assert!(verdict(&told).is_err(), "{:?}", told[at]);
    }
    let mut more = well();
    more.push(with_record("created", "zoe", 9, 6, false));
    assert!(verdict(&more).is_err());
}
