//! Authentication of HTTP requests.

use super::ask;
use crate::support::{TestServer, notes_app};
use serde_json::json;

const BOB: &str = "Authorization: Bearer bob\r\n";
const EVE: &str = "Cookie: session=eve\r\n";

#[tokio::test]
async fn each_http_request_has_its_own_identity() {
    let server = notes_app::start().await;
    let note = json!({"id": "diary", "owner": "bob"}).to_string();
    let mut raw = server.raw_connection().await;
    for (request, headers, body, status) in [
        ("POST /api/note", "", &*note, 401),
        ("POST /api/note", EVE, &note, 403),
        ("POST /api/note", BOB, &note, 201),
        ("GET /api/note/diary", BOB, "", 200),
        ("GET /api/note/diary", EVE, "", 404),
        // The identity of an earlier request on the connection no longer applies.
        ("GET /api/note/diary", "", "", 401),
        ("PATCH /api/note/diary", EVE, r#"{"text":"x"}"#, 404),
        ("DELETE /api/note/diary", EVE, "", 404),
        ("POST /api/note/diary/readAloud", EVE, "", 404),
        (
            "GET /api/note",
            "Authorization: Bearer bob:999\r\n",
            "",
            401,
        ),
        ("GET /api/note", "Authorization: Bearer away\r\n", "", 503),
        ("GET /api/note", "Authorization: Bearer broken\r\n", "", 500),
        ("GET /api/poster", "Cookie: session=\r\n", "", 200),
        ("GET /api/sockful/schema", "", "", 401),
        ("GET /api/sockful/schema", BOB, "", 200),
    ] {
        let answer = raw.http(request, headers, body).await;
        assert_eq!(answer.status, status, "{request} {headers} {answer:?}");
        assert!(!answer.body.contains("database"), "{answer:?}");
        let scheme = answer.header("www-authenticate");
        assert_eq!(scheme, (status == 401).then_some("Bearer"), "{request}");
    }
    let list = raw.http("GET /api/note", EVE, "").await;
    assert_eq!(list.json()["ok"], json!([]));
}

#[tokio::test]
async fn idempotency_key_requires_authentication() {
    let server: TestServer = notes_app::start().await;
    // A UUIDv7 of the server's time.
    let key = "Idempotency-Key: 00000000-03e8-7000-8000-000000000000\r\n";
    let anonymous = ask(&server, "POST /api/poster", key, "{}").await;
    assert_eq!(anonymous.status, 401, "{anonymous:?}");
    let bob = ask(&server, "POST /api/poster", &format!("{key}{BOB}"), "{}").await;
    assert_eq!(bob.status, 201, "{bob:?}");
    // The same key of another caller is a different key.
    let eve = ask(&server, "POST /api/poster", &format!("{key}{EVE}"), "{}").await;
    assert_eq!(eve.status, 201, "{eve:?}");
    assert_ne!(bob.body, eve.body);
}
