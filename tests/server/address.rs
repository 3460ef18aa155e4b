//! The address that a server logs.

use crate::support::{CapturedLog, TestServer};

#[tokio::test]
async fn address_is_logged_when_the_server_listens() {
    let log = CapturedLog::start();
    let server = TestServer::start().await;
    server.client().await;
    let line = log.line("listening on");
    let expected = format!("listening on http://{}", server.address);
    assert!(line.ends_with(&expected), "{line}");
    assert!(line.contains(" INFO "), "{line}");
}
