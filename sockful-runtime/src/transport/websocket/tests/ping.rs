//! The data that a `ping` reads.

use super::slow_store::{Server, ask};
use crate::live::LOG_READS;
use serde_json::{Value, json};

#[tokio::test]
async fn ping_reads_the_log_once() {
    let server = Server::start().await;
    server.commits.add_permits(1);
    let mut client = server.client().await;
    let created = ask(&mut client, "sample", "create", json!({"id": "a"})).await;
    assert!(created["ok"].is_object(), "{created}");
    LOG_READS.set(0);
    let position = ask(&mut client, "sockful", "ping", Value::Null).await;
    assert_eq!(position["ok"]["seq"], 1);
    assert!(position["ok"]["at"].is_string(), "{position}");
    assert_eq!(LOG_READS.get(), 1);
}
