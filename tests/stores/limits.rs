//! Stores obey the limits of the server's config.

use super::temp_folder::Folder;
use serde::{Deserialize, Serialize};
use sockful::store::{
    Commit, Expect, IdempotencyEntry, Lookup, Memory, Operation, PendingResponse, Sqlite, Store,
};
use sockful::{Config, ErrorKind, Resource, Server, ServerHandle, resources};
use uuid::{Builder, Uuid};

#[derive(Serialize, Deserialize, Resource)]
struct Entry {
    id: String,
    number: u64,
}

/// Returns a config for a log of one commit, one key, and queries that visit at most two records.
fn narrow() -> Config {
    let mut config = Config::default();
    config.store.max_visited = 2;
    config.store.log_capacity = 0;
    config.store.stored_log_capacity = 0;
    config.store.max_keys = 1;
    config
}

/// Opens a server with this config. Its store has the records "0" to "4", of which the first two were
/// destroyed by requests with keys.
async fn serve(config: Config, store: impl Store) -> ServerHandle {
    let server = Server::new(resources![Entry]).config(config).store(store);
    let handle = server.open().await.expect("the store opens");
    for number in 0..5 {
        let id = Some(number.to_string());
        let created = handle
            .records::<Entry>()
            .create(NewEntry { id, number })
            .await;
        created.expect("the record is created");
    }
    for number in 0..2 {
        let commit = Commit {
            operations: vec![Operation::Delete {
                resource: 0,
                id: number.to_string().into(),
                expect: Expect::Present,
            }],
            idempotency: Some(IdempotencyEntry {
                caller: "ann".into(),
                key: key(number),
                fingerprint: 0,
                at: 1_000 + number,
                response: PendingResponse::Json {
                    json: "null".into(),
                    subject: None,
                },
            }),
            ..Commit::default()
        };
        let committed = handle.store().commit(commit).await;
        assert_eq!(committed.expect("the record exists").seq, 6 + number);
    }
    handle
}

fn key(number: u64) -> Uuid {
    Builder::from_unix_timestamp_millis(1_000 + number, &[7; 10]).into_uuid()
}

async fn assert_is_narrow(handle: &ServerHandle) {
    let sorted = handle
        .records::<Entry>()
        .count(Entry::FIELDS.number.gt(1))
        .await;
    let error = sorted.expect_err("three records without an index exceed the limit");
    assert_eq!(error.kind(), ErrorKind::TooMany);
    let store = handle.store();
    assert!(store.log(5, 9).await.is_err());
    assert_eq!(store.log(6, 9).await.map(|log| log.len()), Ok(1));
    let first = store
        .completed("ann", key(0), 2_000)
        .await
        .expect("a lookup");
    assert!(matches!(first, Lookup::Forgotten), "{first:?}");
    let second = store
        .completed("ann", key(1), 2_000)
        .await
        .expect("a lookup");
    assert!(matches!(second, Lookup::Completed(_)), "{second:?}");
}

async fn assert_is_wide(handle: &ServerHandle) {
    let sorted = handle
        .records::<Entry>()
        .count(Entry::FIELDS.number.gt(1))
        .await;
    assert_eq!(sorted.expect("a count"), 3);
    let store = handle.store();
    assert_eq!(store.log(0, 9).await.map(|log| log.len()), Ok(7));
    let first = store
        .completed("ann", key(0), 2_000)
        .await
        .expect("a lookup");
    assert!(matches!(first, Lookup::Completed(_)), "{first:?}");
}

#[tokio::test]
async fn memory_obeys_limits_of_server_config() {
    assert_is_narrow(&serve(narrow(), Memory::new()).await).await;
    assert_is_wide(&serve(Config::default(), Memory::new()).await).await;
}

#[tokio::test]
async fn memory_with_own_limits_keeps_them() {
    let own = Memory::with_config(&Config::default());
    assert_is_wide(&serve(narrow(), own).await).await;
    let own = Memory::with_config(&narrow());
    assert_is_narrow(&serve(Config::default(), own).await).await;
}

#[tokio::test]
async fn sqlite_obeys_limits_of_server_config() {
    let folder = Folder::new("limits");
    let open = |name| Sqlite::open(folder.file(name)).expect("a new file");
    assert_is_narrow(&serve(narrow(), open("narrow.db")).await).await;
    assert_is_wide(&serve(Config::default(), open("wide.db")).await).await;
}

#[tokio::test]
async fn sqlite_with_own_limits_keeps_them() {
    let folder = Folder::new("own-limits");
    let open = |name, config: &Config| Sqlite::with_config(folder.file(name), config);
    let own = open("wide.db", &Config::default()).expect("a new file");
    assert_is_wide(&serve(narrow(), own).await).await;
    let own = open("narrow.db", &narrow()).expect("a new file");
    assert_is_narrow(&serve(Config::default(), own).await).await;
}
