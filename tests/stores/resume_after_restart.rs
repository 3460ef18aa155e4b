//! Subscriptions that resume after a restart from the log in the file.

use super::temp_folder::Folder;
use crate::support::{Checkpoints, TestServer};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sockful::store::Sqlite;
use sockful::{Config, Resource, Resources, Server, ServerHandle, resources};
use std::ops::RangeInclusive;

#[derive(Serialize, Deserialize, Resource)]
struct Entry {
    id: String,
    #[resource(index)]
    number: u64,
}

const ENTRIES: Resources = resources![Entry];

/// More commits than a server has in memory when it starts.
const MANY: u64 = 2_000;

async fn write(handle: &ServerHandle, numbers: RangeInclusive<u64>) {
    for number in numbers {
        let entry = NewEntry { id: None, number };
        handle
            .records::<Entry>()
            .create(entry)
            .await
            .expect("the record is created");
    }
}

#[tokio::test]
async fn subscription_resumes_after_a_restart() {
    let folder = Folder::new("resumed");
    let handle = folder.open(ENTRIES).await.expect("a new file");
    write(&handle, 1..=3).await;
    let mut server = TestServer::from_handle(handle.clone(), Checkpoints::default()).await;
    let mut client = server.client().await;
    let first = json!(["entry", "subscribe", {"number": {"$lte": 10}}, 7]);
    let first = client.ask(first).await[2].take();
    assert_eq!(first["ok"]["records"].as_array().map(Vec::len), Some(3));
    drop(client);
    write(&handle, 4..=MANY).await;
    server.stop();
    server.stopped().await;
    drop(handle);

    let handle = folder.open(ENTRIES).await.expect("the file is intact");
    let mut server = TestServer::from_handle(handle, Checkpoints::default()).await;
    let mut client = server.client().await;
    let from = json!({"resume": first["resume"], "seq": first["seq"], "at": first["at"]});
    let request = json!(["entry", "subscribe", {"number": {"$lte": 10}, "$from": from}, 7]);
    let resumed = client.ask(request).await[2].take();
    assert_eq!(resumed["ok"], json!({"resumed": true}));
    for number in 4..=10 {
        let event = client.recv().await;
        assert_eq!(event[1], "created");
        assert_eq!(event[2]["record"]["number"], number);
        assert_eq!(event[2]["seq"], number);
    }
    let ping = client.ask(json!(["sockful", "ping", null, 8])).await;
    assert_eq!(
        ping[2]["ok"]["seq"], MANY,
        "no other event precedes the reply"
    );
    server.stop();
    server.stopped().await;
}

#[tokio::test]
async fn resume_beyond_the_stored_log_sends_all_records() {
    let folder = Folder::new("not-resumed");
    let open = || async {
        let mut config = Config::default();
        (config.store.log_capacity, config.store.stored_log_capacity) = (0, 1_000);
        let store = Sqlite::with_config(folder.file("data.db"), &config);
        let server = Server::new(ENTRIES).store(store.expect("the file is not locked"));
        server
            .config(config)
            .open()
            .await
            .expect("the file is intact")
    };
    let handle = open().await;
    write(&handle, 1..=3).await;
    let mut server = TestServer::from_handle(handle.clone(), Checkpoints::default()).await;
    let mut client = server.client().await;
    let first = client.ask(json!(["entry", "subscribe", {}, 7])).await[2].take();
    drop(client);
    write(&handle, 4..=50).await;
    server.stop();
    server.stopped().await;
    drop(handle);

    let mut server = TestServer::from_handle(open().await, Checkpoints::default()).await;
    let mut client = server.client().await;
    let from = json!({"resume": first["resume"], "seq": first["seq"], "at": first["at"]});
    let request = json!(["entry", "subscribe", {"$from": from}, 7]);
    let restarted = client.ask(request).await[2].take();
    assert_eq!(
        restarted["ok"]["records"].as_array().map(Vec::len),
        Some(50)
    );
    server.stop();
    server.stopped().await;
}
