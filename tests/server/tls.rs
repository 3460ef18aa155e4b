//! Connections over TLS.

use crate::support::{HANDSHAKE, RawConnection, sample_resources, within};
use futures_util::{SinkExt, StreamExt};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};
use sockful::{Config, ErrorKind, Server, ServerHandle, TlsConfig};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

/// A server with a certificate that its clients trust.
struct Secure {
    address: SocketAddr,
    certificate: CertificateDer<'static>,
    server: ServerHandle,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

/// A certificate for `localhost`, and its key, as PEM.
fn certified() -> (CertificateDer<'static>, String, String) {
    let made = generate_simple_self_signed(["localhost".to_owned()]);
    let CertifiedKey { cert, signing_key } = made.expect("a certificate");
    (cert.der().clone(), cert.pem(), signing_key.serialize_pem())
}

impl Secure {
    async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        change(&mut config);
        let (certificate, chain, key) = certified();
        let tls = TlsConfig::from_pem(chain, key).expect("the key matches the certificate");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let server = Server::new(sample_resources::RESOURCES)
            .config(config)
            .open()
            .await;
        let server = server.expect("a memory store opens");
        let (stop, stopped) = oneshot::channel();
        let handle = server.clone();
        let task = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await;
            };
            let ended = handle.serve_tls(listener, tls, shutdown).await;
            ended.expect("a server serves");
        });
        Self {
            address,
            certificate,
            server,
            stop,
            served: task,
        }
    }

    async fn connect(&self) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("a certificate");
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions that the provider supports")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = TcpStream::connect(self.address)
            .await
            .expect("the server listens");
        let name = ServerName::try_from("localhost").expect("a name");
        let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
        within("the TLS handshake", handshake)
            .await
            .expect("the certificate is trusted")
    }

    async fn client(&self) -> WebSocketStream<TlsStream<TcpStream>> {
        let stream = self.connect().await;
        // Boxed because the TLS state of a client is large.
        let handshake = Box::pin(client_async("wss://localhost/", stream));
        let (mut client, _) = within("the handshake", handshake)
            .await
            .expect("an upgrade");
        assert_eq!(receive(&mut client).await[1], "hello");
        client
    }

    async fn raw_connection(&self) -> RawConnection {
        RawConnection::new(
            TcpStream::connect(self.address)
                .await
                .expect("the server listens"),
        )
    }
}

async fn receive(client: &mut WebSocketStream<TlsStream<TcpStream>>) -> Value {
    let message = within("a frame", client.next()).await;
    let message = message.expect("an open connection").expect("a frame");
    serde_json::from_str(message.to_text().expect("text")).expect("every message is JSON")
}

async fn ask(client: &mut WebSocketStream<TlsStream<TcpStream>>, frame: Value) -> Value {
    let message = Message::text(frame.to_string());
    client.send(message).await.expect("an open connection");
    receive(client).await
}

#[tokio::test]
async fn requests_are_served_over_tls() {
    let server = Secure::start(|_| {}).await;
    let stream = server.connect().await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let mut client = server.client().await;
    let bio = "x".repeat(50_000);
    let create = json!(["creature", "create", {"id": "bob", "bio": bio}, 1]);
    assert_eq!(ask(&mut client, create).await[2]["ok"]["id"], "bob");
    for _ in 0..20 {
        let all = json!(["creature", "all", null, 2]);
        assert_eq!(ask(&mut client, all).await[2]["ok"][0]["bio"], bio);
    }
}

#[tokio::test]
async fn shutdown_sends_a_close_over_tls() {
    let server = Secure::start(|_| {}).await;
    let mut client = server.client().await;
    // A connection without a finished TLS handshake does not delay the shutdown.
    let _waiting = server.raw_connection().await;
    server.stop.send(()).expect("the server runs");
    let message = within("a close", client.next()).await;
    match message.expect("an open connection").expect("a frame") {
        Message::Close(Some(close)) => assert_eq!(u16::from(close.code), 1001),
        other => panic!("{other:?}"),
    }
    while client.next().await.is_some() {}
    within("the end", server.served).await.expect("no panic");
}

#[tokio::test]
async fn tls_handshake_that_never_begins_times_out() {
    let server = Secure::start(|config| {
        config.http.handshake_timeout = Duration::from_millis(100);
    })
    .await;
    server.raw_connection().await.ended().await;
}

#[tokio::test]
async fn plain_connection_to_a_tls_port_is_closed() {
    let server = Secure::start(|_| {}).await;
    let mut raw = server.raw_connection().await;
    raw.send(format!("{HANDSHAKE}\r\n")).await;
    raw.ended().await;
    server.client().await;
}

#[tokio::test]
async fn tls_connection_over_the_limit_is_closed_silently() {
    let server = Secure::start(|config| config.connection.max_connections = 1).await;
    let mut client = server.client().await;
    assert_eq!(server.raw_connection().await.rest().await, "");
    let pong = ask(&mut client, json!(["sockful", "ping", null, 7])).await;
    assert_eq!(pong[3], 7);
}

#[tokio::test]
async fn tls_and_plain_connections_share_one_limit() {
    let server = Secure::start(|config| config.connection.max_connections = 1).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener
        .local_addr()
        .expect("a bound listener has an address");
    let handle = server.server.clone();
    tokio::spawn(async move { handle.serve(listener, std::future::pending()).await });
    let _client = server.client().await;
    let mut plain = RawConnection::new(
        TcpStream::connect(address)
            .await
            .expect("the server listens"),
    );
    assert_eq!(plain.status_of(format!("{HANDSHAKE}\r\n")).await, "503");
}

#[tokio::test]
async fn invalid_certificate_or_key_is_rejected() {
    let ((_, chain, key), (_, _, other)) = (certified(), certified());
    for (chain, key, why) in [
        ("", &*key, "no certificate"),
        (&*chain, "", "no private key"),
        (&chain, &chain, "no private key"),
        (&chain, &other, "not usable"),
    ] {
        let error = TlsConfig::from_pem(chain, key).expect_err(why);
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(why), "{error}");
    }
    let error = TlsConfig::from_pem_files("nowhere.pem", "key.pem").expect_err("no file");
    assert!(error.to_string().contains("nowhere.pem"), "{error}");
}
