//! Requests from pages of other origins.

use super::ask;
use crate::support::TestServer;
use crate::writes::create_and_get::with_bob;
use serde_json::json;

const APP: &str = "https://app.example.com";

async fn server() -> TestServer {
    TestServer::start_with(|config| config.access.allowed_origins = vec![APP.to_owned()]).await
}

#[tokio::test]
async fn allowed_origin_may_call_and_read() {
    let server = server().await;
    for origin in [APP, "http://localhost"] {
        let headers = format!("Origin: {origin}\r\n");
        for request in [
            "GET /api/creature",
            "GET /api/creature/missing",
            "GET /api/nothing",
        ] {
            let answer = ask(&server, request, &headers, "").await;
            assert_eq!(
                answer.header("access-control-allow-origin"),
                Some(origin),
                "{request}"
            );
            assert_eq!(
                answer.header("access-control-allow-credentials"),
                Some("true")
            );
            let exposed = answer.header("access-control-expose-headers");
            assert!(exposed.is_some_and(|it| it.contains("etag")), "{answer:?}");
            assert!(
                answer
                    .header("vary")
                    .is_some_and(|it| it.contains("Origin"))
            );
        }
        let asked =
            "Access-Control-Request-Method: PATCH\r\nAccess-Control-Request-Headers: if-match\r\n";
        let answer = ask(
            &server,
            "OPTIONS /api/creature/bob",
            &format!("{headers}{asked}"),
            "",
        )
        .await;
        assert_eq!(answer.status, 204);
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        let methods = answer
            .header("access-control-allow-methods")
            .expect("methods");
        assert!(methods.contains("PATCH"), "{methods}");
        let names = answer
            .header("access-control-allow-headers")
            .expect("names");
        assert!(
            names.contains("if-match") && names.contains("idempotency-key"),
            "{names}"
        );
    }
    let tracing = "Access-Control-Request-Headers: tracestate, Baggage,x-requested-with\r\n";
    let headers = format!("Origin: {APP}\r\n{tracing}");
    let answer = ask(&server, "OPTIONS /api/creature/bob", &headers, "").await;
    let names = answer.header("access-control-allow-headers");
    let names: Vec<_> = names.expect("names").split(", ").collect();
    for name in ["tracestate", "baggage", "x-requested-with", "authorization"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let plain = ask(&server, "GET /api/creature", "", "").await;
    assert_eq!(plain.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn other_origin_is_rejected_before_any_effect() {
    let (server, mut client) = with_bob().await;
    for origin in [
        "https://evil.example.com",
        "null",
        "http://localhost.evil.com",
        APP,
    ] {
        let headers =
            format!("Origin: {origin}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
        for request in [
            "POST /api/creature/bob/feed",
            "DELETE /api/creature/bob",
            "GET /api/creature/bob",
            "OPTIONS /api/creature/bob",
        ] {
            let answer = ask(&server, request, &headers, "").await;
            assert_eq!(answer.status, 403, "{origin} {request}");
            assert_eq!(answer.header("access-control-allow-origin"), None);
            assert!(!answer.body.contains("dragon"));
        }
    }
    assert_eq!(
        client.ok("creature", "get", json!({"id": "bob"})).await["life"],
        10
    );
    assert_eq!(client.head().await, 1);
}
