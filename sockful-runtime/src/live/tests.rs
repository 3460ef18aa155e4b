mod follower;

use super::query_group::NextEvents;
use crate::core::config::Config;
use crate::core::error::ErrorKind;
use crate::store::commit::{Expect, Operation};
use follower::Server;
use proptest::prelude::*;
use std::collections::BTreeMap;

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
async fn as_many_commits_as_may_be_are_told_one_by_one_and_more_as_one() {
    let server = Server::start(|config| config.live.fold_after = 3).await;
    let mut follower = server.follower(1, "{}").await;
    for (writes, told) in [(3, 3), (4, 1)] {
        for life in 0..writes {
            server.commit(vec![server.put("bob", "cat", life)]).await;
        }
        server.settle().await;
        follower.follow().await;
        let last = follower.frames.last().expect("something is told").1.clone();
        assert_eq!(last["record"]["life"], writes - 1);
        assert_eq!(last.get("folded").is_some(), told == 1, "{last}");
        assert_eq!(follower.events().len(), told);
    }
}

#[tokio::test]
async fn what_came_and_went_while_nobody_looked_is_not_told() {
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

    // It left its conditions, and was destroyed: it does not live on.
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
async fn declared_events_are_told_of_records_that_are_in() {
    let server = Server::start(|_| {}).await;
    server.commit(vec![server.put("bob", "cat", 1)]).await;
    let mut follower = server.follower(1, r#"{"kind":"cat"}"#).await;
    // It comes in, or leaves, with the commit that tells of it.
    server
        .commit(vec![roar("eve"), server.put("eve", "cat", 1)])
        .await;
    server
        .commit(vec![roar("eve"), server.put("eve", "dog", 1)])
        .await;
    // It roars for the last time.
    server
        .commit(vec![roar("eve"), roar("bob"), delete("bob")])
        .await;
    server.commit(vec![roar("bob")]).await;
    server.settle().await;
    follower.follow().await;
    let told = std::mem::take(&mut follower.frames);
    let told: Vec<_> = told
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
    assert_eq!(told, expected);
}

#[tokio::test]
async fn declared_events_that_are_left_out_are_counted() {
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
        let (event, payload) = follower.frames.pop().expect("something is told");
        assert_eq!(event, if with_change { "updated" } else { "records" });
        assert_eq!(payload["dropped"], 6, "{payload}");
        assert_eq!(payload["folded"], true, "{payload}");
        assert_eq!(follower.events(), [""; 0]);
    }
}

/// What a subscriber is told who reads nothing while a record changes a hundred times.
async fn told_after_a_hundred_commits(configure: impl FnOnce(&mut Config)) -> Vec<String> {
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
async fn where_the_log_does_not_reach_back_it_begins_anew() {
    let told = told_after_a_hundred_commits(|config| config.store.log_capacity = 2_000);
    assert_eq!(told.await, ["reset"]);
}

#[tokio::test]
async fn where_more_was_missed_than_is_looked_through_it_begins_anew() {
    let told = told_after_a_hundred_commits(|config| config.live.max_replayed = 90);
    assert_eq!(told.await, ["reset"]);
    let told = told_after_a_hundred_commits(|config| config.live.max_replayed = 110);
    assert_eq!(told.await, ["created"]);
}

#[tokio::test]
async fn where_nothing_is_folded_who_comes_behind_is_behind_still_when_more_happens() {
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
async fn a_change_is_tried_on_those_only_whom_it_may_concern() {
    let server = Server::start(|config| config.live.max_scanned_groups = 2).await;
    let mut handles = Vec::new();
    for n in 0..50 {
        let conditions = format!(r#"{{"kind":"kind {n}"}}"#);
        handles.push(
            server
                .join(&conditions)
                .await
                .expect("it is found by its value"),
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
    // Equal conditions are tried once.
    let another = server.join(r#"{"life":{"$gt":2}}"#).await;
    handles.push(another.expect("it is one of the two"));
    drop(handles.drain(50..));
    let conditions = r#"{"life":{"$gt":3}}"#;
    handles.push(server.join(conditions).await.expect("there is room again"));
    handles.clear();
    assert!(server.broker.state().groups.is_empty());
}

#[tokio::test]
async fn the_log_is_read_while_somebody_wants_to_know_and_no_longer() {
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
fn another_runtime_reads_on_where_one_is_gone() {
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

/// What a history does next.
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
    fn whoever_follows_now_and_then_comes_to_see_the_truth(
        steps in steps(),
        fold_after in 1..6_usize,
        room in prop_oneof![Just(1_usize), Just(3_000), Just(100_000)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime without I/O").block_on(run(&steps, fold_after, room));
    }
}
