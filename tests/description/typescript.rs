//! The TypeScript types, and the files that describe the API over HTTP.

use crate::support::music_resources::MUSIC;
use crate::support::sample_resources::{ACCOUNTS, RESOURCES};
use crate::support::{HANDSHAKE, RawConnection, TestServer, notes_app, text};
use sockful::{Config, Server};

#[expect(dead_code, reason = "its `main` is run elsewhere")]
#[path = "../../examples/demo.rs"]
mod demo;

const FILES: [&str; 5] = [
    "/sockful/types.d.ts",
    "/sockful/types.js",
    "/sockful/schema.json",
    "/sockful/asyncapi.json",
    "/sockful/openapi.json",
];

async fn get(server: &TestServer, path: &str, headers: &str) -> String {
    let mut raw: RawConnection = server.raw_connection().await;
    raw.send(format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"
    ))
    .await;
    raw.rest().await
}

#[tokio::test]
async fn client_files_are_served_with_revalidation() {
    let server = TestServer::start().await;
    for (path, kind, part) in [
        (FILES[0], "text/plain", "export declare const api"),
        (FILES[1], "text/javascript", "export const api = {"),
        (FILES[2], "application/json", "\"resources\""),
        (FILES[3], "application/json", "\"asyncapi\": \"3.0.0\""),
        (FILES[4], "application/json", "\"openapi\": \"3.1.0\""),
    ] {
        let answer = get(&server, path, "").await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let head = head.to_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(head.contains(&format!("content-type: {kind}")), "{head}");
        assert!(head.contains("cache-control: no-cache"), "{head}");
        assert!(body.contains(part), "{body}");
        let tag = head.lines().find_map(|line| line.strip_prefix("etag: "));
        let tag = tag.expect("an etag");
        let again = get(&server, path, &format!("If-None-Match: \"a\", W/{tag}\r\n")).await;
        assert!(again.starts_with("HTTP/1.1 304"), "{again}");
        assert!(again.ends_with("\r\n\r\n"), "{again}");
    }
}

#[tokio::test]
async fn client_files_require_authentication() {
    let server = notes_app::start().await;
    for path in FILES {
        for (headers, status) in [
            ("", "401"),
            ("Cookie: session=\r\n", "401"),
            ("Authorization: Bearer bob:999\r\n", "401"),
            ("Authorization: Bearer bob\r\n", "200"),
            ("Cookie: session=bob\r\n", "200"),
        ] {
            let answer = get(&server, path, headers).await;
            let returned = answer.split(' ').nth(1);
            assert_eq!(returned, Some(status), "{path} {headers}");
            assert!(status == "200" || !answer.contains("note"), "{answer}");
        }
    }
    let mut config = Config::default();
    config.access.public_schema = true;
    let server = TestServer::serve(notes_app::server().config(config)).await;
    for path in FILES {
        let answer = get(&server, path, "").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[tokio::test]
async fn identity_of_a_request_does_not_outlive_it() {
    let server = notes_app::start().await;
    let mut raw = server.raw_connection().await;
    for (headers, status) in [("Authorization: Bearer bob\r\n", 200), ("", 401)] {
        let answer = raw.http("GET /sockful/schema.json", headers, "").await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    assert_eq!(raw.status_of(format!("{HANDSHAKE}\r\n")).await, "101");
    raw.read_frame().await;
    raw.send(text(r#"["note","whoami",null,1]"#)).await;
    let reply = raw.read_frame().await.json();
    assert_eq!(reply[2]["err"]["code"], "unauthenticated", "{reply}");
}

#[tokio::test]
async fn other_method_on_a_client_file_is_405() {
    let server = TestServer::start().await;
    for path in FILES {
        let request = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(
            server.raw_connection().await.status_of(request).await,
            "405",
            "{path}"
        );
    }
}

#[tokio::test]
async fn server_and_resources_write_the_same_module() {
    for resources in [RESOURCES, ACCOUNTS, MUSIC] {
        let module = resources.typescript().expect("sound resources");
        let server = Server::new(resources).open().await.expect("a server");
        assert_eq!(server.typescript(), module);
        assert_eq!(server.schema(), resources.schema().expect("a description"));
    }
    let module = ACCOUNTS.typescript().expect("sound resources");
    for part in [
        "  gold: bigint;",
        "  debt: bigint | null;",
        "  debt?: bigint | null;",
        "  readonly revision: number;",
        "wide: {account:[\"gold\",\"debt\"]}",
        "earn(payload: { gold: bigint; id: string }, options?: sockful.Options): Promise<null>",
    ] {
        assert!(module.contains(part), "{part} in {module}");
    }
    assert!(!module.contains("  key"), "{module}");
}

#[test]
fn demo_types_are_up_to_date() {
    let made = demo::DEMO.typescript().expect("sound resources");
    assert!(
        made == include_str!("typescript/demo.ts"),
        "the types of the demo have changed; update them with `cargo run -- types tests/description/typescript/demo.ts`"
    );
}
