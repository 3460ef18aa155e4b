//! The client over TLS.

use super::resources::{Beast, RESOURCES, beast};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use sockful::client::Client;
use sockful::{ErrorKind, Server, TlsConfig};
use tokio::net::TcpListener;

#[tokio::test]
async fn client_connects_only_to_trusted_certificates() {
    let created = generate_simple_self_signed(["localhost".to_owned()]);
    let CertifiedKey { cert, signing_key } = created.expect("a certificate");
    let tls = TlsConfig::from_pem(cert.pem(), signing_key.serialize_pem());
    let tls = tls.expect("the key matches the certificate");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener
        .local_addr()
        .expect("a bound listener has an address")
        .port();
    let server = Server::new(RESOURCES)
        .open()
        .await
        .expect("a memory store opens");
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
    let client = client.expect("the certificate is trusted");
    let created = client
        .records::<Beast>()
        .create(beast("bob", "dragon"))
        .await;
    assert_eq!(created.expect("the record is created").life, 10);

    let untrusted = Client::connect(&url)
        .await
        .expect_err("the certificate is not trusted");
    assert_eq!(untrusted.kind(), ErrorKind::Unavailable);
    assert!(
        untrusted.to_string().starts_with("TLS setup failed: "),
        "{untrusted}"
    );
    let without_roots = Client::builder(&url).root_certificates("").connect().await;
    assert_eq!(
        without_roots.expect_err("no certificate is given").kind(),
        ErrorKind::Invalid
    );
    serving.abort();
}
