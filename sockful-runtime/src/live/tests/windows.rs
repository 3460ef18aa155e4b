//! Live windows: the first records of a query in an order.

use super::follower::{Follower, Server};
use super::{delete, roar};
use crate::query::ReadFilter;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const NEWEST: &str = r#"{"$sort":{"life":-1},"$limit":3}"#;

/// A server with records `00`, `01`… whose `life` is their number.
async fn server_with(records: u64, slack: Option<usize>) -> Server {
    let mut server = Server::start(|_| {}).await;
    server.slack = slack;
    for life in 0..records {
        server
            .commit(vec![server.put(&format!("{life:02}"), "cat", life)])
            .await;
    }
    server
}

fn shown(follower: &mut Follower) -> Vec<String> {
    let frames = std::mem::take(&mut follower.frames);
    let shown = frames.into_iter().map(|(event, payload)| {
        let word = |key: &'static str| if payload[key] == true { key } else { "" };
        let (left, more) = (word("left"), word("more"));
        let id = payload["id"].as_str().unwrap_or_default();
        [&*event, id, left, word("folded"), more].join(" ")
    });
    let shown = shown.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    shown.collect()
}

#[tokio::test]
async fn window_reports_records_that_enter_and_leave() {
    let server = server_with(6, None).await;
    let mut follower = server.follower(1, NEWEST).await;
    assert_eq!(
        follower.replica.keys().collect::<Vec<_>>(),
        ["03", "04", "05"]
    );
    for (change, events) in [
        // Behind the window.
        (server.put("aa", "cat", 1), &[][..]),
        (
            server.put("bb", "cat", 9),
            &["created bb more", "destroyed 03 left"],
        ),
        (server.put("bb", "cat", 8), &["updated bb"]),
        (delete("bb"), &["destroyed bb more", "created 03"]),
        // A record that moves behind the window.
        (
            server.put("04", "cat", 0),
            &["destroyed 04 left more", "created 02"],
        ),
        (
            server.put("04", "cat", 4),
            &["created 04 more", "destroyed 02 left"],
        ),
        // A tie is ordered by id.
        (
            server.put("0", "cat", 3),
            &["created 0 more", "destroyed 03 left"],
        ),
        (server.put("033", "cat", 3), &[]),
    ] {
        server.commit(vec![change]).await;
        server.settle().await;
        follower.follow().await;
        assert_eq!(shown(&mut follower), events);
        assert_eq!(follower.replica, server.truth(NEWEST).await);
    }
}

#[tokio::test]
async fn commit_of_several_records_changes_a_window_once() {
    let server = server_with(6, None).await;
    let mut follower = server.follower(1, NEWEST).await;
    let changes = vec![
        delete("05"),
        server.put("00", "cat", 7),
        server.put("04", "cat", 1),
        server.put("zz", "cat", 7),
    ];
    server.commit(changes).await;
    server.settle().await;
    follower.follow().await;
    let events = [
        "destroyed 05 more",
        "created 00 more",
        "destroyed 04 left more",
        "created zz",
    ];
    assert_eq!(shown(&mut follower), events);
    assert_eq!(follower.replica, server.truth(NEWEST).await);
}

#[tokio::test]
async fn window_is_read_again_when_its_slack_is_empty() {
    let server = server_with(20, Some(2)).await;
    let mut follower = server.follower(1, NEWEST).await;
    assert_eq!(server.take_finds(), 1);
    for (id, finds, events) in [
        ("19", 0, ["destroyed 19 more", "created 16"]),
        ("18", 0, ["destroyed 18 more", "created 15"]),
        ("17", 1, ["created 14 folded more", "destroyed 17 folded"]),
        ("16", 0, ["destroyed 16 more", "created 13"]),
    ] {
        server.commit(vec![delete(id)]).await;
        server.settle_windows().await;
        follower.follow().await;
        assert_eq!(
            (server.take_finds(), shown(&mut follower)),
            (finds, events.map(str::to_owned).into())
        );
        assert_eq!(follower.replica, server.truth(NEWEST).await);
    }
}

#[tokio::test]
async fn record_moving_into_the_slack_is_reported_as_left() {
    let server = server_with(20, Some(2)).await;
    let mut follower = server.follower(1, NEWEST).await;
    let moved = server.put("17", "cat", 13);
    server.commit(vec![delete("19"), delete("18"), moved]).await;
    server.settle_windows().await;
    follower.follow().await;
    let events = [
        "created 16 folded more",
        "created 15 folded more",
        "created 14 folded more",
        "destroyed 19 folded more",
        "destroyed 18 folded more",
        "destroyed 17 left folded",
    ];
    assert_eq!(shown(&mut follower), events);
}

