//! Paths and query parameters.

use super::{ask, response};
use crate::relations::children::music;
use crate::support::TestServer;
use crate::support::music_resources::MUSIC;
use crate::writes::create_and_get::{bob, with_bob};
use serde_json::json;
use sockful::Server;

#[tokio::test]
async fn id_in_url_is_percent_decoded() {
    let server = TestServer::start().await;
    for (id, encoded) in [
        ("a/b", "a%2Fb"),
        ("a b", "a%20b"),
        ("a+b", "a+b"),
        ("$count", "%24count"),
        ("🐉", "%F0%9F%90%89"),
        ("50%", "50%25"),
        ("?#&", "%3F%23%26"),
    ] {
        let created = ask(
            &server,
            "POST /api/creature",
            "",
            &json!({"id": id}).to_string(),
        )
        .await;
        assert_eq!(created.status, 201, "{created:?}");
        let (status, read) = response(&server, &format!("GET /api/creature/{encoded}"), "").await;
        assert_eq!((status, &read["ok"]["id"]), (200, &json!(id)), "{read}");
        // The `Location` header leads to the record.
        let location = created.header("location").expect("it was created");
        let (_, again) = response(&server, &format!("GET /api/{location}"), "").await;
        assert_eq!(again["ok"]["id"], id, "{location}");
    }
    assert_eq!(response(&server, "GET /api/creature/%ff", "").await.0, 400);
}

#[tokio::test]
async fn slash_at_the_end_changes_nothing() {
    let (server, _client) = with_bob().await;
    for (request, expected) in [
        ("GET /api/creature/", 200),
        ("GET /api/creature/bob/", 200),
        ("GET /api/creature/$count/", 200),
        ("POST /api/creature/bob/feed/", 200),
        ("GET /api/creature/bob//", 404),
        ("GET /api/creature//", 404),
        ("GET /api//creature", 404),
        ("POST /api/creature//feed", 404),
    ] {
        let answer = ask(&server, request, "", "").await;
        assert_eq!(answer.status, expected, "{request} {answer:?}");
    }
}

