//! The `OpenAPI` document matches the HTTP responses.

use crate::support::music_resources::MUSIC;
use crate::support::sample_resources::{ACCOUNTS, RESOURCES};
use crate::support::{
    HttpResponse, RawConnection, TestServer, assert_references_resolve, notes_app,
};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};
use sockful::{Config, Resources, Server};
use std::collections::BTreeSet;

fn document(resources: Resources) -> Value {
    let text = resources.openapi().expect("the resources are valid");
    serde_json::from_str(&text).expect("JSON")
}

/// The operations, each with its path and method.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().expect("an object");
    paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("an object");
        let methods = methods.iter();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// The operation with this id, with its path and method.
fn operation<'a>(document: &'a Value, id: &str) -> (&'a str, &'a str, &'a Value) {
    let mut all = operations(document);
    let found = all.find(|(_, _, operation)| operation["operationId"] == id);
    found.unwrap_or_else(|| panic!("there is no {id}"))
}

/// Resolves a reference.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(at) => document.pointer(&at[1..]).expect("the reference resolves"),
        None => value,
    }
}

fn judge(document: &Value, schema: &Value) -> Validator {
    let schema = json!({"allOf": [schema], "components": document["components"]});
    let options = jsonschema::options().with_draft(Draft::Draft202012);
    options.build(&schema).expect("a schema")
}

/// A validator for the body of a request.
fn judge_of_body(document: &Value, id: &str) -> Validator {
    let (_, _, operation) = operation(document, id);
    judge(
        document,
        &operation["requestBody"]["content"]["application/json"]["schema"],
    )
}

#[test]
fn openapi_references_and_operation_ids_are_valid() {
    for resources in [RESOURCES, ACCOUNTS, MUSIC, notes_app::RESOURCES] {
        let text = resources.openapi().expect("the resources are valid");
        assert_eq!(text, resources.openapi().expect("the resources are valid"));
        let document = document(resources);
        let found = assert_references_resolve(&document);
        assert!(found > 100, "{found}");
        let mut ids = BTreeSet::new();
        for (path, method, operation) in operations(&document) {
            let id = operation["operationId"].as_str().expect("a name");
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            assert!(id.chars().all(is_plain), "{id}");
            assert!(ids.insert(id), "{id} is defined twice");
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let parameters = parameters.filter(|it| it["in"] == "path");
            let parameters: Vec<_> = parameters
                .map(|it| format!("{{{}}}", it["name"].as_str().expect("a name")))
                .collect();
            let expected: Vec<_> = path.split('/').filter(|it| it.starts_with('{')).collect();
            assert_eq!(parameters, expected, "{method} {path}");
        }
    }
}

#[test]
fn openapi_omits_private_properties() {
    let text = RESOURCES.openapi().expect("the resources are valid");
    assert!(!text.contains("hush"));
    let document = document(notes_app::RESOURCES);
    for word in ["reader", "hush"] {
        let parameters = document["components"]["parameters"]
            .as_object()
            .expect("an object");
        assert!(!parameters.keys().any(|key| key.contains(word)), "{word}");
    }
}

#[test]
fn every_action_is_an_openapi_operation() {
    for resources in [RESOURCES, ACCOUNTS, MUSIC, notes_app::RESOURCES] {
        let document = document(resources);
        let described = resources.schema().expect("the resources are valid");
        let described: Value = serde_json::from_str(&described).expect("JSON");
        for (name, resource) in described["resources"].as_object().expect("an object") {
            for action in resource["actions"].as_object().expect("an object").keys() {
                // Subscriptions need a WebSocket, and `all` is an alias of `find`.
                let is_left_out = action.contains("subscribe") || action == "all";
                if !is_left_out {
                    operation(&document, &format!("{name}_{action}"));
                }
            }
        }
        for action in ["schema", "ping", "commit", "changes"] {
            operation(&document, &format!("sockful_{action}"));
        }
    }
}

#[tokio::test]
async fn only_documented_methods_are_answered() {
    for resources in [RESOURCES, ACCOUNTS, MUSIC] {
        let server = TestServer::serve(Server::new(resources)).await;
        let document = document(resources);
        let mut raw = server.raw_connection().await;
        for (path, item) in document["paths"].as_object().expect("an object") {
            let address: Vec<_> = path
                .split('/')
                .map(|it| if it.starts_with('{') { "7" } else { it })
                .collect();
            let address = address.join("/");
            // To other methods a fixed segment is an id; and what `sockful` answers to GET it also
            // answers to POST.
            let is_name = item.as_object().is_some_and(|it| it.len() == 1);
            for method in ["get", "post", "put", "patch", "delete"] {
                let answer = raw
                    .http(&format!("{} {address}", method.to_uppercase()), "", "{")
                    .await;
                let is_there = answer.status != 405 && !answer.body.contains("unknown_");
                let is_documented = item.get(method).is_some();
                assert!(
                    is_there == is_documented || (is_name && is_there),
                    "{method} {address}: {answer:?}"
                );
            }
        }
    }
}

