//! `sockful.commit`: several writes in one commit.

use crate::relations::children::music;
use serde_json::{Value, json};

#[tokio::test]
pub(crate) async fn batch_is_one_commit_with_results_in_order() {
    let (_server, mut client) = music().await;
    let writes = json!([
        ["album", "create", {"id": "kob", "title": "Kind of Blue"}],
        ["album", "createSong", {"album_id": "kob", "id": "so-what", "title": "So What"}],
        ["song", "update", {"id": "so-what", "playing": true}],
    ]);
    let reply = client.reply("sockful", "commit", writes).await;
    assert_eq!(reply["seq"], 1);
    assert_eq!(reply["ok"][0]["title"], "Kind of Blue");
    let song = json!({"id": "so-what", "album_id": "kob", "title": "So What", "playing": true});
    assert_eq!(reply["ok"][2], song);
    let gone = json!([["song", "destroy", {"id": "so-what"}], ["album", "destroy", {"id": "kob"}]]);
    let reply = client.reply("sockful", "commit", gone).await;
    assert_eq!((&reply["seq"], &reply["ok"][0]), (&json!(2), &song));
    assert_eq!(client.ok("album", "count", json!({})).await, 0);
}

#[tokio::test]
pub(crate) async fn rejected_write_undoes_the_whole_batch() {
    let (_server, mut client) = music().await;
    for (second, code, path) in [
        (json!(["album", "update", {"id": "x"}]), "not_found", "[1]"),
        (
            json!(["album", "create", {"id": "a", "title": "t"}]),
            "conflict",
            "[1]",
        ),
        (json!(["album", "crate", {}]), "unknown_action", "[1]"),
        (json!(["albun", "create", {}]), "unknown_resource", "[1]"),
    ] {
        let writes = json!([["album", "create", {"id": "a", "title": "t"}], second]);
        let error = client.err("sockful", "commit", writes).await;
        assert_eq!(
            (&error["code"], &error["path"]),
            (&json!(code), &json!(path))
        );
    }
    assert_eq!(client.head().await, 0);
}

#[tokio::test]
pub(crate) async fn batch_fault_has_the_position_of_its_write() {
    let (_server, mut client) = music().await;
    let fault = async |client: &mut crate::support::Client, writes: Value| {
        let error = client.err("sockful", "commit", writes).await;
        assert_eq!(error["code"], "invalid", "{error}");
        error["fields"][0].clone()
    };
    for (writes, path, rule) in [
        (
            json!([["album", "create", {"id": "a"}]]),
            "[0].title",
            "required",
        ),
        (json!([["song", "get", {"id": "a"}]]), "[0][1]", "action"),
        (json!([["song"]]), "[0]", "type"),
        (json!([{}]), "[0]", "type"),
        (json!([["song", 7, {}]]), "[0]", "type"),
        (json!({"writes": []}), "", "type"),
        (Value::Null, "", "type"),
    ] {
        let fault = fault(&mut client, writes).await;
        assert_eq!(
            (&fault["path"], &fault["rule"]),
            (&json!(path), &json!(rule))
        );
    }
}

#[tokio::test]
pub(crate) async fn batch_has_at_most_100_writes() {
    let (_server, mut client) = music().await;
    let user = |id| json!(["user", "create", {"id": id}]);
    let all: Vec<_> = (0..101).map(user).collect();
    let error = client.err("sockful", "commit", all.clone().into()).await;
    let limit = json!({"name": "max_writes", "value": 100});
    assert_eq!(
        (&error["code"], &error["limit"]),
        (&json!("too_many"), &limit)
    );
    let reply = client.reply("sockful", "commit", all[..100].into()).await;
    assert_eq!(
        (&reply["seq"], &reply["ok"][99]["id"]),
        (&json!(1), &json!(99))
    );
    assert_eq!(
        client.reply("sockful", "commit", json!([])).await,
        json!({"ok": []})
    );
}

#[tokio::test]
pub(crate) async fn record_created_and_destroyed_makes_no_commit() {
    let (_server, mut client) = music().await;
    let writes = json!([["user", "create", {"id": 1}], ["user", "destroy", {"id": 1}]]);
    let reply = client.reply("sockful", "commit", writes).await;
    assert_eq!(reply["ok"], json!([{"id": 1}, {"id": 1}]));
    assert_eq!(client.head().await, 0);
}

#[tokio::test]
pub(crate) async fn batch_runs_after_earlier_requests() {
    let (_server, mut client) = music().await;
    let mut frames = Vec::new();
    for n in 0..50 {
        let user = json!({"id": n});
        frames.push(json!(["user", "create", user, n]));
        frames.push(json!([
            "sockful",
            "commit",
            [["user", "destroy", user]],
            format!("c{n}")
        ]));
    }
    client.send_all(frames).await;
    for _ in 0..100 {
        let reply = client.recv().await;
        assert!(reply[2].get("ok").is_some(), "{reply}");
    }
}
