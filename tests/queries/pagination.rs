//! Sort order, limits, cursors and selection of lists.

use super::filters_and_order::{four, ids};
use crate::support::TestServer;
use serde_json::json;

#[tokio::test]
pub(crate) async fn sort_keys_apply_in_the_order_written() {
    let (_server, mut client) = four().await;
    for (sort, expected) in [
        (r#"{"life":-1,"id":-1}"#, "bcad"),
        (r#"{"life":1,"kind":1}"#, "dcab"),
        (r#"{"kind":1,"life":1}"#, "cadb"),
        (r#"{"tame":1,"life":-1,"id":1}"#, "bcda"),
        (r#"{"id":-1,"life":1}"#, "dcba"),
    ] {
        // An object of serde_json would sort the keys.
        let reply = client
            .ask_text(&format!(r#"["creature","all",{{"$sort":{sort}}},1]"#))
            .await;
        assert_eq!(ids(&reply[2]["ok"]), expected, "{sort}");
    }
}

#[tokio::test]
pub(crate) async fn limit_and_skip_truncate_a_list() {
    let (_server, mut client) = four().await;
    for (query, expected) in [
        (json!({"$limit": 2}), "ab"),
        (json!({"$limit": 2, "$skip": 1}), "bc"),
        (json!({"$skip": 3}), "d"),
        (json!({"$skip": 10_000}), ""),
        (json!({"$limit": 0}), ""),
    ] {
        assert_eq!(
            ids(&client.ok("creature", "find", query.clone()).await),
            expected,
            "{query}"
        );
    }
}

#[tokio::test]
pub(crate) async fn truncated_list_has_a_cursor_and_complete_has_none() {
    let (_server, mut client) = four().await;
    for (query, cut) in [
        (json!({"$limit": 3}), true),
        (json!({"$limit": 4}), false),
        (json!({"$limit": 2, "life": 10}), false),
    ] {
        let reply = client.reply("creature", "find", query.clone()).await;
        assert_eq!(reply["next"].is_string(), cut, "{query}: {reply}");
    }
}

#[tokio::test]
pub(crate) async fn cursor_pages_return_each_record_once_in_any_order() {
    let (_server, mut client) = four().await;
    let sorts = [
        "{}",
        r#"{"life":1}"#,
        r#"{"life":-1}"#,
        r#"{"weight":1}"#,
        r#"{"weight":-1}"#,
        r#"{"mood":-1,"id":-1}"#,
        r#"{"tame":1,"life":-1,"kind":1}"#,
        r#"{"id":-1}"#,
    ];
    for sort in sorts {
        let whole = client
            .ask_text(&format!(r#"["creature","all",{{"$sort":{sort}}},1]"#))
            .await;
        let (mut seen, mut after) = (String::new(), String::new());
        loop {
            let page = format!(r#"["creature","all",{{"$sort":{sort},"$limit":1{after}}},1]"#);
            let page = client.ask_text(&page).await;
            seen += &ids(&page[2]["ok"]);
            match page[2]["next"].as_str() {
                Some(next) => after = format!(r#","$after":"{next}""#),
                None => break,
            }
        }
        assert_eq!(seen, ids(&whole[2]["ok"]), "{sort}");
    }
}

#[tokio::test]
pub(crate) async fn pages_are_stable_during_inserts_and_destroys() {
    let (_server, mut client) = four().await;
    let mut page = client
        .reply(
            "creature",
            "find",
            json!({"$sort": {"life": 1}, "$limit": 2}),
        )
        .await;
    assert_eq!(ids(&page["ok"]), "da");
    // Destroy the record of the cursor and create one before it.
    client.ok("creature", "destroy", json!({"id": "a"})).await;
    client
        .ok("creature", "create", json!({"id": "e", "life": -100}))
        .await;
    client
        .ok("creature", "create", json!({"id": "f", "life": 10}))
        .await;
    let query = json!({"$sort": {"life": 1}, "$after": page["next"].take()});
    assert_eq!(ids(&client.ok("creature", "find", query).await), "cfb");
}

#[tokio::test]
pub(crate) async fn invalid_or_foreign_cursor_is_rejected() {
    let (_server, mut client) = four().await;
    let next = client
        .reply(
            "creature",
            "find",
            json!({"$sort": {"life": 1}, "$limit": 1}),
        )
        .await["next"]
        .take();
    for query in [
        json!({"$after": next}),
        json!({"$sort": {"life": -1}, "$after": next}),
        json!({"$sort": {"life": 1}, "$after": "nonsense"}),
        json!({"$after": ""}),
        json!({"$after": "W10"}),
        json!({"$after": 7}),
        json!({"$after": null}),
    ] {
        let error = client.err("creature", "find", query.clone()).await;
        assert_eq!(
            (&error["code"], &error["path"]),
            (&json!("invalid_query"), &json!("$after")),
            "{query}: {error}"
        );
    }
}

#[tokio::test]
pub(crate) async fn select_returns_named_properties_in_order() {
    let (_server, mut client) = four().await;
    client
        .send_text(r#"["creature","find",{"id":"a","$select":["life","id"]},1]"#)
        .await;
    let message = client
        .next()
        .await
        .expect("a reply")
        .into_text()
        .expect("a text");
    assert_eq!(
        message.as_str(),
        r#"["creature","find",{"ok":[{"life":10,"id":"a"}],"seq":4},1]"#
    );
    assert_eq!(
        client
            .ok("creature", "get", json!({"id": "a", "$select": ["kind"]}))
            .await,
        json!({"kind": "dragon"})
    );
    let several = client
        .ok(
            "creature",
            "get",
            json!({"id": ["a", "z"], "$select": ["kind"]}),
        )
        .await;
    assert_eq!(several, json!([{"kind": "dragon"}, null]));
}

#[tokio::test]
pub(crate) async fn page_size_defaults_to_100_and_is_at_most_1000() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client
        .send_all((0..1100).map(|n| json!(["creature", "create", {"id": format!("{n:04}")}])))
        .await;
    let default = client.reply("creature", "all", json!({})).await;
    assert_eq!(
        (
            default["ok"].as_array().map(Vec::len),
            default["next"].is_string()
        ),
        (Some(100), true)
    );
    let most = client.ok("creature", "all", json!({"$limit": 1000})).await;
    assert_eq!(most.as_array().map(Vec::len), Some(1000));
    let error = client.err("creature", "all", json!({"$limit": 1001})).await;
    assert_eq!(
        (&error["code"], &error["path"]),
        (&json!("invalid_query"), &json!("$limit"))
    );
}

#[tokio::test]
pub(crate) async fn cursor_is_small_when_the_sorted_value_is_long() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    // The values compare equal in the prefix that is sorted by, so the id decides.
    let bio = format!("{}{}", "é".repeat(512), "x".repeat(20_000));
    for id in ["a", "b", "c"] {
        client
            .ok(
                "creature",
                "create",
                json!({"id": id, "bio": format!("{bio}{id}")}),
            )
            .await;
    }
    let (mut seen, mut query) = (Vec::new(), json!({"$sort": {"bio": -1}, "$limit": 1}));
    loop {
        let reply = client.reply("creature", "find", query.clone()).await;
        seen.push(reply["ok"][0]["id"].clone());
        let Some(next) = reply["next"].as_str() else {
            break;
        };
        assert!(next.len() < 2_000, "{}", next.len());
        query["$after"] = json!(next);
    }
    assert_eq!(seen, ["a", "b", "c"]);
}

#[tokio::test]
pub(crate) async fn resource_may_set_its_own_page_sizes() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for id in 1..=5 {
        client.ok("note", "create", json!({"id": id})).await;
    }
    let all = client.ok("note", "all", json!({})).await;
    assert_eq!(all.as_array().map(Vec::len), Some(2));
    let three = client.ok("note", "all", json!({"$limit": 3})).await;
    assert_eq!(three.as_array().map(Vec::len), Some(3));
    let code = client.code("note", "all", json!({"$limit": 4})).await;
    assert_eq!(code, "invalid_query");
}