#[tokio::test]
async fn deletes_from_the_top_read_once_per_slack() {
    let server = Server::start(|_| {}).await;
    let put = |life: u64| server.put(&format!("{life:05}"), "cat", life);
    server.commit((0..2_000).map(put).collect()).await;
    let query = r#"{"$sort":{"life":-1},"$limit":50}"#;
    let mut follower = server.follower(1, query).await;
    server.take_finds();
    for life in (0..1_990).rev() {
        server
            .commit(vec![delete(&format!("{:05}", life + 10))])
            .await;
        server.settle().await;
        if life % 100 == 0 {
            server.settle_windows().await;
            follower.follow().await;
            assert_eq!(follower.replica, server.truth(query).await);
        }
    }
    let finds = server.take_finds();
    assert!((1..=1_990 / 25).contains(&finds), "{finds}");
}

#[tokio::test]
async fn updates_of_the_last_record_need_no_read() {
    let server = server_with(20, Some(1)).await;
    let mut follower = server.follower(1, NEWEST).await;
    server.take_finds();
    for kind in 0..50 {
        for id in ["17", "16"] {
            let life = id.parse().expect("a number");
            server
                .commit(vec![server.put(id, &kind.to_string(), life)])
                .await;
        }
        server.settle_windows().await;
        follower.follow().await;
        assert_eq!(shown(&mut follower), ["updated 17"]);
    }
    assert_eq!(server.take_finds(), 0);
}

#[tokio::test]
async fn second_subscriber_of_a_window_reads_nothing() {
    let server = server_with(20, None).await;
    let mut first = server.follower(1, NEWEST).await;
    server.commit(vec![server.put("new", "cat", 99)]).await;
    server.take_finds();
    let mut second = server.follower(2, NEWEST).await;
    assert_eq!(server.take_finds(), 0);
    server.commit(vec![server.put("new", "cat", 98)]).await;
    server.settle().await;
    first.follow().await;
    second.follow().await;
    assert_eq!(shown(&mut second), ["updated new"]);
    assert_eq!(first.replica, second.replica);
}

#[tokio::test]
async fn slow_reader_of_a_window_is_reset() {
    let server = Server::start(|config| config.live.fold_after = 3).await;
    let mut follower = server.follower(1, NEWEST).await;
    for life in 0..4 {
        server.commit(vec![server.put("bob", "cat", life)]).await;
    }
    server.settle().await;
    server.take_finds();
    follower.follow().await;
    assert_eq!(shown(&mut follower), ["reset"]);
    assert_eq!((server.take_finds(), follower.replica.len()), (0, 1));
}

