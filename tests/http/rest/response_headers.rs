//! Response headers: `ETag`, `Link`, `Retry-After`; status codes.

use super::{ask, response};
use crate::support::TestServer;
use crate::support::sample_resources::ACCOUNTS;
use crate::writes::create_and_get::with_bob;
use serde_json::json;
use sockful::Server;
use uuid::Uuid;

const ACCOUNT: &str = r#"{"id":"ann"}"#;
const CHANGE: &str = r#"{"points":1.5}"#;

#[tokio::test]
async fn rev_is_the_etag_and_guards_writes() {
    let server = TestServer::serve(Server::new(ACCOUNTS)).await;
    let created = ask(&server, "POST /api/account", "", ACCOUNT).await;
    assert_eq!(created.status, 201, "{created:?}");
    let location = format!(
        "/api/{}",
        created.header("location").expect("it was created")
    );
    let tag = created
        .header("etag")
        .expect("the resource has a revision")
        .to_owned();
    assert_eq!(tag, format!("\"{}\"", created.json()["rev"]));
    let read = ask(&server, &format!("GET {location}"), "", "").await;
    assert_eq!(read.header("etag"), Some(&*tag));
    assert_eq!(read.header("cache-control"), Some("no-cache"));

    for known in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"0\", {tag}"),
        "*".to_owned(),
    ] {
        let headers = format!("If-None-Match: {known}\r\n");
        let again = ask(&server, &format!("GET {location}"), &headers, "").await;
        assert_eq!((again.status, &*again.body), (304, ""), "{known}");
        assert_eq!(again.header("etag"), Some(&*tag));
    }
    let other = ask(
        &server,
        &format!("GET {location}"),
        "If-None-Match: \"0\"\r\n",
        "",
    )
    .await;
    assert_eq!(other.status, 200);

    let patch = format!("PATCH {location}");
    let changed = ask(&server, &patch, &format!("If-Match: {tag}\r\n"), CHANGE).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_ne!(changed.header("etag"), Some(&*tag));
    for method in ["PATCH", "DELETE"] {
        let request = format!("{method} {location}");
        let body = if method == "PATCH" { CHANGE } else { "" };
        let late = ask(&server, &request, &format!("If-Match: {tag}\r\n"), body).await;
        assert_eq!(late.status, 412, "{late:?}");
        assert_eq!(late.json()["err"]["code"], "conflict");
    }
    // A precondition that the server does not understand fails.
    for (request, header) in [
        (&patch, "If-Match: 1"),
        (&patch, "If-Match: \"1\", \"2\""),
        (&patch, "If-Match: W/\"1\""),
        (&patch, "If-Match: \"01\""),
        (&patch, "If-None-Match: *"),
        (&format!("PUT {location}"), "If-Match: *"),
    ] {
        let refused = ask(&server, request, &format!("{header}\r\n"), CHANGE).await;
        assert_eq!(refused.status, 422, "{header} {refused:?}");
    }
    let any = ask(
        &server,
        &format!("DELETE {location}"),
        "If-Match: *\r\n",
        "",
    )
    .await;
    assert_eq!(any.status, 200);
}

#[tokio::test]
async fn truncated_list_links_to_the_next_page() {
    let server = TestServer::start().await;
    for id in 0..7 {
        ask(
            &server,
            "POST /api/creature",
            "",
            &json!({"id": id.to_string(), "bio": "a b&c"}).to_string(),
        )
        .await;
    }
    let mut address = String::from("/api/creature?bio=a+b%26c&$sort=-id&$limit=3");
    let mut ids = Vec::new();
    let mut pages = 0;
    loop {
        let page = ask(&server, &format!("GET {address}"), "", "").await;
        let body = page.json();
        let list = body["ok"].as_array().expect("a list");
        ids.extend(
            list.iter()
                .map(|it| it["id"].as_str().expect("an id").to_owned()),
        );
        pages += 1;
        let Some(link) = page.header("link") else {
            assert_eq!(body.get("next"), None);
            break;
        };
        let (query, _) = link.split_once('>').expect("an address");
        assert!(link.ends_with("; rel=\"next\""), "{link}");
        address = format!("/api/creature{}", &query[1..]);
    }
    assert_eq!((ids.concat().as_str(), pages), ("6543210", 3));
}

#[tokio::test]
async fn request_with_a_key_is_applied_once_over_http() {
    let (server, _client) = with_bob().await;
    let key = Uuid::now_v7();
    let mut replies = Vec::new();
    for quoted in [format!("{key}"), format!("\"{key}\"")] {
        let headers = format!("Idempotency-Key: {quoted}\r\n");
        let fed = ask(
            &server,
            "POST /api/creature/bob/feed",
            &headers,
            r#"{"amount":3}"#,
        )
        .await;
        replies.push((fed.status, fed.json()));
    }
    assert_eq!(replies[0], replies[1]);
    assert_eq!(replies[0].1["ok"], "I have been fed my life is: 13");
    let headers = format!("Idempotency-Key: {key}\r\n");
    let other = ask(&server, "POST /api/creature/bob/feed", &headers, "").await;
    assert_eq!(
        (other.status, &other.json()["err"]["path"]),
        (409, &json!("key"))
    );
    for headers in ["Idempotency-Key: once\r\n".to_owned(), headers.repeat(2)] {
        let refused = ask(&server, "POST /api/creature/bob/feed", &headers, "").await;
        assert_eq!(refused.status, 422, "{refused:?}");
    }
}

#[tokio::test]
async fn error_kind_maps_to_http_status() {
    let (server, _client) = with_bob().await;
    for (request, body, status) in [
        ("POST /api/creature", r#"{"id":"bob"}"#, 409),
        ("POST /api/creature", r#"{"life":"much"}"#, 422),
        ("GET /api/creature/eve", "", 404),
        ("POST /api/creature/bob/sleepIn", "", 422),
        ("POST /api/creature/bob/readAScroll", "", 500),
        ("POST /api/creature/bob/stumble", "", 500),
        (
            "POST /api/creature/waitBrieflyAt",
            r#"{"checkpoint":"never"}"#,
            504,
        ),
    ] {
        let answer = ask(&server, request, "", body).await;
        assert_eq!(answer.status, status, "{request} {answer:?}");
        assert!(answer.json()["err"]["message"].is_string());
        assert!(
            !answer.body.contains("burns") && !answer.body.contains("root"),
            "{answer:?}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let ids: Vec<_> = (0..1_001).map(|id| id.to_string()).collect();
    let body = json!({"id": ids}).to_string();
    assert_eq!(
        response(&server, "POST /api/creature/get", &body).await.0,
        400
    );
}
