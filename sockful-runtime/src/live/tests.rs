mod counts;
mod follower;
mod windows;

use super::live_query::CommitValues;
use super::query_group::NextEvents;
use crate::core::caller_id::CallerId;
use crate::core::config::Config;
use crate::core::error::ErrorKind;
use crate::store::commit::{Expect, Operation};
use follower::Server;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const IDS: [&str; 4] = ["bob", "eve", "kim", "zoe"];
const CONDITIONS: [&str; 6] = [
    "{}",
    r#"{"id":"bob"}"#,
    r#"{"life":{"$gt":4}}"#,
    r#"{"kind":"dragon"}"#,
    r#"{"$or":[{"kind":"cat"},{"id":"eve"}]}"#,
    r#"{"kind":{"$in":["cat","dog"]},"life":{"$lte":5}}"#,
];

#[tokio::test]
async fn commits_beyond_fold_after_are_delivered_as_one() {
    let server = Server::start(|config| config.live.fold_after = 3).await;
    let mut follower = server.follower(1, "{}").await;
    for (writes, events) in [(3, 3), (4, 1)] {
        for life in 0..writes {
            server.commit(vec![server.put("bob", "cat", life)]).await;
        }
        server.settle().await;
        follower.follow().await;
        let last = follower.frames.last().expect("an event").1.clone();
        assert_eq!(last["record"]["life"], writes - 1);
        assert_eq!(last.get("folded").is_some(), events == 1, "{last}");
        assert_eq!(follower.events().len(), events);
    }
}

