//! Checks before a store is opened, and closing of a store.

use super::temp_folder::Folder;
use crate::support::{Checkpoints, TestServer};
use serde_json::json;
use sockful::store::Sqlite;
use sockful::{Config, ErrorKind, Server, resources};
use std::fs;
use tokio::net::TcpListener;

mod old {
    use serde::{Deserialize, Serialize};
    use sockful::Resource;

    #[derive(Serialize, Deserialize, Resource)]
    pub(super) struct Creature {
        pub(super) id: String,
        pub(super) life: u64,
    }
}

mod new {
    use serde::{Deserialize, Serialize};
    use sockful::{Filter, Resource, remote};

    pub(super) struct User;

    #[derive(Serialize, Deserialize, Resource)]
    pub(super) struct Creature {
        pub(super) id: String,
        #[resource(renamed_from = "life")]
        pub(super) health: u64,
    }

    #[remote]
    impl Creature {
        #[can(read)]
        fn all(_user: &User) -> Filter<Self> {
            Filter::all()
        }
    }
}

/// Creates a store with the earlier version of the program.
async fn filled(name: &str) -> Folder {
    let folder = Folder::new(name);
    let handle = folder.open(resources![old::Creature]).await;
    let handle = handle.expect("a new file");
    let bob = old::NewCreature {
        id: Some("bob".to_owned()),
        life: 7,
    };
    let created = handle.records::<old::Creature>().create(bob).await;
    created.expect("the record is created");
    handle.close().await.expect("the store closes");
    folder
}

async fn assert_untouched(folder: &Folder) {
    let handle = folder.open(resources![old::Creature]).await;
    let handle = handle.expect("the earlier version can still open the store");
    let bob = handle
        .records::<old::Creature>()
        .get(&"bob".to_owned())
        .await;
    assert_eq!(bob.expect("the record exists").life, 7);
}

#[tokio::test]
async fn missing_authenticator_leaves_the_store_untouched() {
    let folder = filled("no-authenticator").await;
    let server = Server::new(resources![new::Creature]).store(folder.store());
    let refused = server.open().await.expect_err("a policy needs a user");
    assert!(refused.to_string().contains("authenticate"), "{refused}");
    assert_untouched(&folder).await;
}

#[tokio::test]
async fn invalid_setting_leaves_the_store_untouched() {
    let folder = filled("invalid-setting").await;
    let mut config = Config::default();
    config.store.max_keys = 0;
    let server = Server::new(resources![new::Creature]).store(folder.store());
    let server = server.authenticate(|_| async { Ok(sockful::Identity::new("bob", new::User)) });
    let refused = server.config(config).open().await;
    assert_eq!(
        refused.expect_err("the setting is invalid").kind(),
        ErrorKind::Invalid
    );
    assert_untouched(&folder).await;
}

#[tokio::test]
async fn address_in_use_leaves_the_store_untouched() {
    let folder = filled("address-in-use").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let server = Server::new(resources![new::Creature]).store(folder.store());
    let server = server.authenticate(|_| async { Ok(sockful::Identity::new("bob", new::User)) });
    let refused = server
        .listen(address)
        .await
        .expect_err("the address is in use");
    let text = refused.to_string();
    assert!(
        text.contains(&format!("cannot listen on `{address}`")),
        "{text}"
    );
    assert_untouched(&folder).await;
}

#[tokio::test]
async fn serve_closes_the_store_despite_a_remaining_handle() {
    let folder = filled("served").await;
    let handle = folder.open(resources![old::Creature]).await;
    let handle = handle.expect("the store is not open");
    let mut first = TestServer::from_handle(handle.clone(), Checkpoints::default()).await;
    let mut second = TestServer::from_handle(handle.clone(), Checkpoints::default()).await;
    let mut client = second.client().await;
    // The server continues while another listener is served.
    first.stop();
    first.stopped().await;
    client
        .ok("creature", "create", json!({"id": "eve", "life": 1}))
        .await;
    drop(client);
    second.stop();
    second.stopped().await;

    let wal = folder.file("data.db-wal");
    assert!(
        !fs::exists(wal).expect("a folder"),
        "the WAL was checkpointed"
    );
    let creatures = handle.records::<old::Creature>();
    let late = old::NewCreature { id: None, life: 3 };
    let refused = creatures.create(late).await.map(|_| ());
    assert_eq!(
        refused.expect_err("the store is closed").kind(),
        ErrorKind::Unavailable
    );
    let eve = creatures.get(&"eve".to_owned()).await.map(|_| ());
    assert_eq!(
        eve.expect_err("the store is closed").kind(),
        ErrorKind::Unavailable
    );
    let count = creatures.count(sockful::Filter::all()).await;
    assert_eq!(
        count.expect_err("the store is closed").kind(),
        ErrorKind::Unavailable
    );
    handle.close().await.expect("closing again succeeds");

    let moved = folder.file("moved.db");
    fs::rename(folder.file("data.db"), &moved).expect("the file is renamed");
    let again = Server::new(resources![old::Creature])
        .store(Sqlite::open(&moved).expect("the file is not locked"));
    let again = again.open().await.expect("the file is intact");
    let eve = again
        .records::<old::Creature>()
        .get(&"eve".to_owned())
        .await;
    assert_eq!(eve.expect("the record exists").life, 1);
}
