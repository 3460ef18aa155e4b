//! Validity of resume tokens.

use super::*;

/// Subscribes after commit 2 with the resume token of another subscription. Returns whether it is resumed.
async fn is_resumed(client: &mut Client, frame: (&str, &str, Value), token_reply: &Value) -> bool {
    let (resource, action, mut payload) = frame;
    payload["$from"] = json!({"resume": token_reply["resume"], "seq": 2, "at": token_reply["at"]});
    let reply = client
        .ask(json!([resource, action, payload, "again"]))
        .await;
    let end = json!({"subscription": "again"});
    client.ok(resource, "unsubscribe", end).await;
    let resumed = &reply[2]["ok"]["resumed"];
    let records = &reply[2]["ok"]["records"];
    assert_ne!(resumed.is_null(), records.is_null(), "{reply}");
    resumed == true
}

#[tokio::test]
async fn resume_token_is_valid_for_its_own_route_only() {
    let (server, mut writer) = start().await;
    for album in ["kob", "ms"] {
        writer.ok("album", "create", json!({"id": album})).await;
    }
    let all = || json!({});
    let of = |album: &str| json!({"album_id": album});
    let routes = [
        ("creature", "subscribe", all()),
        ("album", "subscribe", all()),
        ("song", "subscribe", all()),
        ("album", "subscribeSongs", of("kob")),
        ("album", "subscribeSongs", of("ms")),
    ];
    let mut client = server.client().await;
    for (nth, (resource, action, payload)) in routes.iter().enumerate() {
        let reply = client.ask(json!([resource, action, payload, nth])).await;
        let token_reply = &reply[2];
        for (other, route) in routes.iter().enumerate() {
            let is_same = other == nth;
            let resumed = is_resumed(&mut client, route.clone(), token_reply).await;
            assert_eq!(resumed, is_same, "{nth} {other}");
        }
    }
}

#[tokio::test]
async fn resume_token_is_reusable_on_any_connection() {
    let (server, mut writer) = start().await;
    let mut subscriber = Subscriber::of(&server, [creatures(json!({"kind": "dragon"}))]).await;
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    subscriber.conclude().await;
    for _ in 0..3 {
        subscriber.cut();
        feed(&mut writer, "bob", 2).await;
        subscriber.begin().await;
    }
    let counts = subscriber.conclude().await[0];
    assert_eq!(
        (counts.resumed, counts.initial_results, counts.commits),
        (3, 1, 7)
    );
}
