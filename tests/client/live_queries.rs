//! Live queries of the client.

use super::fault_proxy::{Fault, Proxy};
use super::resources::{
    Beast, BeastPatch, BeastRemotes, RESOURCES, Roar, beast, local, local_with,
};
use crate::support::{Checkpoints, TestServer, within};
use sockful::client::{Client, ClientEvent, Subscription};
use sockful::{Config, ErrorKind, Filter, Server};

async fn next(events: &mut Subscription<Beast>) -> ClientEvent<Beast> {
    let event = within("an event", events.next()).await;
    event.expect("the stream is open").expect("no error")
}

#[tokio::test]
async fn subscription_delivers_events_in_order() {
    let (_server, client) = local().await;
    let beasts = client.records::<Beast>();
    beasts
        .create(beast("ann", "dragon"))
        .await
        .expect("the record is created");
    let mut events = beasts.subscribe(Beast::FIELDS.kind.eq("dragon"));
    let ClientEvent::Reset { records, seq } = next(&mut events).await else {
        panic!("the first event is a reset")
    };
    assert_eq!((records[0].id.as_str(), records.len(), seq), ("ann", 1, 1));
    beasts
        .create(beast("bob", "dragon"))
        .await
        .expect("the record is created");
    beasts
        .create(beast("eve", "wyrm"))
        .await
        .expect("the record is created");
    beasts.feed("bob", 1).await.expect("the call succeeds");
    beasts.roar("bob", 7).await.expect("the call succeeds");
    let wyrm = BeastPatch {
        kind: Some("wyrm".into()),
        ..BeastPatch::default()
    };
    beasts.update("bob", wyrm).await.expect("the record exists");
    beasts.destroy("ann").await.expect("the record exists");
    assert!(
        matches!(next(&mut events).await, ClientEvent::Created { record, seq: 2 } if record.id == "bob")
    );
    assert!(
        matches!(next(&mut events).await, ClientEvent::Updated { record, seq: 4 } if record.life == 11)
    );
    let ClientEvent::Happened {
        id,
        name,
        data,
        seq,
    } = next(&mut events).await
    else {
        panic!("expected a declared event")
    };
    assert_eq!((&*id, &*name, seq), ("bob", "roared", Some(5)));
    assert_eq!(data.read::<Roar>().expect("a roar"), Roar { loudness: 7 });
    assert!(
        matches!(next(&mut events).await, ClientEvent::Destroyed { id, left: true, .. } if id == "bob")
    );
    assert!(
        matches!(next(&mut events).await, ClientEvent::Destroyed { id, left: false, .. } if id == "ann")
    );
}

