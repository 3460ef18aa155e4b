//! A server mounted into an axum application.

use crate::support::{
    Checkpoints, Client, EventStream, HANDSHAKE, RawConnection, notes_app, sample_resources, within,
};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use axum::routing::get;
use serde_json::json;
use sockful::{Config, MountedServer, Server, ServerHandle};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tower_service::Service;

/// An axum application and the server mounted in it.
struct Outer {
    address: SocketAddr,
    server: ServerHandle,
    checkpoints: Checkpoints,
    _serving: JoinSet<()>,
}

impl Outer {
    async fn of(server: Server, mount: impl FnOnce(Router, MountedServer) -> Router) -> Self {
        let checkpoints = Checkpoints::default();
        let server = server.state(checkpoints.clone()).open().await;
        let server = server.expect("a memory store opens");
        let own = Router::new().route("/own", get(async || "its own"));
        let service = server.service().peer(|parts| {
            let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
            peer.map(|ConnectInfo(address)| *address)
        });
        let router = mount(own, service);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let make = router.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, make).await.expect("it serves");
        });
        Self {
            address,
            server,
            checkpoints,
            _serving: serving,
        }
    }

    async fn nested(server: Server) -> Self {
        Self::of(server, |own, service| own.nest_service("/live", service)).await
    }

    async fn raw_connection(&self) -> RawConnection {
        let stream = TcpStream::connect(self.address).await;
        RawConnection::new(stream.expect("it listens"))
    }

    /// The status of a handshake at a path, with additional headers.
    async fn status(&self, path: &str, headers: &str) -> String {
        let mut raw = self.raw_connection().await;
        let handshake = HANDSHAKE.replace("GET / ", &format!("GET {path} "));
        raw.status_of(format!("{handshake}{headers}\r\n")).await
    }

    async fn client(&self, path: &str) -> Client {
        let mut client = Client::connect_at(self.address, path).await;
        assert_eq!(client.recv().await[1], "hello");
        client
    }
}

fn sample() -> Server {
    Server::new(sample_resources::RESOURCES)
}

#[tokio::test]
async fn mounted_server_works_beside_application_routes() {
    let outer = Outer::nested(sample()).await;
    let mut own = outer.raw_connection().await;
    let get = "GET /own HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned();
    assert_eq!(own.status_of(get).await, "200");
    for path in ["/live", "/live/", "/live/anything"] {
        let mut client = outer.client(path).await;
        let subscribed = client.ask(json!(["creature", "subscribe", {}, 1])).await;
        assert!(subscribed[2]["ok"]["records"].is_array(), "{subscribed}");
        outer
            .server
            .records::<sample_resources::Creature>()
            .create(sample_resources::NewCreature::default())
            .await
            .expect("it is made");
        assert_eq!(client.recv().await[1], "created");
        let peer = client.ok("creature", "whoAmI", json!({})).await;
        assert!(
            peer.as_str().is_some_and(|it| it.starts_with("127.0.0.1:")),
            "{peer}"
        );
    }
}

#[tokio::test]
async fn server_mounts_by_route_and_as_fallback() {
    let routed = Outer::of(sample(), |own, service| own.route_service("/ws", service)).await;
    routed.client("/ws").await;
    assert_eq!(routed.status("/", "").await, "404");
    let last = Outer::of(sample(), Router::fallback_service).await;
    last.client("/").await;
    let mut raw = last.raw_connection().await;
    let get = "GET /own HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned();
    assert_eq!(raw.status_of(get).await, "200");
}

#[tokio::test]
async fn explorer_and_files_are_below_the_mount_path() {
    let mut config = Config::default();
    config.http.explorer = true;
    let outer = Outer::nested(sample().config(config)).await;
    for (path, expected) in [
        ("/live", "200"),
        ("/live/", "200"),
        ("/live/healthz", "200"),
        ("/live/sockful/client.js", "200"),
        ("/live?start.js", "200"),
        ("/live/sockful/explorer/main.js", "200"),
        ("/live/sockful/types.d.ts", "200"),
        ("/live/nothing", "404"),
        ("/healthz", "404"),
    ] {
        let mut raw = outer.raw_connection().await;
        let get = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(raw.status_of(get).await, expected, "{path}");
    }
}

