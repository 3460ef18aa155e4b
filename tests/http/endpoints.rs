//! HTTP endpoints beside the WebSocket: explorer, client files, health.

use crate::support::{TestServer, within};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn explorer_is_served_at_the_root() {
    let server = TestServer::start_with(|config| config.http.explorer = true).await;
    let mut raw = server.raw_connection().await;
    raw.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let head = raw.read_head().await.to_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("content-type: text/html"), "{head}");
    assert!(head.contains("x-content-type-options: nosniff"), "{head}");
}

/// The files of the explorer with their content types.
const EXPLORER: [(&str, &str); 6] = [
    ("/", "text/html"),
    ("/?page.css", "text/css"),
    ("/?start.js", "text/javascript"),
    ("/?icon.svg", "image/svg+xml"),
    ("/sockful/explorer/main.js", "text/javascript"),
    ("/sockful/explorer/page.css", "text/css"),
];

#[tokio::test]
async fn explorer_policy_allows_only_its_own_scripts() {
    let server = TestServer::start_with(|config| config.http.explorer = true).await;
    for (path, content_type) in EXPLORER {
        let mut raw = server.raw_connection().await;
        raw.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            .await;
        let head = raw.read_head().await.to_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{path}: {head}");
        assert!(
            head.contains(&format!("content-type: {content_type}")),
            "{path}: {head}"
        );
        let policy = head
            .lines()
            .find_map(|line| line.strip_prefix("content-security-policy: "));
        let policy = policy.expect("a policy");
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.split("; ").any(|it| it == rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
    }
}

/// A module that is not served would leave the page blank.
#[tokio::test]
async fn every_module_imported_by_the_explorer_is_served() {
    let server = TestServer::start_with(|config| config.http.explorer = true).await;
    let (mut known, mut at) = (vec!["main.js".to_owned()], 0);
    while let Some(name) = known.get(at) {
        at += 1;
        let mut raw = server.raw_connection().await;
        raw.send(format!(
            "GET /sockful/explorer/{name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ))
        .await;
        let answer = raw.rest().await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{name}: {answer}");
        let imported: Vec<String> = answer
            .split(" from './")
            .skip(1)
            .filter_map(|rest| rest.split_once('\'').map(|(name, _)| name.to_owned()))
            .filter(|name| !known.contains(name))
            .collect();
        known.extend(imported);
    }
    known.sort();
    known.dedup();
    assert!(known.len() > 10, "{known:?}");
}

#[tokio::test]
async fn explorer_can_be_disabled() {
    let server = TestServer::start_with(|config| config.http.explorer = false).await;
    let mut raw = server.raw_connection().await;
    let get = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    raw.send(get).await;
    let answer = raw.rest().await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert!(answer.contains("enable it with `explorer`"), "{answer}");
    for (path, _) in EXPLORER {
        let mut raw = server.raw_connection().await;
        let get = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(raw.status_of(get).await, "404", "{path}");
    }
    // Connections, the client files and the health check are still available.
    assert_eq!(
        server
            .client()
            .await
            .code("creature", "get", serde_json::json!({"id": "x"}))
            .await,
        "not_found"
    );
    for path in ["/healthz", "/sockful/client.js"] {
        let mut raw = server.raw_connection().await;
        let get = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(raw.status_of(get).await, "200", "{path}");
    }
}

#[tokio::test]
async fn client_script_and_types_are_served() {
    let server = TestServer::start().await;
    for (path, content_type) in [
        ("/sockful/client.js", "text/javascript; charset=utf-8"),
        ("/sockful/client.d.ts", "text/plain; charset=utf-8"),
    ] {
        let mut raw = server.raw_connection().await;
        raw.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            .await;
        let head = raw.read_head().await.to_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(
            head.contains(&format!("content-type: {content_type}")),
            "{head}"
        );
        assert!(head.contains("x-content-type-options: nosniff"), "{head}");
        assert!(head.contains("cache-control: no-cache"), "{head}");
    }
}

#[tokio::test]
async fn head_returns_get_without_a_body() {
    let server = TestServer::start_with(|config| config.http.explorer = true).await;
    let mut raw = server.raw_connection().await;
    assert_eq!(
        raw.status_of("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await,
        "200"
    );
    // A body would be read as the beginning of the next response.
    assert_eq!(
        raw.status_of("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await,
        "200"
    );
}

#[tokio::test]
async fn healthz_returns_200() {
    let server = TestServer::start().await;
    assert_eq!(
        server
            .raw_connection()
            .await
            .status_of("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await,
        "200"
    );
}

#[tokio::test]
async fn unknown_path_is_404() {
    let server = TestServer::start().await;
    for path in ["/nothing", "/../etc/passwd", "//", "/index.html"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(
            server.raw_connection().await.status_of(request).await,
            "404",
            "{path}"
        );
    }
}

#[tokio::test]
async fn other_method_is_405_with_allow_header() {
    let server = TestServer::start().await;
    for path in ["/", "/healthz"] {
        let mut raw = server.raw_connection().await;
        raw.send(format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{{}}"
        ))
        .await;
        let head = raw.read_head().await.to_lowercase();
        assert!(
            head.starts_with("http/1.1 405") && head.contains("allow: get, head"),
            "{head}"
        );
    }
}

#[tokio::test]
async fn client_that_never_reads_responses_is_dropped() {
    let server = TestServer::start_with(|config| {
        config.http.handshake_timeout = Duration::from_secs(1);
        config.connection.write_timeout = Duration::from_secs(1);
    })
    .await;
    let mut raw = server.raw_connection().await;
    let asking = async {
        let page = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
        while raw.output.write_all(page).await.is_ok() {}
    };
    within("the end of the connection", asking).await;
    server.client().await.assert_alive().await;
}