#[tokio::test]
async fn unreadable_record_leaves_a_window_as_destroyed() {
    let mut server = server_with(6, Some(0)).await;
    let cats = server.filter(r#"{"kind":"cat"}"#);
    server.read_filter = ReadFilter::of(Arc::new(cats));
    let mut follower = server.follower(1, NEWEST).await;
    for (id, kind, left) in [("05", "dog", false), ("04", "dog", false)] {
        let life = id.parse().expect("a number");
        server.commit(vec![server.put(id, kind, life)]).await;
        server.settle_windows().await;
        follower.follow().await;
        let frames = std::mem::take(&mut follower.frames);
        let gone = frames.iter().find(|(event, _)| event == "destroyed");
        let gone = &gone.expect("it left").1;
        assert_eq!((gone["id"] == id, gone.get("left").is_some()), (true, left));
    }
    // It is still readable when the window is read again.
    server.commit(vec![server.put("03", "cat", 0)]).await;
    server.settle_windows().await;
    follower.follow().await;
    assert_eq!(
        shown(&mut follower),
        ["created 00 folded more", "destroyed 03 left folded"]
    );
}

#[tokio::test]
async fn declared_events_follow_the_records_of_a_window() {
    let server = server_with(6, None).await;
    let mut follower = server.follower(1, NEWEST).await;
    for (operations, events) in [
        (vec![roar("02")], &[][..]),
        (vec![roar("05")], &["roared 05"]),
        (
            vec![roar("05"), delete("05")],
            &["roared 05 more", "destroyed 05 more", "created 02"],
        ),
        (
            vec![roar("zz"), server.put("zz", "cat", 9)],
            &["created zz more", "destroyed 02 left more", "roared zz"],
        ),
    ] {
        server.commit(operations).await;
        server.settle().await;
        follower.follow().await;
        assert_eq!(shown(&mut follower), events);
    }
}

/// A step of a random history.
#[derive(Clone, Debug)]
enum Step {
    Write(BTreeMap<usize, Option<(usize, u64)>>),
    Follow(usize),
    Join(usize),
    Yield(usize),
}

const WINDOWS: [&str; 8] = [
    r#"{"$sort":{"life":-1},"$limit":3}"#,
    r#"{"$sort":{"life":1,"kind":-1},"$limit":2}"#,
    r#"{"$limit":4}"#,
    r#"{"$sort":{"id":-1},"$limit":1}"#,
    r#"{"kind":"cat","$sort":{"life":-1},"$limit":2}"#,
    r#"{"life":{"$gt":2},"$sort":{"kind":1},"$limit":3}"#,
    r#"{"$count":true}"#,
    r#"{"kind":"cat","life":{"$lt":4},"$count":true}"#,
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let write = (
        0..12_usize,
        proptest::option::weighted(0.6, (0..3_usize, 0..6_u64)),
    );
    let step = prop_oneof![
        8 => proptest::collection::btree_map(write.0, write.1, 1..4).prop_map(Step::Write),
        2 => (0..8_usize).prop_map(Step::Follow),
        1 => (0..WINDOWS.len()).prop_map(Step::Join),
        2 => (0..12_usize).prop_map(Step::Yield),
    ];
    proptest::collection::vec(step, 1..80)
}

async fn run(steps: &[Step], slack: usize, fold_after: usize, room: usize) {
    let mut server = Server::start(|config| {
        config.live.fold_after = fold_after;
        config.live.ring_capacity = room;
        config.store.log_capacity = room * 2;
    })
    .await;
    server.slack = Some(slack);
    let dogs = server.filter(r#"{"$not":{"kind":"dog"}}"#);
    let filters = [ReadFilter::ALL, ReadFilter::of(Arc::new(dogs))];
    let mut followers: Vec<(usize, usize, Follower)> = Vec::new();
    for (nth, step) in steps.iter().enumerate() {
        match step {
            Step::Write(writes) => {
                let operations = writes.iter().map(|(id, what)| {
                    let id = format!("{id:02}");
                    what.map_or_else(
                        || delete(&id),
                        |(kind, life)| server.put(&id, ["cat", "dog", "dragon"][kind], life),
                    )
                });
                server.commit(operations.collect()).await;
            }
            Step::Join(which) => {
                let filter = nth % 2;
                server.read_filter = filters[filter].clone();
                let follower = server.follower(nth, WINDOWS[*which]).await;
                compare(&server, WINDOWS[*which], &follower).await;
                followers.push((*which, filter, follower));
            }
            Step::Yield(times) => {
                for _ in 0..*times {
                    tokio::task::yield_now().await;
                }
            }
            Step::Follow(which) if !followers.is_empty() => {
                server.settle_windows().await;
                let which = which % followers.len();
                let (window, filter, follower) = &mut followers[which];
                server.read_filter = filters[*filter].clone();
                check(&server, WINDOWS[*window], follower).await;
            }
            Step::Follow(_) => {}
        }
    }
    server.settle_windows().await;
    for (window, filter, follower) in &mut followers {
        server.read_filter = filters[*filter].clone();
        check(&server, WINDOWS[*window], follower).await;
    }
}

async fn check(server: &Server, window: &str, follower: &mut Follower) {
    follower.follow().await;
    compare(server, window, follower).await;
    let frames = std::mem::take(&mut follower.frames);
    let seqs = frames.iter().filter_map(|(_, it)| it["seq"].as_u64());
    assert!(seqs.clone().is_sorted(), "{frames:?}");
    let is_whole = frames.last().is_none_or(|(_, it)| it.get("more").is_none());
    assert!(is_whole, "{frames:?}");
}

async fn compare(server: &Server, window: &str, follower: &Follower) {
    let truth = server.truth(window).await;
    match follower.count {
        Some(count) => assert_eq!(count, truth.len(), "{window}"),
        None => assert_eq!(follower.replica, truth, "{window}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn window_converges_to_the_stored_records(
        steps in steps(),
        slack in 0..4_usize,
        fold_after in prop_oneof![Just(1_usize), Just(4), Just(100)],
        room in prop_oneof![Just(1_usize), Just(3_000), Just(100_000)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime without I/O").block_on(run(&steps, slack, fold_after, room));
    }
}
