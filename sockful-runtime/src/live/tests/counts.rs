//! Live counts: the number of matching records.

use super::delete;
use super::follower::Server;

const CATS: &str = r#"{"kind":"cat","$count":true}"#;

#[tokio::test]
async fn count_is_sent_when_it_changes() {
    let server = Server::start(|_| {}).await;
    server.commit(vec![server.put("bob", "cat", 1)]).await;
    let mut follower = server.follower(1, CATS).await;
    assert_eq!(follower.count, Some(1));
    for (operations, counts) in [
        (vec![server.put("eve", "cat", 1)], &[2][..]),
        (vec![server.put("eve", "cat", 2)], &[]),
        (vec![server.put("kim", "dog", 2)], &[]),
        (vec![server.put("eve", "dog", 2)], &[1]),
        (vec![delete("bob"), server.put("zoe", "cat", 2)], &[]),
        (vec![delete("zoe")], &[0]),
    ] {
        server.commit(operations).await;
        server.settle().await;
        follower.follow().await;
        let frames = std::mem::take(&mut follower.frames);
        let seen = frames.iter().map(|(event, payload)| {
            assert_eq!(event, "counted");
            payload["count"].as_u64().expect("a number")
        });
        assert_eq!(seen.collect::<Vec<_>>(), counts);
    }
}

#[tokio::test]
async fn missed_counts_are_sent_as_one() {
    let server = Server::start(|config| config.live.fold_after = 2).await;
    let mut follower = server.follower(1, CATS).await;
    for life in 0..9 {
        server
            .commit(vec![server.put(&life.to_string(), "cat", life)])
            .await;
    }
    server.settle().await;
    follower.follow().await;
    assert_eq!(
        (follower.events(), follower.count),
        (vec!["counted".to_owned()], Some(9))
    );
    assert_eq!(server.log(0).await.len(), 9);
}

#[tokio::test]
async fn count_is_read_again_after_missing_commits() {
    let server = Server::start(|_| {}).await;
    let mut follower = server.follower(1, CATS).await;
    server.commit(vec![server.put("bob", "cat", 1)]).await;
    server.settle().await;
    let mut wakers = Vec::new();
    server
        .broker
        .state()
        .groups
        .set_all_behind(u64::MAX, 256, &mut wakers);
    server.commit(vec![server.put("eve", "cat", 1)]).await;
    server.settle().await;
    follower.follow().await;
    assert_eq!(follower.count, Some(2));
    server.commit(vec![delete("eve")]).await;
    server.settle().await;
    follower.follow().await;
    assert_eq!(follower.count, Some(1));
}
