//! Children of destroyed parents: cascade, restrict and detach.

use super::children::{MUSIC, ids, music, two_albums};
use crate::support::TestServer;
use serde_json::{Value, json};
use sockful::Server;

#[tokio::test]
pub(crate) async fn destroy_cascades_over_any_depth_in_one_commit() {
    let (_server, mut client) = two_albums().await;
    client
        .ok("artist", "create", json!({"id": "miles", "name": "Miles"}))
        .await;
    client
        .ok(
            "album",
            "update",
            json!({"id": "kob", "artist_id": "miles"}),
        )
        .await;
    let before = client.head().await;
    let destroyed = client
        .reply("artist", "destroy", json!({"id": "miles"}))
        .await;
    assert_eq!(destroyed["seq"], before + 1);
    assert_eq!(ids(&client.ok("album", "all", json!({})).await), ["amiga"]);
    assert_eq!(client.ok("song", "count", json!({})).await, 0);
}

#[tokio::test]
pub(crate) async fn restrict_blocks_destroy_and_detach_allows_it() {
    let (_server, mut client) = music().await;
    for id in [1, 2] {
        client.ok("user", "create", json!({"id": id})).await;
    }
    let hello = json!({"sender_id": 1, "id": "hello", "receiver_id": 2});
    client.ok("user", "createSentMessage", hello).await;
    let error = client.err("user", "destroy", json!({"id": 1})).await;
    assert_eq!(error["code"], "conflict");
    client.ok("user", "destroy", json!({"id": 2})).await;
    let hello = client.ok("message", "get", json!({"id": "hello"})).await;
    assert_eq!(hello["receiver_id"], Value::Null);
    client
        .ok("message", "destroy", json!({"id": "hello"}))
        .await;
    client.ok("user", "destroy", json!({"id": 1})).await;
}

#[tokio::test]
pub(crate) async fn resource_can_be_its_own_parent() {
    let (_server, mut client) = music().await;
    client.ok("category", "create", json!({"id": "a"})).await;
    for (parent, id) in [("a", "b"), ("b", "c")] {
        client
            .ok(
                "category",
                "createCategory",
                json!({"parent_id": parent, "id": id}),
            )
            .await;
    }
    let children = client
        .ok("category", "categories", json!({"parent_id": "a"}))
        .await;
    assert_eq!(ids(&children), ["b"]);
    assert_eq!(
        client.ok("category", "parent", json!({"id": "c"})).await["id"],
        "b"
    );
    // A cycle is destroyed as a whole.
    client
        .ok("category", "update", json!({"id": "a", "parent_id": "c"}))
        .await;
    client.ok("category", "destroy", json!({"id": "b"})).await;
    assert_eq!(client.ok("category", "count", json!({})).await, 0);
}

#[tokio::test]
pub(crate) async fn destroy_beyond_max_cascade_is_rejected() {
    let server = Server::new(MUSIC).config({
        let mut config = sockful::Config::default();
        config.request.max_cascade = 3;
        config
    });
    let server = TestServer::serve(server).await;
    let mut client = server.client().await;
    client
        .ok("album", "create", json!({"id": "kob", "title": "t"}))
        .await;
    for n in 0..3 {
        let song = json!({"album_id": "kob", "id": n.to_string(), "title": "t"});
        client.ok("album", "createSong", song).await;
    }
    let error = client.err("album", "destroy", json!({"id": "kob"})).await;
    assert_eq!(
        (&error["code"], &error["limit"]),
        (
            &json!("too_many"),
            &json!({"name": "max_cascade", "value": 3})
        )
    );
    client.ok("song", "destroy", json!({"id": "0"})).await;
    client.ok("album", "destroy", json!({"id": "kob"})).await;
    assert_eq!(client.ok("song", "count", json!({})).await, 0);
}