/// Calls an operation, checks that the document has the response, and returns it.
async fn ask(
    raw: &mut RawConnection,
    document: &Value,
    id: &str,
    ids: &[&str],
    rest: (&str, Value),
) -> HttpResponse {
    let (path, method, operation) = operation(document, id);
    let mut ids = ids.iter();
    let parts = path.split('/').map(|part| {
        if part.starts_with('{') {
            ids.next().expect("an id")
        } else {
            part
        }
    });
    let (query, body) = rest;
    let request = format!(
        "{} {}{query}",
        method.to_uppercase(),
        parts.collect::<Vec<_>>().join("/")
    );
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let answer = raw
        .http(&request, "Content-Type: application/json\r\n", &body)
        .await;
    let response = &operation["responses"][answer.status.to_string()];
    let response = resolved(document, response);
    assert!(response.is_object(), "{request}: {answer:?}");
    let schema = &response["content"]["application/json"]["schema"];
    if let Err(error) = judge(document, schema).validate(&answer.json()) {
        panic!("{request}: {error}: {answer:?}");
    }
    for header in ["etag", "location", "link"] {
        let headers = response["headers"].as_object().into_iter().flatten();
        let is_documented = headers
            .map(|(name, _)| name.to_lowercase())
            .any(|name| name == header);
        assert!(
            is_documented || answer.header(header).is_none(),
            "{request}: {answer:?}"
        );
    }
    answer
}

#[tokio::test]
async fn responses_match_the_openapi_document() {
    let (document, server) = (document(RESOURCES), TestServer::start().await);
    let mut raw = server.raw_connection().await;
    for (id, ids, query, body, status) in [
        (
            "creature_create",
            &[][..],
            "",
            json!({"id": "bob", "kind": "dragon"}),
            201,
        ),
        ("creature_create", &[], "", json!({"id": "bob"}), 409),
        ("creature_create", &[], "", json!({"lief": 1}), 422),
        ("creature_get", &["bob"], "", Value::Null, 200),
        (
            "creature_get",
            &["bob"],
            "?$select=id,life",
            Value::Null,
            200,
        ),
        ("creature_get", &["eve"], "", Value::Null, 404),
        (
            "creature_getByPost",
            &[],
            "",
            json!({"id": ["bob", "eve"]}),
            200,
        ),
        (
            "creature_find",
            &[],
            "?life[$gte]=5&$sort=-life&$limit=1",
            Value::Null,
            200,
        ),
        ("creature_find", &[], "?lief=5", Value::Null, 400),
        (
            "creature_findByPost",
            &[],
            "",
            json!({"$or": [{"life": 10}]}),
            200,
        ),
        ("creature_count", &[], "?tame=false", Value::Null, 200),
        (
            "creature_countByPost",
            &[],
            "",
            json!({"tame": {"$ne": null}}),
            200,
        ),
        ("creature_update", &["bob"], "", json!({"life": 12}), 200),
        ("creature_save", &["bob"], "", json!({"kind": "toad"}), 200),
        ("creature_feed", &["bob"], "", json!({"amount": 3}), 200),
        ("creature_greet", &[], "", json!({"name": "Bob"}), 200),
        ("creature_sleepIn", &["bob"], "", Value::Null, 422),
        ("sockful_ping", &[], "", Value::Null, 200),
        ("sockful_schema", &[], "", Value::Null, 200),
        (
            "sockful_changes",
            &[],
            "",
            json!({"since": {"resources": {}}}),
            200,
        ),
        (
            "sockful_commit",
            &[],
            "",
            json!([["creature", "create", {"id": "eve"}]]),
            200,
        ),
        ("creature_destroy", &["bob"], "", Value::Null, 200),
    ] {
        let answer = ask(&mut raw, &document, id, ids, (query, body)).await;
        assert_eq!(answer.status, status, "{id}: {answer:?}");
    }
}

#[tokio::test]
async fn relation_responses_match_the_openapi_document() {
    let document = document(MUSIC);
    let server = TestServer::serve(Server::new(MUSIC)).await;
    let mut raw = server.raw_connection().await;
    for (id, ids, query, body, status) in [
        ("artist_create", &[][..], "", json!({"id": "miles"}), 201),
        (
            "artist_createAlbum",
            &["miles"],
            "",
            json!({"id": "kob"}),
            201,
        ),
        (
            "album_createSong",
            &["kob"],
            "",
            json!({"id": "so-what", "n": 1}),
            201,
        ),
        (
            "album_createSong",
            &["none"],
            "",
            json!({"id": "gone"}),
            404,
        ),
        ("album_songs", &["kob"], "?n=1&$select=n", Value::Null, 200),
        (
            "album_get",
            &["kob"],
            "?$with=songs.album,artist",
            Value::Null,
            200,
        ),
        ("album_getSong", &["kob", "so-what"], "", Value::Null, 200),
        (
            "album_updateSong",
            &["kob", "so-what"],
            "",
            json!({"n": 2}),
            200,
        ),
        ("song_album", &["so-what"], "", Value::Null, 200),
        (
            "song_byAlbum",
            &[],
            "",
            json!({"album_id": "kob", "$limit": 1}),
            200,
        ),
        (
            "album_destroySong",
            &["kob", "so-what"],
            "",
            Value::Null,
            200,
        ),
    ] {
        let answer = ask(&mut raw, &document, id, ids, (query, body)).await;
        assert_eq!(answer.status, status, "{id}: {answer:?}");
    }
}

