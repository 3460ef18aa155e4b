//! Requests and their results.

use super::resources::{Beast, BeastPatch, NewSafe, Safe, beast, local, local_with};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::client::{Client, Status};
use sockful::{ErrorKind, Filter, Outcome, Resource, Server, resources, testing};
use std::time::Duration;
use uuid::Uuid;

#[tokio::test]
async fn client_creates_reads_updates_saves_and_destroys() {
    let (server, client) = local().await;
    let beasts = client.records::<Beast>();
    let mut bob = beast("bob", "dragon");
    bob.password = Some("sesame".into());
    let bob = beasts.create(bob).await.expect("the record is created");
    assert_eq!((bob.life, &*bob.kind, &bob.mood), (10, "dragon", &None));
    // A write-only property has its default on the client and its value on the server.
    let stored = server
        .records::<Beast>()
        .get(&"bob".into())
        .await
        .expect("the record is stored");
    assert_eq!(
        (&bob.password, stored.password.as_deref()),
        (&None, Some("sesame"))
    );
    assert_eq!(beasts.get("bob").await.expect("the record exists"), bob);

    let mut patch = BeastPatch::default();
    (patch.life, patch.mood) = (Some(7), Some(Some("calm".into())));
    let changed = beasts
        .update("bob", patch)
        .await
        .expect("the record exists");
    assert_eq!((changed.life, changed.mood.as_deref()), (7, Some("calm")));
    let patch = BeastPatch {
        mood: Some(None),
        ..BeastPatch::default()
    };
    assert_eq!(
        beasts
            .update("bob", patch)
            .await
            .expect("the record exists")
            .mood,
        None
    );

    let saved = beasts
        .save(beast("bob", "wyrm"))
        .await
        .expect("the record is replaced");
    assert_eq!((&*saved.kind, saved.life), ("wyrm", 10));
    beasts
        .save(beast("eve", "wyrm"))
        .await
        .expect("the record is created");
    let many = beasts
        .get_many(["eve", "larry", "bob"])
        .await
        .expect("the records are read");
    let ids: Vec<_> = many
        .iter()
        .map(|it| it.as_ref().map(|it| &*it.id))
        .collect();
    assert_eq!(ids, [Some("eve"), None, Some("bob")]);
    assert_eq!(beasts.count(Filter::all()).await.expect("a number"), 2);

    let destroyed = beasts.destroy("bob").await.expect("the record exists");
    assert_eq!(destroyed, saved);
    let error = beasts
        .get("bob")
        .await
        .expect_err("the record was destroyed");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::NotFound, "not_found")
    );
}

/// A resource with optional properties that clients cannot set.
#[derive(Serialize, Deserialize, Resource)]
struct Parcel {
    #[resource(read_only)]
    weighed_by: Option<String>,
    id: String,
    #[resource(private)]
    note: Option<String>,
    to: Option<String>,
    #[resource(read_only)]
    weight: Option<u32>,
}

fn parcel(id: &str) -> NewParcel {
    NewParcel {
        id: Some(id.into()),
        ..NewParcel::default()
    }
}

#[tokio::test]
async fn client_omits_none_of_unsettable_properties() {
    let server = Server::new(resources![Parcel]).open().await;
    let server = server.expect("the server opens");
    let client = testing::connect(&server)
        .await
        .expect("the client connects");
    let parcels = client.records::<Parcel>();

    let created = parcels
        .create(parcel("p"))
        .await
        .expect("the record is created");
    assert_eq!((created.weighed_by, created.to), (None, None));
    let patch = ParcelPatch {
        weight: Some(Some(7)),
        ..ParcelPatch::default()
    };
    let weighed = server.records::<Parcel>().update(&"p".into(), patch).await;
    weighed.expect("the application can set it");
    let saved = parcels
        .save(parcel("p"))
        .await
        .expect("the record is saved");
    assert_eq!(
        saved.weight,
        Some(7),
        "properties that clients cannot set are unchanged"
    );

    // A value that the program sets is not dropped silently.
    let mut forged = parcel("q");
    forged.weight = Some(1);
    let refused = parcels
        .create(forged)
        .await
        .err()
        .expect("the request is rejected");
    assert_eq!(refused.fields()[0].path, "weight");
    let cleared = ParcelPatch {
        weight: Some(None),
        ..ParcelPatch::default()
    };
    let refused = parcels.update("p", cleared).await.err();
    assert_eq!(
        refused.expect("the request is rejected").fields()[0].path,
        "weight"
    );
}