#[tokio::test]
async fn missed_create_and_destroy_cause_no_event() {
    let server = Server::start(|config| config.live.fold_after = 1).await;
    let mut follower = server.follower(1, r#"{"kind":"cat"}"#).await;
    let gone = delete("eve");
    server
        .commit(vec![
            server.put("bob", "cat", 1),
            server.put("eve", "cat", 1),
        ])
        .await;
    server.commit(vec![server.put("bob", "dog", 1)]).await;
    server.commit(vec![gone]).await;
    server.commit(vec![server.put("kim", "cat", 1)]).await;
    server.settle().await;
    follower.follow().await;
    assert_eq!(follower.events(), ["created"]);

    // It stopped matching and was destroyed, so it is not reported as `left`.
    let gone = delete("kim");
    server.commit(vec![server.put("kim", "cat", 2)]).await;
    server.commit(vec![server.put("kim", "dog", 1)]).await;
    server.commit(vec![gone]).await;
    server.settle().await;
    follower.follow().await;
    let (event, payload) = &follower.frames[0];
    assert_eq!(event, "destroyed");
    assert_eq!(payload.get("left"), None, "{payload}");
}

fn roar(id: &str) -> Operation {
    Operation::Emit {
        resource: 0,
        id: id.into(),
        event: 0,
        data: r#"{"loudness":3}"#.into(),
    }
}

fn delete(id: &str) -> Operation {
    Operation::Delete {
        resource: 0,
        id: id.into(),
        expect: Expect::Any,
    }
}

#[tokio::test]
async fn declared_events_follow_the_matching_records() {
    let server = Server::start(|_| {}).await;
    server.commit(vec![server.put("bob", "cat", 1)]).await;
    let mut follower = server.follower(1, r#"{"kind":"cat"}"#).await;
    // It starts or stops matching in the commit that emits the event.
    server
        .commit(vec![roar("eve"), server.put("eve", "cat", 1)])
        .await;
    server
        .commit(vec![roar("eve"), server.put("eve", "dog", 1)])
        .await;
    // It is destroyed in the commit that emits the event.
    server
        .commit(vec![roar("eve"), roar("bob"), delete("bob")])
        .await;
    server.commit(vec![roar("bob")]).await;
    server.settle().await;
    follower.follow().await;
    let frames = std::mem::take(&mut follower.frames);
    let events: Vec<_> = frames
        .iter()
        .map(|(event, payload)| (&**event, payload["id"].as_str(), payload["seq"].as_u64()))
        .collect();
    let event = |event, id, seq| (event, Some(id), Some(seq));
    let expected = [
        event("created", "eve", 2),
        event("roared", "eve", 2),
        event("destroyed", "eve", 3),
        event("roared", "bob", 4),
        event("destroyed", "bob", 4),
    ];
    assert_eq!(events, expected);
}

#[tokio::test]
async fn folding_counts_the_dropped_declared_events() {
    let server = Server::start(|config| config.live.fold_after = 2).await;
    server.commit(vec![server.put("bob", "cat", 1)]).await;
    let mut follower = server.follower(1, "{}").await;
    for with_change in [true, false] {
        for life in 2..5 {
            let mut operations = vec![roar("bob"), roar("bob")];
            if with_change {
                operations.push(server.put("bob", "cat", life));
            }
            server.commit(operations).await;
        }
        server.settle().await;
        follower.follow().await;
        let (event, payload) = follower.frames.pop().expect("an event");
        assert_eq!(event, if with_change { "updated" } else { "records" });
        assert_eq!(payload["dropped"], 6, "{payload}");
        assert_eq!(payload["folded"], true, "{payload}");
        assert_eq!(follower.events(), [""; 0]);
    }
}

/// The events of a subscriber that does not read while a record changes a hundred times.
async fn events_after_a_hundred_commits(configure: impl FnOnce(&mut Config)) -> Vec<String> {
    let server = Server::start(|config| {
        config.live.fold_after = 2;
        config.live.ring_capacity = 1;
        configure(config);
    });
    let server = server.await;
    let mut follower = server.follower(1, "{}").await;
    for life in 0..100 {
        server.commit(vec![server.put("bob", "cat", life)]).await;
    }
    server.settle().await;
    follower.follow().await;
    assert_eq!(follower.replica["bob"]["life"], 99);
    follower.events()
}

#[tokio::test]
async fn catch_up_beyond_the_log_sends_a_reset() {
    let events = events_after_a_hundred_commits(|config| config.store.log_capacity = 2_000);
    assert_eq!(events.await, ["reset"]);
}

#[tokio::test]
async fn catch_up_beyond_max_replayed_sends_a_reset() {
    let events = events_after_a_hundred_commits(|config| config.live.max_replayed = 90);
    assert_eq!(events.await, ["reset"]);
    let events = events_after_a_hundred_commits(|config| config.live.max_replayed = 110);
    assert_eq!(events.await, ["created"]);
}

#[tokio::test]
async fn subscriber_behind_stays_behind_without_folding() {
    let server = Server::start(|config| config.live.fold_after = usize::MAX).await;
    server.commit(vec![server.put("bob", "cat", 1)]).await;
    server.settle().await;
    let handle = server.join("{}").await.expect("there is room");
    handle.set_position(0);
    server.commit(vec![server.put("bob", "cat", 2)]).await;
    server.settle().await;
    assert!(matches!(handle.take(), NextEvents::Behind));
}

#[tokio::test]
async fn join_rejects_query_beyond_max_scanned_groups() {
    // A caller may have as many as are then left for others.
    let server = Server::start(|config| config.live.max_scanned_groups = 4).await;
    let mut handles = Vec::new();
    for n in 0..50 {
        let conditions = format!(r#"{{"kind":"kind {n}"}}"#);
        handles.push(
            server
                .join(&conditions)
                .await
                .expect("it is indexed by its value"),
        );
    }
    for conditions in [r#"{"life":{"$gt":1}}"#, r#"{"life":{"$gt":2}}"#] {
        handles.push(server.join(conditions).await.expect("there is room"));
    }
    let error = server
        .join(r#"{"life":{"$gt":3}}"#)
        .await
        .expect_err("a third");
    assert_eq!(error.kind(), ErrorKind::TooMany);
    // Equal queries share a group.
    let another = server.join(r#"{"life":{"$gt":2}}"#).await;
    handles.push(another.expect("it is one of the two"));
    drop(handles.drain(50..));
    let conditions = r#"{"life":{"$gt":3}}"#;
    handles.push(server.join(conditions).await.expect("there is room again"));
    handles.clear();
    assert!(server.broker.state().groups.is_empty());
}

fn user(key: &str) -> CallerId {
    CallerId::Key(key.into())
}

#[tokio::test]
async fn caller_at_its_share_leaves_room_for_others() {
    let server = Server::start(|config| config.live.max_scanned_groups = 100).await;
    let conditions = |n: usize| format!(r#"{{"life":{{"$gt":{n}}}}}"#);
    let mut handles = Vec::new();
    for (nth, expected) in [50, 25, 13, 6].into_iter().enumerate() {
        let caller = user(&format!("mal{nth}"));
        let mut admitted = 0;
        for n in 0..150 {
            let conditions = conditions(1_000 * nth + n);
            match server.join_as(caller.clone(), &conditions).await {
                Ok(handle) => handles.push(handle),
                Err(error) => {
                    assert_eq!(error.limit(), Some(("max_scanned_groups", 100)));
                    break;
                }
            }
            admitted += 1;
        }
        assert_eq!(admitted, expected);
    }
    // Other callers still have room, and a subscription without conditions needs none.
    let another = server.join_as(user("ann"), &conditions(90_000)).await;
    handles.push(another.expect("room is left"));
    for n in 0..10 {
        let joined = server.join_as(user(&format!("u{n}")), "{}").await;
        handles.push(joined.expect("it is not counted"));
    }
    handles.clear();
    assert!(server.broker.state().groups.is_empty());
}

#[tokio::test]
async fn condition_counts_against_the_caller_that_remains() {
    let server = Server::start(|config| config.live.max_scanned_groups = 6).await;
    let conditions = |n: usize| format!(r#"{{"life":{{"$gt":{n}}}}}"#);
    let (ann, bob) = (user("ann"), user("bob"));
    let join = |caller: &CallerId, n| {
        let (server, caller, conditions) = (&server, caller.clone(), conditions(n));
        async move { server.join_as(caller, &conditions).await }
    };
    let mut of_ann = Vec::new();
    for n in 0..3 {
        of_ann.push(join(&ann, n).await.expect("half of them"));
    }
    assert!(join(&ann, 3).await.is_err());
    // Conditions that another caller already uses do not count.
    let mut of_bob = Vec::new();
    for n in 0..3 {
        of_bob.push(join(&bob, n).await.expect("they are there"));
    }
    of_bob.push(join(&bob, 10).await.expect("a share of what is left"));
    of_ann.clear();
    // Now all four count against bob.
    assert!(join(&bob, 11).await.is_err());
    of_ann.push(join(&ann, 12).await.expect("two are left"));
    of_bob.clear();
    for n in 20..22 {
        of_ann.push(join(&ann, n).await.expect("none of bob's count"));
    }
}

#[tokio::test]
async fn long_condition_counts_as_several() {
    let server = Server::start(|config| config.live.max_scanned_groups = 50).await;
    let long = |n: usize| {
        let terms: Vec<_> = (0..60)
            .map(|term| format!(r#"{{"kind":{{"$ne":"{n} {term} {}"}}}}"#, "x".repeat(500)))
            .collect();
        format!(r#"{{"$and":[{}]}}"#, terms.join(","))
    };
    let _first = server.join(&long(1)).await.expect("31 of 50");
    assert!(server.join(&long(2)).await.is_err());
}

#[tokio::test]
async fn subscriber_joining_during_evaluation_misses_none() {
    let server = Server::start(|_| {}).await;
    let mut early = server.follower(1, "{}").await;
    server.commit(vec![server.put("bob", "cat", 1)]).await;
    let commits = server.log(0).await;
    let evaluation = server.broker.state().groups.candidates(commits);
    // The lock is not held while conditions are evaluated.
    let mut joined = server.follower(2, r#"{"kind":{"$gte":"c"}}"#).await;
    let resumed = server.join(r#"{"life":{"$gt":0}}"#).await.expect("room");
    resumed.set_position(0);
    server.broker.distribute(evaluation.run());
    server.commit(vec![server.put("bob", "cat", 2)]).await;
    server.settle().await;
    early.follow().await;
    assert_eq!(early.events(), ["created", "updated"]);
    joined.follow().await;
    assert_eq!(joined.events(), ["updated"]);
    assert!(matches!(resumed.take(), NextEvents::Behind));
    let mut missed = resumed.catch_up().await;
    let mut frames = 0;
    while !missed.is_done() {
        missed.write(&joined.encoder, &mut Vec::new());
        frames += 1;
    }
    assert_eq!(frames, 2);
}

#[tokio::test]
async fn costly_condition_is_left_to_its_own_connection() {
    let server = Server::start(|_| {}).await;
    let mut costly = server.follower(1, r#"{"kind":{"$gte":"c"}}"#).await;
    let mut cheap = server.follower(2, "{}").await;
    for life in 0..3 {
        server.commit(vec![server.put("bob", "cat", life)]).await;
        let commits = server.log(life).await;
        let mut evaluation = server.broker.state().groups.candidates(commits);
        evaluation.max_by_caller = 0;
        let evaluated = evaluation.run();
        assert_eq!(evaluated.deferred.len(), 1);
        server.broker.distribute(evaluated);
        if life == 1 {
            costly.follow().await;
        }
    }
    costly.follow().await;
    cheap.follow().await;
    let events = ["created", "updated", "updated"];
    assert_eq!(
        (costly.events(), cheap.events()),
        (
            events.map(str::to_owned).into(),
            events.map(str::to_owned).into()
        )
    );
    assert_eq!(costly.replica, cheap.replica);
}

#[tokio::test]
async fn record_is_parsed_once_for_all_conditions() {
    let server = Server::start(|_| {}).await;
    let mut handles = Vec::new();
    for n in 0..50 {
        let terms: Vec<_> = (0..60)
            .map(|term| format!(r#"{{"kind":{{"$ne":"{n} {term}"}}}}"#))
            .collect();
        let conditions = format!(r#"{{"$and":[{}]}}"#, terms.join(","));
        handles.push(server.join(&conditions).await.expect("there is room"));
    }
    let kind = "k".repeat(30_000);
    server.commit(vec![server.put("bob", &kind, 1)]).await;
    let commits = server.log(0).await;
    let mut values = CommitValues::new(&commits[0]);
    for handle in &handles {
        assert_eq!(handle.query.evaluate(&mut values).len(), 1);
    }
    assert_eq!(values.parsed(), kind.len() + 2);
    // Many such commits are evaluated on another thread.
    let evaluation = server.broker.state().groups.candidates(commits);
    assert!(evaluation.is_long());
}

#[tokio::test]
async fn equal_subscriptions_share_their_initial_result() {
    let server = Server::start(|_| {}).await;
    server.commit(vec![server.put("bob", "cat", 1)]).await;
    let mut handles = Vec::new();
    for conditions in ["{}", "{}", r#"{"kind":"cat"}"#] {
        handles.push(server.join(conditions).await.expect("there is room"));
    }
    let mut results = Vec::new();
    for handle in &handles {
        results.push(handle.initial_result().await.expect("it is small"));
    }
    assert!(Arc::ptr_eq(&results[0], &results[1]));
    assert!(!Arc::ptr_eq(&results[0], &results[2]));
    // Earlier writes are always included.
    server.commit(vec![server.put("eve", "dog", 1)]).await;
    let newer = handles[1].initial_result().await.expect("it is small");
    assert_eq!((results[0].records.len(), newer.records.len()), (1, 2));
}

#[tokio::test]
async fn log_is_read_only_while_there_are_subscriptions() {
    let server = Server::start(|_| {}).await;
    for life in 0..3 {
        let mut follower = server.follower(1, "{}").await;
        assert!(server.broker.state().is_reading());
        server.commit(vec![server.put("bob", "cat", life)]).await;
        server.settle().await;
        follower.follow().await;
        assert_eq!(follower.events().len(), 1);
        drop(follower);
        server.commit(vec![server.put("bob", "dog", life)]).await;
        while server.broker.state().is_reading() {
            tokio::task::yield_now().await;
        }
    }
}

#[test]
fn log_reader_restarts_on_another_runtime() {
    let runtime = || tokio::runtime::Builder::new_current_thread().build();
    let first = runtime().expect("a runtime without I/O");
    let (server, mut follower) = first.block_on(async {
        let server = Server::start(|_| {}).await;
        let follower = server.follower(1, "{}").await;
        (server, follower)
    });
    drop(first);
    let second = runtime().expect("a runtime without I/O");
    second.block_on(async {
        server.commit(vec![server.put("bob", "cat", 1)]).await;
        let _another = server.join("{}").await.expect("there is room");
        server.settle().await;
        follower.follow().await;
        assert_eq!(follower.events(), ["created"]);
    });
}

/// A step of a random history.
#[derive(Clone, Debug)]
enum Step {
    Write(Vec<(usize, Option<(usize, u64)>)>),
    Follow(usize),
    Join(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let write = (
        0..IDS.len(),
        proptest::option::weighted(0.8, (0..3_usize, 0..10_u64)),
    );
    let step = prop_oneof![
        6 => proptest::collection::vec(write, 1..4).prop_map(Step::Write),
        2 => (0..8_usize).prop_map(Step::Follow),
        1 => (0..CONDITIONS.len()).prop_map(Step::Join),
    ];
    proptest::collection::vec(step, 1..60)
}

async fn run(steps: &[Step], fold_after: usize, room: usize) {
    let server = Server::start(|config| {
        config.live.fold_after = fold_after;
        config.live.ring_capacity = room;
        config.store.log_capacity = room * 2;
    });
    let server = server.await;
    let mut followers = vec![(0, server.follower(0, CONDITIONS[0]).await)];
    for (nth, step) in steps.iter().enumerate() {
        match step {
            Step::Write(writes) => {
                let mut writes: BTreeMap<_, _> = writes.iter().copied().collect();
                let operations = std::mem::take(&mut writes).into_iter().map(|(id, what)| {
                    what.map_or_else(
                        || delete(IDS[id]),
                        |(kind, life)| server.put(IDS[id], ["cat", "dog", "dragon"][kind], life),
                    )
                });
                server.commit(operations.collect()).await;
            }
            Step::Join(which) => {
                let follower = server.follower(nth + 1, CONDITIONS[*which]).await;
                followers.push((*which, follower));
            }
            Step::Follow(which) => {
                server.settle().await;
                let which = which % followers.len();
                let (conditions, follower) = &mut followers[which];
                follower.follow().await;
                let truth = server.truth(CONDITIONS[*conditions]).await;
                assert_eq!(follower.replica, truth);
            }
        }
    }
    server.settle().await;
    for (conditions, follower) in &mut followers {
        follower.follow().await;
        assert_eq!(
            follower.replica,
            server.truth(CONDITIONS[*conditions]).await
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn slow_subscriber_converges_to_the_stored_records(
        steps in steps(),
        fold_after in 1..6_usize,
        room in prop_oneof![Just(1_usize), Just(3_000), Just(100_000)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime without I/O").block_on(run(&steps, fold_after, room));
    }
}
