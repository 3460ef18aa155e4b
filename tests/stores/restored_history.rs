//! Subscriptions that resume after the file was replaced by an earlier copy.

use super::temp_folder::Folder;
use crate::support::{Checkpoints, Client, EventStream, TestServer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Resource, Resources, ServerHandle, resources};
use std::fs;
use std::ops::RangeInclusive;

#[derive(Serialize, Deserialize, Resource)]
struct Entry {
    id: String,
    number: u64,
}

const ENTRIES: Resources = resources![Entry];

struct Running {
    handle: ServerHandle,
    server: TestServer,
    client: Client,
}

impl Running {
    async fn start(folder: &Folder) -> Self {
        let handle = folder.open(ENTRIES).await.expect("the file is intact");
        let server = TestServer::from_handle(handle.clone(), Checkpoints::default()).await;
        let client = server.client().await;
        Self {
            handle,
            server,
            client,
        }
    }

    async fn write(&self, name: &str, numbers: RangeInclusive<u64>) {
        for number in numbers {
            let id = Some(format!("{name}{number}"));
            let entry = NewEntry { id, number };
            let created = self.handle.records::<Entry>().create(entry).await;
            created.expect("the record is created");
        }
    }

    async fn subscribe(&mut self, from: Option<Value>) -> Value {
        let payload = from.map_or_else(|| json!({}), |from| json!({"$from": from}));
        let request = json!(["entry", "subscribe", payload, 7]);
        self.client.ask(request).await[2].take()
    }

    async fn stop(mut self) {
        self.server.stop();
        self.server.stopped().await;
    }
}

fn position(resume: &Value, frame: &Value) -> Value {
    json!({"resume": resume, "seq": frame["seq"], "at": frame["at"]})
}

#[tokio::test]
async fn resume_on_a_restored_older_file_sends_all_records() {
    let folder = Folder::new("rolled-back");
    let running = Running::start(&folder).await;
    running.write("old", 1..=5).await;
    running.stop().await;
    let (file, copy) = (folder.file("data.db"), folder.file("copy.db"));
    fs::copy(&file, &copy).expect("a copy");

    // The client follows from the copied commit to the twelfth.
    let mut running = Running::start(&folder).await;
    let first = running.subscribe(None).await;
    assert_eq!(first["seq"], 5);
    let resume = &first["resume"];
    running.write("lost", 6..=12).await;
    let mut followed = Vec::new();
    for _ in 6..=12 {
        followed.push(running.client.recv().await[2].take());
    }
    let connection = running.server.raw_connection().await;
    let mut stream = EventStream::open(connection, "/api/entry", "").await;
    let id = stream.event().await.id.expect("it has a position");
    drop(stream);
    running.stop().await;

    fs::copy(&copy, &file).expect("the copy is restored");
    let mut running = Running::start(&folder).await;
    running.write("new", 6..=15).await;
    // The restored file does not have the commits of the positions after the copy.
    for frame in &followed {
        let reply = running.subscribe(Some(position(resume, frame))).await;
        let records = reply["ok"]["records"].as_array().expect("all records");
        assert_eq!((records.len(), &reply["seq"]), (15, &json!(15)));
        let end = json!({"subscription": 7});
        running.client.ok("entry", "unsubscribe", end).await;
    }
    let header = format!("Last-Event-ID: {id}\r\n");
    let connection = running.server.raw_connection().await;
    let mut stream = EventStream::open(connection, "/api/entry", &header).await;
    let initial = stream.event().await.data;
    drop(stream);
    assert_eq!(initial["ok"]["records"].as_array().map(Vec::len), Some(15));

    // The position of the common commit is valid.
    let reply = running.subscribe(Some(position(resume, &first))).await;
    assert_eq!(reply["ok"], json!({"resumed": true}));
    for number in 6..=15 {
        let event = running.client.recv().await;
        assert_eq!(event[2]["id"], format!("new{number}"));
    }
    running.stop().await;
}

#[tokio::test]
async fn positions_of_a_store_are_invalid_in_its_backup() {
    let folder = Folder::new("backup-positions");
    let mut running = Running::start(&folder).await;
    running.write("old", 1..=5).await;
    let first = running.subscribe(None).await;
    let copy = folder.file("copy.db");
    running
        .handle
        .backup(&copy)
        .await
        .expect("the backup succeeds");
    running.stop().await;
    fs::rename(&copy, folder.file("data.db")).expect("the copy is restored");
    let mut running = Running::start(&folder).await;
    let from = position(&first["resume"], &first);
    let reply = running.subscribe(Some(from)).await;
    assert_eq!(reply["ok"]["records"].as_array().map(Vec::len), Some(5));
    running.stop().await;
}