#[tokio::test]
async fn reply_has_seq_and_rev_and_if_rev_is_checked() {
    let (_server, client) = local().await;
    let beasts = client.records::<Beast>();
    let created = beasts
        .create(beast("bob", "dragon"))
        .reply()
        .await
        .expect("the record is created");
    let (seq, rev) = (
        created.seq.expect("a commit"),
        created.rev.expect("a revision"),
    );
    assert_eq!(created.value.rev, rev);
    let hungry = || BeastPatch {
        life: Some(1),
        ..BeastPatch::default()
    };
    let changed = beasts.update("bob", hungry()).if_rev(rev).reply().await;
    assert!(changed.expect("the revision matches").seq > Some(seq));
    let error = beasts
        .update("bob", hungry())
        .if_rev(rev)
        .await
        .expect_err("the record has changed");
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn requests_with_one_key_take_effect_once() {
    let (_server, client) = local().await;
    let beasts = client.records::<Beast>();
    let key = Uuid::now_v7();
    let first = beasts
        .create(beast("bob", "dragon"))
        .key(key)
        .await
        .expect("the record is created");
    let again = beasts
        .create(beast("bob", "dragon"))
        .key(key)
        .await
        .expect("the repeated request succeeds");
    assert_eq!(first, again);
    let error = beasts
        .create(beast("bob", "dragon"))
        .await
        .expect_err("a different request");
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn client_error_carries_server_details() {
    let (_server, client) = local_with(|config| config.store.max_visited = 1).await;
    let client = client.connect().await.expect("the client connects");
    let beasts = client.records::<Beast>();
    let error = beasts
        .create(beast("bob", ""))
        .await
        .expect_err("too short");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let [fault] = error.fields() else {
        panic!("{error:?}")
    };
    assert_eq!((&*fault.path, &*fault.rule), ("kind", "length"));
    let error = beasts
        .find(Filter::all())
        .limit(100_000)
        .await
        .expect_err("too many");
    assert_eq!(
        (error.kind(), error.path()),
        (ErrorKind::InvalidQuery, Some("$limit"))
    );
    for id in ["a", "b"] {
        beasts
            .create(beast(id, "dragon"))
            .await
            .expect("the record is created");
    }
    let error = beasts
        .find(Beast::FIELDS.life.gt(0))
        .await
        .expect_err("too much");
    assert_eq!(error.limit(), Some(("max_visited", 1)));
}

#[tokio::test]
async fn unreadable_resource_is_rejected_before_sending() {
    let (server, client) = local().await;
    let safe = NewSafe {
        id: Some("x".into()),
        code: "0000".into(),
    };
    let error = client
        .records::<Safe>()
        .create(safe)
        .await
        .expect_err("the resource is not readable");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(
        error.to_string(),
        "`code` is never sent, so a client can't construct a `Safe`; give the property a `default`, or make it an `Option`"
    );
    let stored = server.records::<Safe>().count(Filter::all()).await;
    assert_eq!(stored.expect("a number"), 0);
    let first = client
        .records::<Safe>()
        .subscribe(Filter::all())
        .next()
        .await;
    assert!(matches!(first, Some(Err(_))), "a subscription fails too");
}

#[tokio::test]
async fn call_reaches_any_action_by_name() {
    let (_server, client) = local().await;
    let bob: Value = client
        .call("beast", "create", &json!({"id": "bob", "kind": "dragon"}))
        .await
        .expect("the record is created");
    assert_eq!(bob["life"], 10);
    let error = client.call::<Value>("beast", "feet", &()).await;
    assert_eq!(
        error.expect_err("the action does not exist").kind(),
        ErrorKind::UnknownAction
    );
    // Only the server knows that a child route is a read, which accepts no idempotency key.
    let badge = json!({"badge": Uuid::nil()});
    for _ in 0..2 {
        let error = client
            .call::<Value>("keeper", "cages", &json!({"keeper_id": Uuid::nil()}))
            .await;
        assert_eq!(
            error.expect_err("the record does not exist").kind(),
            ErrorKind::NotFound
        );
    }
    let error = client.call::<Value>("keeper", "get", &badge).await;
    assert_eq!(
        error.expect_err("the record does not exist").kind(),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn closed_client_rejects_requests() {
    let (_server, client) = local().await;
    let mut events = client.records::<Beast>().subscribe(Filter::all());
    assert!(events.next().await.expect("a reset").is_ok());
    assert_eq!(client.status(), Status::Open);
    client.close().await;
    assert_eq!(client.status(), Status::Closed);
    assert!(events.next().await.is_none());
    assert!(
        client
            .records::<Beast>()
            .subscribe(Filter::all())
            .next()
            .await
            .is_none()
    );
    for error in [
        client
            .records::<Beast>()
            .get("bob")
            .await
            .expect_err("the client is closed"),
        client
            .authenticate(None)
            .await
            .expect_err("the client is closed"),
    ] {
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Unavailable, Some(Outcome::NotApplied))
        );
    }
}

#[tokio::test]
async fn invalid_url_and_absent_server_are_reported() {
    for (url, why) in [
        ("host", "it must start with `ws://` or `wss://`"),
        ("ftp://host", "it must start with `ws://` or `wss://`"),
        ("ws://", "not a URL"),
        ("not a url", "not a URL"),
    ] {
        let error = Client::connect(url).await.expect_err("the URL is invalid");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
        assert!(error.to_string().ends_with(why), "{url}: {error}");
    }
    let error = Client::builder("ws://host")
        .header("no header", "")
        .connect()
        .await;
    assert_eq!(
        error.expect_err("the header name has a space").kind(),
        ErrorKind::Invalid
    );
    // No server listens on this port.
    let error = Client::connect("ws://127.0.0.1:1")
        .await
        .expect_err("the connection is refused");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn queued_request_times_out_and_queue_is_limited() {
    let client = Client::builder("ws://127.0.0.1:1")
        .max_queue(1)
        .start()
        .expect("an address");
    let beasts = client.records::<Beast>();
    let (queued, over_limit) = tokio::join!(
        async { beasts.get("bob").timeout(Duration::from_secs(60)).await },
        async { beasts.get("bob").await },
    );
    let error = queued.expect_err("there is no server");
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Timeout, Some(Outcome::NotApplied))
    );
    let error = over_limit.expect_err("the queue is full");
    assert_eq!(
        (error.kind(), error.limit()),
        (ErrorKind::TooMany, Some(("max_queue", 1)))
    );
}