#[tokio::test]
async fn slow_consumer_unsubscribes_and_resumes_later() {
    let limits =
        |config: &mut Config| (config.live.fold_after, config.live.max_subscriptions) = (10_000, 1);
    let (server, builder) = local_with(limits).await;
    let client = builder
        .max_events(5)
        .connect()
        .await
        .expect("the client connects");
    let beasts = client.records::<Beast>();
    let mut events = beasts.subscribe(Filter::all());
    assert!(matches!(next(&mut events).await, ClientEvent::Reset { .. }));
    beasts
        .create(beast("bob", "dragon"))
        .await
        .expect("the record is created");
    for _ in 0..100 {
        server
            .records::<Beast>()
            .update(&"bob".into(), next_patch())
            .await
            .expect("the record exists");
    }
    // The reply follows the events of all earlier commits.
    let _: serde_json::Value = client
        .call("sockful", "ping", &())
        .await
        .expect("the server responds");
    // The slow subscription was ended. The limit of one per connection allows another.
    let mut another = beasts.subscribe(Filter::all());
    assert!(matches!(
        next(&mut another).await,
        ClientEvent::Reset { .. }
    ));
    drop(another);
    for _ in 0..100 {
        server
            .records::<Beast>()
            .update(&"bob".into(), next_patch())
            .await
            .expect("the record exists");
    }
    let (mut seqs, mut resets) = (Vec::new(), 0);
    while seqs.last() != Some(&201) {
        match next(&mut events).await {
            ClientEvent::Created { seq, .. } | ClientEvent::Updated { seq, .. } => seqs.push(seq),
            ClientEvent::Reset { .. } => resets += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(resets, 0, "the log reaches back");
    assert_eq!(
        seqs,
        (1..=201).collect::<Vec<_>>(),
        "each event is delivered once"
    );
}

/// Returns a patch with a different value each time.
fn next_patch() -> BeastPatch {
    static TIMES: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(0);
    let times = TIMES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    BeastPatch {
        life: Some(times),
        ..BeastPatch::default()
    }
}

#[tokio::test]
async fn live_set_matches_the_records_of_the_server() {
    let (_server, client) = local().await;
    let beasts = client.records::<Beast>();
    let mut live = beasts.live(Beast::FIELDS.life.gt(5));
    for id in ["b", "a", "c"] {
        beasts
            .create(beast(id, "dragon"))
            .await
            .expect("the record is created");
    }
    beasts.feed("a", -9).await.expect("the call succeeds");
    beasts.destroy("c").await.expect("the record exists");
    beasts.feed("b", 1).await.expect("the call succeeds");
    beasts
        .create(beast("d", "dragon"))
        .await
        .expect("the record is created");
    while live.get(&"d".into()).is_none() {
        let changed = within("a change", live.changed()).await;
        changed.expect("the stream is open").expect("no error");
    }
    let all: Vec<_> = live.iter().map(|it| (&*it.id, it.life)).collect();
    assert_eq!(all, [("b", 11), ("d", 10)]);
    assert_eq!((live.len(), live.is_empty()), (2, false));
}

#[tokio::test]
async fn dropped_subscription_is_cancelled_on_the_server() {
    let (_server, builder) = local_with(|config| config.live.max_subscriptions = 1).await;
    let client = builder.connect().await.expect("the client connects");
    let beasts = client.records::<Beast>();
    for _ in 0..3 {
        // One is dropped after its reply, and the other before.
        assert!(matches!(
            next(&mut beasts.subscribe(Filter::all())).await,
            ClientEvent::Reset { .. }
        ));
        drop(beasts.subscribe(Filter::all()));
        let _: serde_json::Value = client
            .call("sockful", "ping", &())
            .await
            .expect("the server responds");
    }
    let active = beasts.subscribe(Filter::all());
    let mut refused = beasts.subscribe(Filter::all());
    let error = within("a rejection", refused.next())
        .await
        .expect("an error");
    assert_eq!(
        error.expect_err("the limit is one subscription").kind(),
        ErrorKind::TooMany
    );
    assert!(within("the end", refused.next()).await.is_none());
    drop(active);
}

#[tokio::test]
async fn chunked_snapshot_arrives_as_one_reset() {
    let (server, builder) = local_with(|config| config.request.max_reply = 4 * 1024).await;
    let client = builder.connect().await.expect("the client connects");
    for nth in 0..200 {
        let new = beast(&format!("b{nth:03}"), "dragon");
        server
            .records::<Beast>()
            .create(new)
            .await
            .expect("the record is created");
    }
    let mut events = client.records::<Beast>().subscribe(Filter::all());
    let ClientEvent::Reset { records, seq } = next(&mut events).await else {
        panic!("the first event is a reset")
    };
    assert_eq!((records.len(), seq), (200, 200));
}

#[tokio::test]
async fn reset_interrupted_by_disconnect_arrives_once() {
    let mut config = Config::default();
    config.request.max_reply = 4 * 1024;
    let handle = Server::new(RESOURCES).config(config).open().await;
    let handle = handle.expect("a memory store opens");
    for nth in 0..200 {
        let new = beast(&format!("b{nth:03}"), "dragon");
        let created = handle.records::<Beast>().create(new).await;
        created.expect("the record is created");
    }
    let server = TestServer::from_handle(handle, Checkpoints::default()).await;
    // The first connection is cut in the middle of the chunked initial result.
    let mut connections = 0;
    let proxy = Proxy::to(server.address, move || {
        connections += 1;
        if connections == 1 {
            Fault::Cut(12_000)
        } else {
            Fault::None
        }
    });
    let proxy = proxy.await;
    let client = Client::builder(proxy.url()).connect().await;
    let client = client.expect("the server listens");
    let mut events = client.records::<Beast>().subscribe(Filter::all());
    let ClientEvent::Reset { records, .. } = next(&mut events).await else {
        panic!("the first event is a reset")
    };
    assert_eq!(records.len(), 200);
    let created = client
        .records::<Beast>()
        .create(beast("new", "dragon"))
        .await;
    created.expect("the record is created");
    assert!(
        matches!(next(&mut events).await, ClientEvent::Created { record, .. } if record.id == "new")
    );
    assert_eq!(proxy.counts(), [1, 1, 0, 0]);
}
