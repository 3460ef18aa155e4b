//! Folding of many commits into one: conditions and content.

use super::*;

const FOLD_AFTER: usize = 8;

/// Disconnects a subscriber, does the writes and resumes. Returns the subscriber and the frames that it receives.
async fn after_resume(query: LiveQuery, writes: &[(&str, Value)]) -> (Subscriber, Vec<Value>) {
    // Commits that are read from the log produce the same frames as commits in the ring.
    let mut runs = Vec::new();
    for ring_capacity in [1, 1 << 20] {
        let (server, mut client) = start_with(|config| {
            config.live.fold_after = FOLD_AFTER;
            config.live.ring_capacity = ring_capacity;
        })
        .await;
        for id in ["bob", "eve"] {
            client.ok("creature", "create", json!({"id": id})).await;
        }
        let mut subscriber = Subscriber::of(&server, [query.clone()]).await;
        subscriber.cut();
        // Another subscriber keeps the broker running meanwhile.
        let other = Subscriber::of(&server, [creatures(json!({"id": "unknown"}))]).await;
        for (action, payload) in writes {
            client.ok("creature", action, payload.clone()).await;
        }
        subscriber.begin().await;
        let mut frames = subscriber.read_up_to(server.head().await).await;
        subscriber.conclude().await;
        drop(other);
        // Each server signs positions with its own secret.
        for payload in frames
            .iter_mut()
            .filter_map(|frame| frame[2].as_object_mut())
        {
            payload.remove("at");
        }
        runs.push((subscriber, frames));
    }
    let last = runs.pop().expect("two runs");
    assert_eq!(runs[0].1, last.1);
    last
}

fn fed(times: usize) -> Vec<(&'static str, Value)> {
    vec![("feed", json!({"id": "bob"})); times]
}

#[tokio::test]
async fn commits_up_to_fold_after_are_sent_one_by_one() {
    let bob = || creatures(json!({"id": "bob"}));
    let (_, frames) = after_resume(bob(), &fed(FOLD_AFTER)).await;
    assert_eq!(frames.len(), FOLD_AFTER);
    assert!(frames.iter().all(|it| it[2].get("folded").is_none()));
    let (_, frames) = after_resume(bob(), &fed(FOLD_AFTER + 1)).await;
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0][2]["folded"], true);
}

#[tokio::test]
async fn unrelated_commits_do_not_count_for_folding() {
    let mut writes = fed(FOLD_AFTER);
    for _ in 0..3 * FOLD_AFTER {
        writes.insert(3, ("feed", json!({"id": "eve"})));
    }
    let (_, frames) = after_resume(creatures(json!({"id": "bob"})), &writes).await;
    assert_eq!(frames.len(), FOLD_AFTER);
}

#[tokio::test]
async fn folded_events_are_the_net_change_per_record() {
    let on = |action, id: &str| (action, json!({"id": id}));
    let mut writes = fed(FOLD_AFTER);
    // A record that was destroyed and created again is updated. One that was created and destroyed sends nothing.
    writes.extend([
        on("destroy", "bob"),
        on("create", "bob"),
        on("create", "kim"),
        on("destroy", "kim"),
        ("update", json!({"id": "eve", "kind": "cat"})),
        on("create", "zoe"),
    ]);
    let (_, frames) = after_resume(creatures(json!({"kind": "dragon"})), &writes).await;
    let mut short: Vec<_> = frames
        .iter()
        .map(|it| {
            (
                it[1].to_string(),
                it[2]["id"].to_string(),
                it[2]["left"] == true,
            )
        })
        .collect();
    short.sort();
    let expected = [
        ("created", "zoe", false),
        ("destroyed", "eve", true),
        ("updated", "bob", false),
    ];
    let quoted = expected.map(|(name, id, left)| (format!("{name:?}"), format!("{id:?}"), left));
    assert_eq!(short, quoted);
}

#[tokio::test]
async fn dropped_events_are_counted_when_folding() {
    let roar = |id: &str| ("roar", json!({"id": id, "loudness": 1}));
    let mut writes = fed(FOLD_AFTER);
    writes.extend([roar("bob"), roar("eve"), roar("bob")]);
    let (_, frames) = after_resume(creatures(json!({"id": "bob"})), &writes).await;
    assert_eq!(frames.len(), 1);
    assert_eq!(
        (&frames[0][1], &frames[0][2]["dropped"]),
        (&json!("updated"), &json!(2))
    );
}

#[tokio::test]
async fn fold_of_events_only_reports_the_dropped_count() {
    let writes = vec![("roar", json!({"id": "bob", "loudness": 1})); FOLD_AFTER + 1];
    let (_, frames) = after_resume(creatures(json!({"id": "bob"})), &writes).await;
    let nothing = json!({"records": [], "seq": 11, "folded": true, "dropped": 9});
    assert_eq!(frames, [json!(["creature", "records", nothing, 0])]);
    let (_, frames) = after_resume(creatures(json!({"id": "bob"})), &writes[1..]).await;
    assert_eq!(frames.len(), FOLD_AFTER);
}

#[tokio::test]
async fn folded_create_and_destroy_sends_no_record() {
    let mut writes = Vec::new();
    for _ in 0..FOLD_AFTER {
        writes.extend(["create", "destroy"].map(|action| (action, json!({"id": "kim"}))));
    }
    let (subscriber, frames) = after_resume(creatures(json!({"id": "kim"})), &writes).await;
    assert!(frames.len() <= 1, "{frames:?}");
    assert_eq!(subscriber.subscriptions[0].replica.len(), 0);
}
