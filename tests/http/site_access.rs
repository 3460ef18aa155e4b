//! Allowed origins and host names.

use crate::support::{CapturedLog, HANDSHAKE, TestServer, notes_app};
use sockful::Config;

const DEV: &str = "http://localhost:5173";

async fn status(server: &TestServer, request: &str) -> String {
    server.raw_connection().await.status_of(request).await
}

fn handshake(origin: &str) -> String {
    format!("{HANDSHAKE}Origin: {origin}\r\n\r\n")
}

#[tokio::test]
async fn wildcard_and_custom_schemes_may_connect() {
    let server = TestServer::start_with(|config| {
        config.access.allowed_origins = vec![
            "https://*.example.com".to_owned(),
            "capacitor://localhost".to_owned(),
            "tauri://localhost".to_owned(),
        ];
    })
    .await;
    for (origin, expected) in [
        ("https://a.example.com", "101"),
        ("https://example.com", "403"),
        ("https://a.b.example.com", "403"),
        ("https://evil.com/.example.com", "403"),
        ("capacitor://localhost", "101"),
        ("tauri://localhost", "101"),
        ("ionic://localhost", "403"),
        ("null", "403"),
    ] {
        assert_eq!(
            status(&server, &handshake(origin)).await,
            expected,
            "{origin}"
        );
    }
    let opted_in = TestServer::start_with(|config| {
        config.access.allowed_origins = vec!["null".to_owned()];
    })
    .await;
    assert_eq!(status(&opted_in, &handshake("null")).await, "101");
}

#[tokio::test]
async fn development_servers_may_connect_to_debug_builds() {
    let server = TestServer::start().await;
    assert_eq!(status(&server, &handshake(DEV)).await, "101");
    let strict = TestServer::start_with(|config| config.access.loopback_origins = false).await;
    assert_eq!(status(&strict, &handshake(DEV)).await, "403");
}

#[tokio::test]
async fn rejected_origin_is_logged_once_with_the_setting() {
    let server = TestServer::start_with(|config| config.access.loopback_origins = false).await;
    let log = CapturedLog::start();
    for _ in 0..3 {
        assert_eq!(status(&server, &handshake(DEV)).await, "403");
    }
    let mut raw = server.raw_connection().await;
    let read = raw
        .http("GET /api/creature", &format!("Origin: {DEV}\r\n"), "")
        .await;
    assert_eq!(read.status, 403);
    let other = handshake("https://other.example.com");
    assert_eq!(status(&server, &other).await, "403");
    let text = log.text();
    let warnings: Vec<&str> = text.lines().filter(|line| line.contains("WARN")).collect();
    assert_eq!(warnings.len(), 2, "{text}");
    assert!(warnings[0].contains(DEV) && warnings[0].contains("access.allowed_origins"));
    for n in 0..500 {
        let origin = handshake(&format!("https://{n}.example.com"));
        assert_eq!(status(&server, &origin).await, "403");
    }
    let warnings = log
        .text()
        .lines()
        .filter(|line| line.contains("WARN"))
        .count();
    assert!(warnings < 100, "{warnings}");
}

#[tokio::test]
async fn page_can_read_why_its_handshake_is_rejected() {
    let server = TestServer::start_with(|config| config.access.loopback_origins = false).await;
    for (origin, expected) in [(DEV, 403), ("http://localhost", 200)] {
        let mut raw = server.raw_connection().await;
        let headers = format!("Origin: {origin}\r\n");
        let answer = raw.http("GET /sockful/handshake", &headers, "").await;
        assert_eq!(answer.status, expected, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert_eq!(
            answer.body.contains("access.allowed_origins"),
            expected == 403
        );
    }
    let mut raw = server.raw_connection().await;
    raw.send("GET /sockful/handshake HTTP/1.1\r\nHost: evil.example.com\r\n\r\n")
        .await;
    let answer = raw.answer(false).await;
    assert_eq!(answer.status, 421);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(answer.body.contains("access.hosts"), "{answer:?}");
}

#[tokio::test]
async fn files_are_readable_by_pages_of_allowed_origins() {
    let config = Config::default()
        .loopback_origins(false)
        .allowed_origins(["https://app.example.com"])
        .public_schema(true);
    let server = TestServer::serve(notes_app::server().config(config)).await;
    for file in [
        "client.js",
        "client.d.ts",
        "types.js",
        "schema.json",
        "openapi.json",
    ] {
        for (origin, expected) in [
            ("https://app.example.com", Some("https://app.example.com")),
            ("https://evil.example.com", None),
        ] {
            let headers = format!("Origin: {origin}\r\n");
            let mut raw = server.raw_connection().await;
            let answer = raw
                .http(&format!("GET /sockful/{file}"), &headers, "")
                .await;
            assert_eq!(answer.status, 200, "{file}");
            let allowed = answer.header("access-control-allow-origin");
            assert_eq!(allowed, expected, "{file} {origin}");
            let asked = "Access-Control-Request-Headers: authorization\r\n";
            let mut raw = server.raw_connection().await;
            let request = format!("OPTIONS /sockful/{file}");
            let preflight = raw.http(&request, &format!("{headers}{asked}"), "").await;
            let (status, allowed) = match expected {
                Some(_) => (204, expected),
                None => (403, None),
            };
            assert_eq!(preflight.status, status, "{file} {origin}");
            assert_eq!(preflight.header("access-control-allow-origin"), allowed);
        }
    }
}

#[tokio::test]
async fn unknown_host_names_are_rejected() {
    let server = TestServer::start().await;
    let log = CapturedLog::start();
    let requests = |host: &str| {
        [
            HANDSHAKE.replace("Host: localhost", &format!("Host: {host}")) + "\r\n",
            format!("GET /api/creature HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            format!("GET /sockful/schema.json HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            format!("GET http://{host}/api/creature HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ]
    };
    for host in [
        "evil.example.com",
        "127.0.0.1.nip.io:8000",
        "localhost.evil.com",
    ] {
        for request in requests(host) {
            assert_eq!(status(&server, &request).await, "421", "{request}");
        }
        let health = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(status(&server, &health).await, "200");
    }
    let text = log.text();
    assert_eq!(text.matches("access.hosts").count(), 3, "{text}");
    for host in ["localhost:1", "127.0.0.1", "[::1]:8000", "app.localhost"] {
        for request in requests(host) {
            assert_ne!(status(&server, &request).await, "421", "{request}");
        }
    }
    let named = TestServer::start_with(|config| {
        config.access.hosts = vec!["api.example.com".to_owned()];
    })
    .await;
    for request in requests("API.example.com:443") {
        assert_ne!(status(&named, &request).await, "421", "{request}");
    }
    for request in requests("evil.example.com") {
        assert_eq!(status(&named, &request).await, "421", "{request}");
    }
}

#[tokio::test]
async fn request_must_have_one_valid_host() {
    let server = TestServer::start().await;
    for headers in [
        "Host: localhost\r\nHost: localhost\r\n",
        "Host: localhost\r\nHost: evil.example.com\r\n",
        "",
        "Host: \r\n",
        "Host: a b\r\n",
        "Host: user@localhost\r\n",
        "Host: localhost:port\r\n",
        "Host: localhost/x\r\n",
    ] {
        for request in [
            format!("GET /api/creature HTTP/1.1\r\n{headers}\r\n"),
            HANDSHAKE.replace("Host: localhost\r\n", headers) + "\r\n",
        ] {
            assert_eq!(status(&server, &request).await, "400", "{headers:?}");
        }
    }
}
