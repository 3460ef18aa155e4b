//! Migration of stored records to a newer version of a resource.

use super::resource_versions::{
    bare, filled, first, indexed, more, renamed, sanitized, small, unfit, unique,
};
use super::temp_folder::{Folder, open};
use crate::support::{Checkpoints, Client, TestServer};
use serde_json::{Value, json};
use sockful::{Filter, Resources, resources};
use uuid::Uuid;

/// Returns the error of opening the store for these resources.
async fn open_error(folder: &Folder, resources: Resources) -> String {
    let refused = folder.open(resources).await;
    refused.expect_err("the records do not fit").to_string()
}

/// Starts a server, sends one request, and stops the server.
async fn request_once(folder: &Folder, resources: Resources, request: Value) -> Value {
    let handle = folder.open(resources).await.expect("the records fit");
    let mut server = TestServer::from_handle(handle, Checkpoints::default()).await;
    let mut client: Client = server.client().await;
    let reply = client.ask(request).await;
    drop(client);
    server.stop();
    server.stopped().await;
    reply
}

#[tokio::test]
async fn new_property_gets_default_and_renamed_keeps_value() {
    let folder = filled("more").await;
    let handle = folder.open(resources![first::Creature]).await;
    let handle = handle.expect("nothing has changed");
    let epoch = handle.store().epoch().to_owned();
    drop(handle);

    let handle = folder.open(resources![more::Creature]).await;
    let handle = handle.expect("no value is lost");
    let creatures = handle.records::<more::Creature>();
    let bob = creatures
        .get(&"bob".to_owned())
        .await
        .expect("the record exists");
    assert_eq!((&*bob.species, bob.wings, bob.life), ("dragon", 2, 10));
    assert_eq!(bob.whisper.as_deref(), Some("hush"));
    assert_eq!((bob.nick, bob.rev, bob.since), (None, 2, 0));
    let dragons = more::Creature::FIELDS.species.eq("dragon");
    assert_eq!(creatures.count(dragons).await.expect("a count"), 3);

    // Clients have records without the new property, so they cannot resume.
    assert_ne!(handle.store().epoch(), epoch);
    let log = |after| handle.store().log(after, 9);
    assert!(log(0).await.is_err() && log(1).await.is_err());
    assert_eq!(log(3).await.expect("the head").len(), 0);
    let epoch = handle.store().epoch().to_owned();
    creatures
        .destroy(&"eve".to_owned())
        .await
        .expect("the record exists");
    assert_eq!(handle.store().head().await.expect("a head"), 4);
    drop(creatures);
    drop(handle);

    // Opening again changes nothing.
    let handle = folder.open(resources![more::Creature]).await;
    let handle = handle.expect("the store has these resources");
    assert_eq!(handle.store().epoch(), epoch);
    assert_eq!(
        handle
            .store()
            .log(3, 9)
            .await
            .expect("the log continues")
            .len(),
        1
    );
}

#[tokio::test]
async fn change_invisible_to_clients_keeps_history() {
    let folder = filled("indexed").await;
    let handle = folder.open(resources![first::Creature]).await;
    let epoch = handle
        .expect("nothing has changed")
        .store()
        .epoch()
        .to_owned();

    let handle = folder.open(resources![indexed::Creature]).await;
    let handle = handle.expect("no value is lost");
    assert_eq!(handle.store().epoch(), epoch);
    let log = handle.store().log(0, 9).await.expect("the log is complete");
    assert_eq!(log.len(), 3);
    let dragons = indexed::Creature::FIELDS.kind.eq("dragon");
    let creatures = handle.records::<indexed::Creature>();
    assert_eq!(creatures.count(dragons).await.expect("a count"), 3);
}

#[tokio::test]
async fn unfit_records_are_all_reported_and_unchanged() {
    let folder = filled("unfit").await;
    let error = open_error(&folder, resources![unfit::Creature]).await;
    for message in [
        "nothing was changed",
        "creature: `life` is more than 5 in 2 records (such as `bob`); change that in a migration",
        "creature: `owner` is required, but 3 records (such as `ann`) would have no value; write #[resource(default = …)]",
        "creature: `secret`",
    ] {
        assert!(error.contains(message), "{message} is not in\n{error}");
    }
    assert!(!error.contains("hush"), "{error}");
    let handle = folder.open(resources![first::Creature]).await;
    let handle = handle.expect("the store is unchanged");
    let bob = handle
        .records::<first::Creature>()
        .get(&"bob".to_owned())
        .await;
    let bob = bob.expect("the record exists");
    assert_eq!((&*bob.kind, bob.life), ("dragon", 10));
    assert_eq!(bob.secret.as_deref(), Some("hush"));
}