#[tokio::test]
async fn etag_headers_are_documented_where_rev_exists() {
    let document = document(ACCOUNTS);
    let server = TestServer::serve(Server::new(ACCOUNTS)).await;
    let has = |id: &str, name: &str| {
        let (_, _, operation) = operation(&document, id);
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let mut parameters = parameters.map(|it| resolved(&document, it));
        parameters.any(|it| it["name"] == name)
    };
    let mut raw = server.raw_connection().await;
    let answer = ask(
        &mut raw,
        &document,
        "account_create",
        &[],
        ("", json!({"gold": "7"})),
    )
    .await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert!(answer.header("etag").is_some());
    assert!(has("account_update", "If-Match") && has("account_get", "If-None-Match"));
    assert!(!has("account_get", "If-Match") && !has("account_create", "If-Match"));
}

#[test]
fn request_body_schema_rejects_unaccepted_bodies() {
    let document = document(MUSIC);
    for (id, body, fits) in [
        ("album_createSong", json!({"n": 1}), true),
        ("album_createSong", json!({"album_id": "kob"}), false),
        ("album_createSong", json!({"id": ""}), false),
        ("album_create", json!({"n": 1}), false),
        ("album_update", json!({"n": 1}), true),
        ("album_update", json!({"id": "kob"}), false),
        ("song_byAlbum", json!({"n": 1}), false),
        (
            "song_byAlbum",
            json!({"album_id": "kob", "n": {"$gt": 1}}),
            true,
        ),
        (
            "song_byAlbum",
            json!({"album_id": "kob", "n": {"$gt": null}}),
            false,
        ),
        (
            "song_findByPost",
            json!({"$not": {"$or": [{"code": null}]}}),
            true,
        ),
        ("song_findByPost", json!({"$or": []}), false),
        (
            "song_findByPost",
            json!({"album.n": {"$gt": 1}, "$not": {"album.artist.n": 2}}),
            true,
        ),
        ("song_findByPost", json!({"album.n": "x"}), false),
        ("song_findByPost", json!({"album.artist.songs.n": 1}), false),
        (
            "album_findByPost",
            json!({"songs": {"$some": {"n": 1}, "$none": {"bonusAlbum.n": 2}}}),
            true,
        ),
        (
            "album_findByPost",
            json!({"songs": {"$some": {"album.songs": {"$none": {}}}}}),
            false,
        ),
        (
            "album_findByPost",
            json!({"$not": {"songs": {"$none": {"$or": [{"album.n": 1}]}}}}),
            true,
        ),
        ("album_findByPost", json!({"songs": {"n": 1}}), false),
        (
            "album_findByPost",
            json!({"songs": {"$some": {"m": 1}}}),
            false,
        ),
        ("song_findByPost", json!({"$limit": 1001}), false),
        ("song_findByPost", json!({"$with": ["album.artist"]}), true),
        ("song_findByPost", json!({"$with": ["artist"]}), false),
        (
            "sockful_commit",
            json!([["song", "destroy", {"id": "x"}]]),
            true,
        ),
        ("sockful_commit", json!([["song", "find", {}]]), false),
    ] {
        assert_eq!(
            judge_of_body(&document, id).is_valid(&body),
            fits,
            "{id}: {body}"
        );
    }
}

#[tokio::test]
async fn openapi_reflects_authentication_and_config() {
    let server = notes_app::server().open().await.expect("a server");
    let document: Value = serde_json::from_str(&server.openapi()).expect("JSON");
    assert_eq!(document["security"], json!([{"bearer": []}]));
    let (_, _, find) = operation(&document, "note_find");
    assert!(find["responses"]["401"].is_object(), "{find}");
    assert!(find.get("security").is_none(), "{find}");
    let (_, _, poster) = operation(&document, "poster_find");
    assert_eq!(poster["security"], json!([{}, {"bearer": []}]));
    let mut config = Config::default();
    config.request.max_page = 7;
    config.request.default_page = 7;
    let server = Server::new(RESOURCES)
        .config(config)
        .open()
        .await
        .expect("a server");
    let document: Value = serde_json::from_str(&server.openapi()).expect("JSON");
    assert!(document.get("security").is_none());
    let limit = &document["components"]["parameters"]["creature.by.limit"];
    assert_eq!(limit["schema"]["maximum"], 7);
}

#[tokio::test]
async fn openapi_is_not_served_when_http_is_disabled() {
    let server = TestServer::start_with(|config| config.http.enabled = false).await;
    for (path, status) in [
        ("/sockful/openapi.json", 404),
        ("/sockful/asyncapi.json", 200),
    ] {
        let answer = server
            .raw_connection()
            .await
            .http(&format!("GET {path}"), "", "")
            .await;
        assert_eq!(answer.status, status, "{path}");
    }
}