/// Resolves a relative address, as a browser does.
fn resolved(base: &str, relative: &str) -> String {
    let mut segments: Vec<&str> = base.split('/').collect();
    segments.pop();
    for segment in relative.split('/') {
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    segments.join("/")
}

#[tokio::test]
async fn whatever_creates_says_where() {
    let (server, _client) = music().await;
    for (path, body) in [
        ("/api/album", json!({"id": "a b", "title": "A"})),
        ("/api/album/", json!({"id": "b", "title": "A"})),
        ("/api/album/create", json!({"id": "c", "title": "A"})),
        ("/api/album/create/", json!({"id": "d", "title": "A"})),
        ("/api/album/b/songs", json!({"id": "e", "title": "A"})),
        ("/api/album/b/songs/", json!({"id": "f", "title": "A"})),
        (
            "/api/album/createSong",
            json!({"id": "g", "title": "A", "album_id": "b"}),
        ),
        (
            "/api/album/createSong/",
            json!({"id": "h", "title": "A", "album_id": "b"}),
        ),
    ] {
        let created = ask(&server, &format!("POST {path}"), "", &body.to_string()).await;
        assert_eq!(created.status, 201, "{path} {created:?}");
        let location = created.header("location").expect("a location");
        let address = resolved(path, location);
        let (status, read) = response(&server, &format!("GET {address}"), "").await;
        assert_eq!(
            (status, &read["ok"]["id"]),
            (200, &body["id"]),
            "{path} {location}"
        );
    }
}

#[tokio::test]
async fn ids_that_cannot_be_in_a_url_are_rejected() {
    let server = TestServer::start().await;
    for id in [".", ".."] {
        let body = json!({"id": id}).to_string();
        for request in [
            "POST /api/creature",
            "POST /api/creature/create",
            "POST /api/creature/save",
        ] {
            let (status, error) = response(&server, request, &body).await;
            let fault = &error["err"]["fields"][0];
            assert_eq!(
                (status, &fault["path"]),
                (422, &json!("id")),
                "{request} {error}"
            );
        }
    }
    for id in ["...", ".a", "a.", "a..b"] {
        let (status, _) = response(
            &server,
            "POST /api/creature",
            &json!({"id": id}).to_string(),
        )
        .await;
        assert_eq!(status, 201, "{id}");
    }
}

#[tokio::test]
async fn created_child_has_a_location_header() {
    let (server, mut client) = music().await;
    client
        .ok(
            "album",
            "create",
            json!({"id": "kob", "title": "Kind of Blue"}),
        )
        .await;
    let song = r#"{"id":"so what","title":"So What"}"#;
    let created = ask(&server, "POST /api/album/kob/songs", "", song).await;
    assert_eq!(created.header("location"), Some("songs/so%20what"));
    let (status, read) = response(&server, "GET /api/album/kob/songs/so%20what", "").await;
    assert_eq!(
        (status, &read["ok"]["album_id"]),
        (200, &json!("kob")),
        "{read}"
    );
}

#[tokio::test]
async fn unknown_path_is_404_and_wrong_method_is_405() {
    let (server, mut client) = music().await;
    client
        .ok(
            "album",
            "create",
            json!({"id": "kob", "title": "Kind of Blue"}),
        )
        .await;
    for (request, status, allow) in [
        ("GET /api/nothing", 404, None),
        ("GET /api/", 404, None),
        ("GET /api/album/kob/nothing", 404, None),
        ("GET /api/album/kob/createSong", 404, None),
        ("GET /api/album/kob/songs/x/y", 404, None),
        ("GET /api/sockful/authenticate", 404, None),
        ("POST /api/sockful/authenticate", 404, None),
        ("PATCH /api/album", 405, Some("GET, POST, HEAD, OPTIONS")),
        (
            "POST /api/album/kob",
            405,
            Some("GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ),
        (
            "POST /api/album/unsubscribe",
            405,
            Some("GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ),
        (
            "POST /api/album/subscribe",
            405,
            Some("GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ),
        (
            "PUT /api/album/kob/songs/x",
            405,
            Some("GET, PATCH, DELETE, HEAD, OPTIONS"),
        ),
        (
            "DELETE /api/album/kob/songs",
            405,
            Some("GET, POST, HEAD, OPTIONS"),
        ),
        ("DELETE /api/sockful/commit", 405, Some("POST, OPTIONS")),
        ("BREW /api/album", 405, Some("GET, POST, HEAD, OPTIONS")),
    ] {
        let answer = ask(&server, request, "", "").await;
        assert_eq!(answer.status, status, "{request} {answer:?}");
        assert_eq!(answer.header("allow"), allow, "{request}");
        let code = answer.json()["err"]["code"].clone();
        assert!(
            code == "unknown_action" || code == "unknown_resource",
            "{code}"
        );
    }
}

#[tokio::test]
async fn get_never_calls_a_method() {
    let (server, mut client) = with_bob().await;
    for request in [
        "GET /api/creature/bob/feed",
        "HEAD /api/creature/bob/feed",
        "PUT /api/creature/bob/feed",
    ] {
        let answer = ask(&server, request, "", "").await;
        assert_eq!(answer.status, 405, "{request}");
        assert_eq!(answer.header("allow"), Some("POST, OPTIONS"), "{request}");
    }
    // A method without `self` has no record.
    let greet = ask(
        &server,
        "POST /api/creature/bob/greet",
        "",
        r#"{"name":"Eve"}"#,
    )
    .await;
    assert_eq!(greet.status, 404, "{greet:?}");
    assert_eq!(
        client.ok("creature", "get", json!({"id": "bob"})).await,
        bob()
    );
}

#[tokio::test]
async fn head_has_no_body_on_rest_routes() {
    let (server, _client) = with_bob().await;
    let mut raw = server.raw_connection().await;
    for (address, status) in [("/api/creature/bob", 200), ("/api/creature/eve", 404)] {
        let answer = raw.http(&format!("HEAD {address}"), "", "").await;
        assert_eq!((answer.status, &*answer.body), (status, ""));
    }
}

#[tokio::test]
async fn rest_routes_can_be_disabled() {
    let server = TestServer::start_with(|config| config.http.enabled = false).await;
    assert_eq!(ask(&server, "GET /api/creature", "", "").await.status, 404);
    assert_eq!(
        ask(&server, "POST /api/creature", "", "{}").await.status,
        404
    );
}

#[tokio::test]
async fn url_parameters_are_filters_and_query_clauses() {
    let server = TestServer::start().await;
    for (id, kind, life) in [("a", "dragon", 1), ("b", "dragon", 5), ("c", "unicorn", 9)] {
        let body = json!({"id": id, "kind": kind, "life": life}).to_string();
        ask(&server, "POST /api/creature", "", &body).await;
    }
    for (parameters, ids) in [
        ("", vec!["a", "b", "c"]),
        ("kind=dragon", vec!["a", "b"]),
        ("life=5", vec!["b"]),
        ("life%5B$gte%5D=5&life[$lt]=9", vec!["b"]),
        ("kind[$ne]=dragon", vec!["c"]),
        ("life[$in]=1,9", vec!["a", "c"]),
        ("kind[$nin]=dragon,horse", vec!["c"]),
        ("kind[$prefix]=uni", vec!["c"]),
        ("$sort=kind,-life", vec!["b", "a", "c"]),
        ("$sort=-id&$limit=2&$skip=1", vec!["b", "a"]),
        (
            "$or=[%7B%22life%22:1%7D,%7B%22kind%22:%22unicorn%22%7D]",
            vec!["a", "c"],
        ),
        ("$query=%7B%22mood%22:null,%22life%22:9%7D", vec!["c"]),
        ("weight=null&tame=false&life=9", vec!["c"]),
    ] {
        let (status, list) =
            response(&server, &format!("GET /api/creature?{parameters}"), "").await;
        assert_eq!(status, 200, "{parameters} {list}");
        let list = list["ok"].as_array().expect("a list");
        let listed: Vec<_> = list.iter().filter_map(|it| it["id"].as_str()).collect();
        assert_eq!(listed, ids, "{parameters}");
    }
    for (parameters, path) in [
        ("life=much", "life"),
        ("wings=2", "wings"),
        ("life[$about]=2", "life.$about"),
        ("$limit=many", "$limit"),
        ("$limt=1", "$limt"),
        ("$query=%7B%7D&life=1", "$query"),
    ] {
        let (status, list) =
            response(&server, &format!("GET /api/creature?{parameters}"), "").await;
        assert_eq!(
            (status, &list["err"]["path"]),
            (400, &json!(path)),
            "{parameters} {list}"
        );
    }
    let (_, count) = response(&server, "GET /api/creature/$count?kind=dragon", "").await;
    assert_eq!(count["ok"], 2);
    let (_, one) = response(&server, "GET /api/creature/a?$select=id,life", "").await;
    assert_eq!(one["ok"], json!({"id": "a", "life": 1}));
}

#[tokio::test]
async fn url_parameters_reach_through_relations() {
    let server = TestServer::serve(Server::new(MUSIC)).await;
    for (path, body) in [
        ("artist", json!({"id": "miles", "n": 1})),
        (
            "album",
            json!({"id": "kob", "n": 1959, "artist_id": "miles"}),
        ),
        (
            "album",
            json!({"id": "ms", "n": 1958, "artist_id": "miles"}),
        ),
        ("song", json!({"id": "so-what", "n": 1, "album_id": "kob"})),
        ("song", json!({"id": "sid", "n": 2, "album_id": "ms"})),
    ] {
        let made = ask(&server, &format!("POST /api/{path}"), "", &body.to_string()).await;
        assert_eq!(made.status, 201, "{path} {body}");
    }
    for (address, ids) in [
        ("song?album.n=1959", vec!["so-what"]),
        ("song?album.n[$lt]=1959&n=2", vec!["sid"]),
        ("song?album.artist.n[$in]=1,2", vec!["sid", "so-what"]),
        ("album?songs[$some]=%7B%22n%22:1%7D", vec!["kob"]),
        ("album?songs=%7B%22$none%22:%7B%22n%22:1%7D%7D", vec!["ms"]),
        ("album/kob/songs?album.n=1959", vec!["so-what"]),
    ] {
        let (status, list) = response(&server, &format!("GET /api/{address}"), "").await;
        assert_eq!(status, 200, "{address} {list}");
        let list = list["ok"].as_array().expect("a list");
        let found: Vec<_> = list.iter().filter_map(|it| it["id"].as_str()).collect();
        assert_eq!(found, ids, "{address}");
    }
    let (_, count) = response(&server, "GET /api/song/$count?album.n[$gte]=1958", "").await;
    assert_eq!(count["ok"], 2);
}

#[tokio::test]
async fn write_requests_reject_url_parameters() {
    let (server, mut client) = with_bob().await;
    for request in [
        "DELETE /api/creature/bob?life=3",
        "PATCH /api/creature/bob?life=3",
        "POST /api/creature?id=eve",
        "POST /api/creature/bob/feed?amount=3",
    ] {
        let (status, error) = response(&server, request, "").await;
        assert_eq!(
            (status, &error["err"]["code"]),
            (422, &json!("invalid")),
            "{request}"
        );
    }
    assert_eq!(
        client.ok("creature", "find", json!({})).await,
        json!([bob()])
    );
}