#[tokio::test]
async fn new_unique_property_needs_unique_values() {
    let folder = filled("unique").await;
    let error = open_error(&folder, resources![unique::Creature]).await;
    let message =
        "creature: `kind` is unique, but 1 value occurs in several records (such as `ann`)";
    assert!(error.contains(message), "{error}");
    assert!(
        !error.contains("life") && !error.contains("note"),
        "{error}"
    );
}

#[tokio::test]
async fn dropped_values_are_rejected_except_null() {
    let folder = filled("lost").await;
    let error = open_error(&folder, resources![bare::Creature]).await;
    let message = "`secret` was removed, but 1 record (`bob`) would lose a value; write #[resource(renamed_from = \"secret\")]";
    assert!(error.contains(message), "{error}");
    assert!(!error.contains("note"), "{error}");

    let remove = [(
        "0001 no secrets",
        r#"UPDATE "record creature" SET kept = json_remove(kept, '$.secret')"#,
    )];
    let store = folder.store().migrations(remove);
    let handle = open(resources![bare::Creature], store).await;
    let handle = handle.expect("only removed values are lost");
    let count = handle
        .records::<bare::Creature>()
        .count(Filter::all())
        .await;
    assert_eq!(count.expect("a count"), 3);
}

#[tokio::test]
async fn resource_may_be_renamed() {
    let folder = filled("renamed").await;
    let handle = folder.open(resources![renamed::Beast]).await;
    let handle = handle.expect("no value is lost");
    let beasts = handle.records::<renamed::Beast>();
    let bob = beasts
        .get(&"bob".to_owned())
        .await
        .expect("the record exists");
    assert_eq!(
        (&*bob.kind, bob.secret.as_deref()),
        ("dragon", Some("hush"))
    );
}

