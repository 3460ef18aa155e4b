//! Many at once on one parent.

use super::{ids, music};
use crate::support::Running;
use serde_json::{Value, json};
use tokio::task::JoinSet;

const CONNECTIONS: usize = 8;

/// Sends the requests that `make` makes for each connection, all in one go; gives all replies.
async fn from_all_sides(server: &Running, make: impl Fn(usize) -> Vec<Value>) -> Vec<Value> {
    let mut clients = JoinSet::new();
    for nth in 0..CONNECTIONS {
        let mut client = server.client().await;
        let frames = make(nth);
        clients.spawn(async move {
            let count = frames.len();
            client.send_all(frames).await;
            let mut replies = Vec::new();
            for _ in 0..count {
                replies.push(client.recv().await[2].clone());
            }
            replies
        });
    }
    clients.join_all().await.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_hundred_children_that_are_created_at_once_are_five_hundred() {
    let (server, mut client) = music().await;
    client
        .ok("album", "create", json!({"id": "kob", "title": "t"}))
        .await;
    let song = |_| json!(["album", "createSong", {"album_id": "kob", "title": "t"}, 1]);
    let replies = from_all_sides(&server, |nth| {
        let count = 500 / CONNECTIONS + usize::from(nth < 500 % CONNECTIONS);
        (0..count).map(song).collect()
    });
    let replies = replies.await;
    assert_eq!(replies.len(), 500);
    assert!(replies.iter().all(|reply| reply["ok"]["album_id"] == "kob"));
    let mut seqs: Vec<_> = replies.iter().map(|reply| reply["seq"].as_u64()).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (2..502).map(Some).collect::<Vec<_>>());
    assert_eq!(
        client.ok("song", "count", json!({"album_id": "kob"})).await,
        500
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_parent_that_is_destroyed_while_children_are_created_leaves_no_orphan() {
    let (server, mut client) = music().await;
    for _ in 0..30 {
        client
            .ok("album", "save", json!({"id": "kob", "title": "t"}))
            .await;
        let replies = from_all_sides(&server, |nth| {
            let song = json!(["album", "createSong", {"album_id": "kob", "title": "t"}, 1]);
            let mut frames = vec![song; 20];
            if nth == 0 {
                frames[10] = json!(["album", "destroy", {"id": "kob"}, 1]);
            }
            frames
        });
        for reply in replies.await {
            let code = reply["err"]["code"].as_str();
            assert!(matches!(code, None | Some("not_found")), "{reply}");
        }
        assert_eq!(ids(&client.ok("album", "all", json!({})).await), [""; 0]);
        assert_eq!(client.ok("song", "count", json!({})).await, 0);
    }
}
