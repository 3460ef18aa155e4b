//! The client over TLS.

use super::resources::{Beast, RESOURCES, beast};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use sockful::client::Client;
use sockful::{ErrorKind, Server, TlsConfig};
use tokio::net::TcpListener;

#[tokio::test]
async fn client_connects_only_to_trusted_certificates() {
    let made = generate_simple_self_signed(["localhost".to_owned()]);
    let CertifiedKey { cert, signing_key } = made.expect("a certificate");
    let tls = TlsConfig::from_pem(cert.pem(), signing_key.serialize_pem());
    let tls = tls.expect("they belong together");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener
        .local_addr()
        .expect("a bound listener has one")
        .port();
    let server = Server::new(RESOURCES).open().await.expect("memory opens");
    let serving = tokio::spawn(async move {
        server
            .serve_tls(listener, tls, std::future::pending())
            .await
    });
    let url = format!("wss://localhost:{port}");
    let client = Client::builder(&url)
        .root_certificates(&cert.pem())
        .connect()
        .await;
    let client = client.expect("it is trusted");
    let made = client
        .records::<Beast>()
        .create(beast("bob", "dragon"))
        .await;
    assert_eq!(made.expect("there is none").life, 10);

    let stranger = Client::connect(&url)
        .await
        .expect_err("nobody vouches for it");
    assert_eq!(stranger.kind(), ErrorKind::Unavailable);
    assert!(
        stranger.to_string().starts_with("TLS setup failed: "),
        "{stranger}"
    );
    let nothing = Client::builder(&url).root_certificates("").connect().await;
    assert_eq!(
        nothing.expect_err("there is none").kind(),
        ErrorKind::Invalid
    );
    serving.abort();
}