#[tokio::test]
async fn manual_migrations_run_once_and_are_immutable() {
    let folder = filled("numbered").await;
    let feed = r#"UPDATE "record creature" SET sent = json_set(sent, '$.life', json_extract(sent, '$.life') + 1)"#;
    let with = |migrations: &[(&'static str, &'static str)]| {
        let store = folder.store().migrations(migrations.iter().copied());
        open(resources![first::Creature], store)
    };
    for _ in 0..2 {
        let handle = with(&[("0001", feed)]).await.expect("the records fit");
        let ann = handle
            .records::<first::Creature>()
            .get(&"ann".to_owned())
            .await;
        assert_eq!(ann.expect("the record exists").life, 4);
    }
    for (migrations, expected) in [
        (&[("0001", "SELECT 1")][..], "changed after it ran"),
        (&[], "no longer has it"),
        (&[("0000", "SELECT 1"), ("0001", feed)], "a later name"),
        (&[("0001", feed), ("0001", feed)], "order of their names"),
        (&[("0001", feed), ("0002", "frobnicate")], "`0002` failed"),
        (
            &[
                ("0001", feed),
                ("0002", r#"UPDATE "record creature" SET sent = '{}'"#),
            ],
            "`life` is required",
        ),
    ] {
        let refused = with(migrations).await.expect_err(expected).to_string();
        assert!(refused.contains(expected), "{refused}");
    }
    let handle = with(&[("0001", feed)]).await.expect("nothing was changed");
    let ann = handle
        .records::<first::Creature>()
        .get(&"ann".to_owned())
        .await;
    assert_eq!(ann.expect("the record exists").life, 4);
}

#[tokio::test]
async fn retry_after_migration_returns_the_migrated_reply() {
    let folder = Folder::new("retry");
    let payload = json!({"id": "bob", "kind": "dragon", "life": 10});
    let create = json!(["creature", "create", payload, 1, {"key": Uuid::now_v7()}]);
    let first = request_once(&folder, resources![first::Creature], create.clone()).await;
    assert_eq!(first[2]["seq"], 1);
    let again = request_once(&folder, resources![more::Creature], create.clone()).await;
    assert_eq!(again[2]["seq"], 1);
    let reply = &again[2]["ok"];
    assert_eq!(
        (&reply["species"], &reply["wings"]),
        (&json!("dragon"), &json!(2))
    );
    assert!(reply.get("note").is_none(), "{reply}");
}

#[tokio::test]
async fn reply_that_no_longer_fits_forgets_its_key() {
    let folder = Folder::new("forgotten");
    let payload = json!({"id": "bob", "kind": "dragon", "life": 10});
    let create = json!(["creature", "create", payload, 1, {"key": Uuid::now_v7()}]);
    request_once(&folder, resources![first::Creature], create.clone()).await;
    let shrink = json!(["creature", "update", {"id": "bob", "life": 3}, 1]);
    request_once(&folder, resources![first::Creature], shrink).await;
    let again = request_once(&folder, resources![small::Creature], create.clone()).await;
    assert_eq!(again[2]["err"]["code"], "conflict", "{again}");
    let count = json!(["creature", "count", {}, 1]);
    let bob = request_once(
        &folder,
        resources![small::Creature],
        json!(["creature", "get", {"id": "bob"}, 1]),
    )
    .await;
    assert_eq!(
        (&bob[2]["ok"]["life"], &bob[2]["seq"]),
        (&json!(3), &json!(2))
    );
    let count = request_once(&folder, resources![small::Creature], count).await;
    assert_eq!(count[2]["ok"], 1);
}

/// Creates a file with a record for each kind and note.
async fn with_kinds(folder: &Folder, kinds: &[(&str, &str)]) {
    let handle = folder.open(resources![first::Creature]).await;
    let handle = handle.expect("a new file");
    for (id, (kind, note)) in ('a'..).zip(kinds) {
        let creature = first::NewCreature {
            id: Some(id.into()),
            kind: (*kind).into(),
            life: 1,
            secret: Some("hush".into()),
            note: Some((*note).into()),
        };
        let created = handle.records::<first::Creature>().create(creature).await;
        created.expect("the record is created");
    }
}

#[tokio::test]
async fn migrated_values_are_sanitized_and_reindexed() {
    let folder = Folder::new("sanitized");
    let notes = [
        "2024-05-01T10:00:00Z",
        "2024-05-01T10:00:00.5Z",
        "1999-01-01T00:00:00+02:00",
    ];
    let kinds = ["Bob@x.org", " EVE@x.org", "ann"];
    let both: Vec<_> = kinds.into_iter().zip(notes).collect();
    with_kinds(&folder, &both).await;
    for _ in 0..2 {
        let handle = folder.open(resources![sanitized::Creature]).await;
        let handle = handle.expect("the values are distinct");
        let creatures = handle.records::<sanitized::Creature>();
        let fields = sanitized::Creature::FIELDS;
        let found = creatures
            .find(fields.kind.eq(" BOB@X.org"))
            .await
            .expect("a list");
        assert_eq!(found.len(), 1);
        // Sanitized once, not each time the store is opened.
        assert_eq!(
            (&*found[0].kind, found[0].secret.as_deref()),
            ("bob@x.org", Some("hush!"))
        );
        let noon = "2024-05-01T10:00:00.25Z"
            .parse::<jiff::Timestamp>()
            .expect("a time");
        let before = creatures.find(fields.note.lt(noon)).await.expect("a list");
        assert_eq!(before.iter().map(|it| &*it.id).collect::<String>(), "ac");
        let duplicate = sanitized::NewCreature {
            id: Some("d".into()),
            kind: "EVE@x.org ".into(),
            life: 1,
            secret: None,
            note: None,
        };
        let created = creatures.create(duplicate).await.map(|it| it.kind);
        let error = created.expect_err("the value is not unique");
        assert_eq!(error.kind(), sockful::ErrorKind::Conflict);
        handle.close().await.expect("the store closes");
    }
}

#[tokio::test]
async fn values_equal_after_sanitizing_are_rejected() {
    let folder = Folder::new("equal");
    let time = "2024-05-01T10:00:00Z";
    with_kinds(&folder, &[("Bob@x.org", time), (" BOB@x.org ", time)]).await;
    let error = open_error(&folder, resources![sanitized::Creature]).await;
    let message = "creature: `kind` is unique, but 1 value occurs in several records (such as `a`)";
    assert!(error.contains(message), "{error}");
    let handle = folder
        .open(resources![first::Creature])
        .await
        .expect("nothing was changed");
    let creatures = handle.records::<first::Creature>();
    let stored = creatures
        .get(&"b".to_owned())
        .await
        .expect("the record exists");
    assert_eq!(stored.kind, " BOB@x.org ");
}
