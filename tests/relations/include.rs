//! Related records included with `$with`.

use super::children::{ids, two_albums};
use serde_json::{Value, json};

#[tokio::test]
pub(crate) async fn related_records_are_included_on_both_sides() {
    let (_server, mut client) = two_albums().await;
    let album = client
        .ok(
            "album",
            "get",
            json!({"id": "kob", "$with": ["songs", "artist"]}),
        )
        .await;
    assert_eq!(ids(&album["songs"]), ["all-blues", "so-what"]);
    assert_eq!(album["artist"], Value::Null);
    let all = client
        .ok(
            "album",
            "all",
            json!({"$with": ["songs.album"], "$select": ["id"]}),
        )
        .await;
    assert_eq!(all[0], json!({"id": "amiga", "songs": []}));
    assert_eq!(all[1]["songs"][1]["album"]["title"], "Kind of Blue");
    let song = json!({"id": ["so-what", "unknown"], "$with": ["album"]});
    let songs = client.ok("song", "get", song).await;
    assert_eq!(
        (&songs[0]["album"]["id"], &songs[1]),
        (&json!("kob"), &Value::Null)
    );
    let through = json!({"album_id": "kob", "id": "so-what", "$with": ["album"]});
    assert_eq!(
        client.ok("album", "getSong", through).await["album"]["id"],
        "kob"
    );
    let parent = json!({"id": "so-what", "$with": ["songs"]});
    assert_eq!(
        ids(&client.ok("song", "album", parent).await["songs"]),
        ["all-blues", "so-what"]
    );
}

#[tokio::test]
pub(crate) async fn truncated_included_list_has_a_cursor() {
    let (_server, mut client) = two_albums().await;
    for n in 0..3 {
        let song = json!({"album_id": "kob", "id": format!("z{n}"), "title": "t"});
        client.ok("album", "createSong", song).await;
    }
    let reply = client
        .reply("album", "all", json!({"$with": ["songs"]}))
        .await;
    assert_eq!(
        ids(&reply["ok"][1]["songs"]),
        ["all-blues", "so-what", "z0"]
    );
    let cut = &reply["cut"]["songs"];
    assert_eq!(cut.as_object().expect("by id").len(), 1);
    let rest = json!({"album_id": "kob", "$after": cut["kob"]});
    assert_eq!(ids(&client.ok("album", "songs", rest).await), ["z1", "z2"]);
}

#[tokio::test]
pub(crate) async fn invalid_include_is_rejected_with_its_path() {
    let (_server, mut client) = two_albums().await;
    for (with, path, message) in [
        (
            json!(["song"]),
            "$with[0]",
            "`album` has no relation `song`; did you mean `songs`?",
        ),
        (
            json!(["songs.unknown"]),
            "$with[0]",
            "`song` has no relation `unknown`",
        ),
        (
            json!([]),
            "$with",
            "`$with` is empty; omit it to include nothing",
        ),
        (
            json!("songs"),
            "$with",
            "`$with` must be a list of relation names, such as [\"songs\"]",
        ),
        (
            json!([7]),
            "$with[0]",
            "the name of a relation must be a string",
        ),
        (
            json!(["songs.album.songs.album"]),
            "$with[0]",
            "relations can be included at most 3 levels deep",
        ),
    ] {
        let error = client
            .err("album", "get", json!({"id": "kob", "$with": with}))
            .await;
        assert_eq!(error["code"], "invalid_query");
        assert_eq!(
            (&error["path"], &error["message"]),
            (&json!(path), &json!(message))
        );
    }
    assert_eq!(
        client
            .err("album", "count", json!({"$with": ["songs"]}))
            .await["code"],
        "invalid_query"
    );
}
