//! Subscriptions to child lists.

use super::{frames_up_to_head, start};
use serde_json::{Value, json};

#[tokio::test]
async fn child_subscription_follows_moves_and_destroys() {
    let server = start().await;
    let (mut client, mut writer) = (server.client().await, server.client().await);
    for album in ["kob", "ms"] {
        writer.ok("album", "create", json!({"id": album})).await;
    }
    let song = |id: &str, album: &str| json!({"id": id, "album_id": album});
    writer.ok("song", "create", song("so-what", "kob")).await;
    let subscribe = json!(["album", "subscribeSongs", {"album_id": "kob"}, 7]);
    let reply = client.ask(subscribe).await;
    assert_eq!(reply[2]["ok"]["records"][0]["id"], "so-what");
    for (resource, action, payload, expected) in [
        (
            "album",
            "createSong",
            song("blue", "kob"),
            json!([["created", "blue", null]]),
        ),
        ("album", "createSong", song("miles", "ms"), json!([])),
        (
            "song",
            "update",
            json!({"id": "blue", "playing": true}),
            json!([["updated", "blue", null]]),
        ),
        (
            "song",
            "update",
            song("blue", "ms"),
            json!([["destroyed", "blue", true]]),
        ),
        (
            "song",
            "update",
            song("miles", "kob"),
            json!([["created", "miles", null]]),
        ),
        (
            "album",
            "destroy",
            json!({"id": "kob"}),
            json!([["destroyed", "miles", null], ["destroyed", "so-what", null]]),
        ),
    ] {
        writer.ok(resource, action, payload).await;
        let frames = frames_up_to_head(&mut client).await;
        let short = |it: &Value| json!([it[1], it[2]["id"], it[2]["left"]]);
        let mut short: Vec<_> = frames.iter().map(short).collect();
        short.sort_by_key(ToString::to_string);
        assert_eq!(Value::from(short), expected);
        assert!(
            frames.iter().all(|it| it[0] == "song" && it[3] == 7),
            "{frames:?}"
        );
    }
}

#[tokio::test]
async fn child_subscription_requires_an_existing_parent() {
    let server = start().await;
    let mut client = server.client().await;
    let code = client
        .code("album", "subscribeSongs", json!({"album_id": "kob"}))
        .await;
    assert_eq!(code, "not_found");
    assert_eq!(
        client.code("album", "subscribeSongs", json!({})).await,
        "invalid"
    );
    client.ok("album", "create", json!({"id": "kob"})).await;
    let only = json!({"album_id": "kob", "playing": true});
    let subscribe = json!(["album", "subscribeSongs", only, "live"]);
    assert_eq!(client.ask(subscribe).await[2]["ok"]["records"], json!([]));
    for playing in [false, true] {
        let song = json!({"id": format!("{playing}"), "album_id": "kob", "playing": playing});
        client.ok("song", "create", song).await;
    }
    let frames = frames_up_to_head(&mut client).await;
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0][2]["id"], "true");
    // The resource of the subscribe action and that of the records can both end the subscription.
    for resource in ["album", "song"] {
        let end = json!({"subscription": "live"});
        assert_eq!(client.ok(resource, "unsubscribe", end).await, Value::Null);
        let subscribe = json!(["album", "subscribeSongs", {"album_id": "kob"}, "live"]);
        client.ask(subscribe).await;
    }
}
