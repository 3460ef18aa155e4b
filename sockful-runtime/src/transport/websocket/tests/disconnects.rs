//! Tests of clients that disconnect while their requests run.

use super::slow_store::{Server, send};
use crate::core::config::Config;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::task::yield_now;

#[tokio::test]
async fn disconnect_ends_requests_that_fill_the_connection() {
    let server = Server::start().await;
    // Each running list holds a reference as well.
    let running = || Arc::strong_count(&server.lists);
    let idle = running();
    let mut client = server.client().await;
    let limits = Config::default().connection;
    for n in 1..=limits.max_in_flight as u64 {
        send(&mut client, "find", json!({}), n).await;
    }
    while server.asked.load(Relaxed) < limits.max_lists {
        yield_now().await;
    }
    assert_eq!(running(), idle + limits.max_lists);
    // Reading is paused because there is no room for another request.
    drop(client);
    for _ in 0..1_000 {
        yield_now().await;
    }
    assert_eq!(running(), idle);
}
