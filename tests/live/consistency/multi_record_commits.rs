//! Commits that change more than one record.

use super::*;

async fn with_albums() -> (Arc<RecordingServer>, Client) {
    let (server, mut writer) = start().await;
    for album in ["kob", "ms"] {
        writer.ok("album", "create", json!({"id": album})).await;
        for nth in 0..3 {
            let song = json!({"id": format!("{album}-{nth}"), "album_id": album});
            writer.ok("song", "create", song).await;
            let review = json!({"id": format!("{album}-{nth}"), "album_id": album});
            writer.ok("review", "create", review).await;
        }
    }
    (server, writer)
}

#[tokio::test]
async fn commit_is_delivered_as_one_to_each_query() {
    let (server, mut writer) = start().await;
    let queries = [creatures(json!({})), creatures(json!({"life": {"$gt": 5}}))];
    let mut subscriber = Subscriber::of(&server, queries).await;
    let write =
        |action: &str, id: &str, life: i64| json!(["creature", action, {"id": id, "life": life}]);
    for batch in [
        json!([
            write("create", "bob", 6),
            write("create", "eve", 1),
            write("create", "kim", 7)
        ]),
        json!([
            write("update", "bob", 7),
            write("save", "eve", 8),
            write("update", "kim", 2)
        ]),
        json!([write("create", "tom", 1), ["album", "create", {"id": "kob"}], ["creature", "destroy", {"id": "bob"}]]),
        json!([["album", "create", {"id": "ms"}], ["creature", "feed", {"id": "kim"}]]),
    ] {
        writer.reply("sockful", "commit", batch).await;
    }
    subscriber.conclude().await;
}

#[tokio::test]
async fn records_written_by_a_hook_are_delivered() {
    let (server, mut writer) = with_albums().await;
    let queries = [albums(json!({})), songs(json!({"album_id": "kob"}))];
    let mut subscriber = Subscriber::of(&server, queries).await;
    let blue = json!({"id": "blue", "album_id": "kob"});
    writer.ok("album", "createSong", blue).await;
    let mut events = subscriber.received().await;
    events.sort();
    assert_eq!(events, ["created blue", "updated kob"]);
    subscriber.conclude().await;
}

#[tokio::test]
async fn writes_of_a_method_are_delivered_as_one_commit() {
    let (server, mut writer) = with_albums().await;
    let mut subscriber = Subscriber::of(&server, [songs_of("kob"), songs_of("ms")]).await;
    writer.ok("song", "playAll", json!({"album": "kob"})).await;
    let events = subscriber.received().await;
    assert_eq!(events, ["updated kob-0", "updated kob-1", "updated kob-2"]);
    subscriber.conclude().await;
}

#[tokio::test]
async fn cascade_is_delivered_in_the_commit_of_the_parent() {
    let (server, mut writer) = with_albums().await;
    let queries = [
        albums(json!({})),
        songs_of("kob"),
        songs_of("ms"),
        songs(json!({})),
    ];
    let mut subscriber = Subscriber::of(&server, queries).await;
    writer.ok("album", "destroy", json!({"id": "kob"})).await;
    let events = subscriber.received().await;
    assert_eq!(events.len(), 1 + 3 + 3, "{events:?}");
    assert!(
        events.iter().all(|it| it.starts_with("destroyed kob")),
        "{events:?}"
    );
    subscriber.conclude().await;
}

#[tokio::test]
async fn detached_children_leave_and_enter_queries() {
    let (server, mut writer) = with_albums().await;
    let reviews_of = |album: Value| reviews(json!({"album_id": album}));
    let mut subscriber =
        Subscriber::of(&server, [reviews_of(json!("kob")), reviews_of(json!(null))]).await;
    writer.ok("album", "destroy", json!({"id": "kob"})).await;
    let events = subscriber.received().await;
    let count = |kind: &str| events.iter().filter(|it| it.starts_with(kind)).count();
    assert_eq!((count("left"), count("created"), events.len()), (3, 3, 6));
    subscriber.conclude().await;
}

#[tokio::test]
async fn moved_child_leaves_one_parent_and_enters_another() {
    let (server, mut writer) = with_albums().await;
    let mut subscriber = Subscriber::of(&server, [songs_of("kob"), songs_of("ms")]).await;
    let moved = json!({"id": "kob-1", "album_id": "ms"});
    writer.ok("song", "update", moved).await;
    let mut events = subscriber.received().await;
    events.sort();
    assert_eq!(events, ["created kob-1", "left kob-1"]);
    subscriber.conclude().await;
}

#[tokio::test]
async fn events_of_a_commit_come_with_its_changes() {
    let (server, mut writer) = start().await;
    writer.ok("creature", "create", json!({"id": "bob"})).await;
    let queries = [
        creatures(json!({"id": "bob"})),
        creatures(json!({"life": {"$lt": 5}})),
    ];
    let mut subscriber = Subscriber::of(&server, queries).await;
    let roar = json!({"id": "bob", "loudness": 3});
    writer.ok("creature", "roar", roar).await;
    writer.ok("creature", "stir", json!({"id": "bob"})).await;
    writer.ok("creature", "destroy", json!({"id": "bob"})).await;
    let mut events = subscriber.received().await;
    // The order of broadcast events, which are not logged, is not defined.
    events.retain(|it| it != "stirred bob");
    assert_eq!(events, ["roared bob", "roared bob", "destroyed bob"]);
    subscriber.conclude().await;
}