#[tokio::test]
async fn rest_routes_are_below_the_mount_path() {
    let mut config = Config::default();
    config.connection.max_connections = 1;
    config.access.allowed_origins = vec!["https://app.example.com".to_owned()];
    let outer = Outer::nested(sample().config(config)).await;
    let mut raw = outer.raw_connection().await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let made = raw
        .http("POST /live/api/creature", form, "id=bob&life=3")
        .await;
    assert_eq!(
        (made.status, made.header("location")),
        (201, Some("creature/bob"))
    );
    let fed = raw
        .http("POST /live/api/creature/bob/feed", "", r#"{"amount":4}"#)
        .await;
    assert_eq!(fed.json()["ok"], "I have been fed my life is: 7");
    let origin = "Origin: https://app.example.com\r\n";
    let read = raw.http("GET /live/api/creature/bob", origin, "").await;
    assert_eq!(
        read.header("access-control-allow-origin"),
        Some("https://app.example.com")
    );
    // An event stream counts as a connection and ends with them.
    let mut events = EventStream::open(raw, "/live/api/creature", "").await;
    assert_eq!(events.event().await.data["ok"]["records"][0]["life"], 7);
    let mut other = outer.raw_connection().await;
    let accept = "Accept: text/event-stream\r\n";
    let full = other.http("GET /live/api/creature", accept, "").await;
    assert_eq!((full.status, full.header("retry-after")), (503, Some("5")));
    within("the end", outer.server.drain()).await;
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn request_without_upgrade_support_gets_501() {
    let server = sample().open().await.expect("a memory store opens");
    let request = Request::get("/")
        .header(header::HOST, "localhost")
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==")
        .body(Body::empty())
        .expect("a request");
    let response = server.service().call(request).await.expect("it answers");
    assert_eq!(response.status(), StatusCode::NOT_IMPLEMENTED);
    assert!(response.headers().get(header::UPGRADE).is_none());
}

#[tokio::test]
async fn mounted_server_checks_origin_and_credentials() {
    let outer = Outer::nested(sample()).await;
    let origin = "Origin: https://localhost.evil.example\r\n";
    assert_eq!(outer.status("/live", origin).await, "403");
    assert_eq!(
        outer.status("/live", "Origin: http://localhost\r\n").await,
        "101"
    );
    let notes = Outer::nested(notes_app::server()).await;
    for (header, expected) in [
        ("Authorization: Bearer bob\r\n", "101"),
        ("Authorization: Bearer bob:1000\r\n", "401"),
        ("Authorization: Bearer away\r\n", "503"),
        ("", "101"),
    ] {
        assert_eq!(notes.status("/live", header).await, expected, "{header}");
    }
}

#[tokio::test]
async fn mounted_server_limits_connections() {
    let full = |change: fn(&mut Config)| {
        let mut config = Config::default();
        change(&mut config);
        Outer::nested(sample().config(config))
    };
    let outer = full(|config| config.connection.max_connections = 1).await;
    let mut first = outer.client("/live").await;
    let mut raw = outer.raw_connection().await;
    let handshake = HANDSHAKE.replace("GET / ", "GET /live ");
    raw.send(format!("{handshake}\r\n")).await;
    let head = raw.read_head().await.to_lowercase();
    assert!(
        head.starts_with("http/1.1 503") && head.contains("retry-after: 5"),
        "{head}"
    );
    // The application itself is not full.
    let mut own = outer.raw_connection().await;
    let get = "GET /own HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned();
    assert_eq!(own.status_of(get).await, "200");
    first.send_message(Message::Close(None)).await;
    within("a free place", async {
        while outer.status("/live", "").await != "101" {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn peer_address_from_the_application_is_limited() {
    let mut config = Config::default();
    config.connection.max_connections_per_address = 1;
    let outer = Outer::of(sample().config(config), |own, service| {
        // Like an application behind a proxy, which sends the address of the client.
        let service = service.peer(|parts| {
            let forwarded = parts.headers.get("x-forwarded-for")?.to_str().ok()?;
            Some(SocketAddr::new(forwarded.parse().ok()?, 0))
        });
        own.nest_service("/live", service)
    })
    .await;
    let one = "X-Forwarded-For: 203.0.113.7\r\n";
    let mut held = outer.raw_connection().await;
    let handshake = HANDSHAKE.replace("GET / ", "GET /live ");
    assert_eq!(held.status_of(format!("{handshake}{one}\r\n")).await, "101");
    assert_eq!(outer.status("/live", one).await, "503");
    assert_eq!(
        outer
            .status("/live", "X-Forwarded-For: 203.0.113.8\r\n")
            .await,
        "101"
    );
    assert_eq!(outer.status("/live", "").await, "101");
}

#[tokio::test]
async fn drain_finishes_requests_and_closes_connections() {
    let mut config = Config::default();
    // Longer than any test waits, so the timeout does not end the drain.
    config.connection.shutdown_timeout = Duration::from_secs(60);
    let outer = Outer::nested(sample().config(config)).await;
    let mut client = outer.client("/live").await;
    client.ok("creature", "create", json!({"id": "bob"})).await;
    let feed = json!(["creature", "feedAt", {"id": "bob", "checkpoint": "g"}, 1]);
    client.send(feed).await;
    outer.checkpoints.reached("g").await;
    let server = outer.server.clone();
    let draining = tokio::spawn(async move { server.drain().await });
    let server = outer.server.clone();
    let once_more = tokio::spawn(async move { server.drain().await });
    within("the end of new connections", async {
        while outer.status("/live", "").await != "503" {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(!draining.is_finished(), "a request is still in progress");
    assert!(!once_more.is_finished(), "the second call waits as well");
    outer.checkpoints.release("g");
    let (frames, code) = client.rest().await;
    assert_eq!(
        frames,
        [json!(["creature", "feedAt", {"ok": 11, "seq": 2}, 1])]
    );
    assert_eq!(code, Some(1001));
    within("the end", draining).await.expect("no panic");
    within("the end", once_more).await.expect("no panic");
    within("nothing", outer.server.drain()).await;
}

#[tokio::test]
async fn mounted_request_timeout_is_unavailable() {
    let mut config = Config::default();
    config.connection.shutdown_timeout = Duration::from_millis(100);
    let outer = Outer::nested(sample().config(config)).await;
    let mut client = outer.client("/live").await;
    let wait = json!(["creature", "waitAt", {"checkpoint": "shut"}, 1]);
    client.send(wait).await;
    outer.checkpoints.reached("shut").await;
    within("the end", outer.server.drain()).await;
    let (frames, code) = client.rest().await;
    let err = &frames[0][2]["err"];
    assert_eq!(
        (&err["code"], &err["outcome"], frames.len(), code),
        (&json!("unavailable"), &json!("none"), 1, Some(1001)),
        "{frames:?}"
    );
}
