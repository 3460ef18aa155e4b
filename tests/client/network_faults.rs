//! Connections that are cut, stalled or half open.

use super::fault_proxy::{Fault, Proxy, Random};
use super::resources::{Beast, BeastPatch, BeastRemotes, NewBeast, RESOURCES, beast};
use crate::support::{TestServer, within};
use sockful::client::{Client, ClientEvent};
use sockful::{Config, Filter, Server};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet};

/// The number of rounds of requests. The environment variable `FAULTS_ROUNDS` overrides it; `FAULTS_SEED` is the
/// seed of the faults.
const ROUNDS: u64 = 1_500;
/// The maximum number of concurrent rounds.
const MAX_CONCURRENT: usize = 32;

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(default, |text| text.parse().expect("a number"))
}

/// Returns a config whose limits this test does not reach.
fn unlimited() -> Config {
    let mut config = Config::default();
    (
        config.request.max_request_rate,
        config.request.request_burst,
    ) = (u32::MAX, u32::MAX);
    (
        config.connection.max_connection_rate,
        config.connection.max_connections_per_address,
    ) = (u32::MAX, 10_000);
    (config.store.max_keys_per_caller, config.store.max_keys) = (1 << 24, 1 << 24);
    // Clients can resume from any commit of the test.
    config.store.log_capacity = 1 << 30;
    config
}

#[tokio::test]
async fn faulty_network_loses_and_repeats_nothing() {
    let seed = setting("FAULTS_SEED", 22);
    let mut random = Random::new(seed);
    let fates = move || {
        let bytes = usize::try_from(1_000 + random.below(40_000)).expect("a small number");
        match random.below(10) {
            0..=5 => Fault::Cut(bytes),
            6..=7 => Fault::HalfOpen(bytes),
            _ => Fault::Stalled(bytes),
        }
    };
    let handle = Server::new(RESOURCES).config(unlimited()).open().await;
    let handle = handle.expect("a memory store opens");
    let server =
        TestServer::from_handle(handle.clone(), crate::support::Checkpoints::default()).await;
    let proxy = Proxy::to(server.address, fates).await;
    let builder = Client::builder(proxy.url())
        .backoff(Duration::from_millis(2), Duration::from_millis(50))
        .heartbeat(Duration::from_millis(100))
        .patience(Duration::from_millis(200))
        .max_queue(1_000_000)
        .timeout(Duration::from_secs(60));
    let client = builder.start().expect("an address");
    let stored = handle.records::<Beast>();
    stored
        .create(beast("counter", "counter"))
        .await
        .expect("the record is created");

    let mut live = client
        .records::<Beast>()
        .live(Beast::FIELDS.kind.eq("dragon"));
    let (send_count, count) = oneshot::channel();
    let following = tokio::spawn(follow(client.clone(), count));
    // No subscription has more than 10,000 records.
    let all_rounds = i64::try_from(setting("FAULTS_ROUNDS", ROUNDS).min(9_000));
    let all_rounds = all_rounds.expect("a small number");
    let (mut requests, mut rounds) = (JoinSet::new(), 0_i64);
    let check = |done: Option<Result<Result<(), sockful::Error>, JoinError>>| {
        let done = done.expect("a pending round");
        done.expect("no panic").expect("no request fails");
    };
    // Continues until each kind of fault has occurred, because faults are random.
    while rounds < all_rounds || proxy.counts()[1..].contains(&0) {
        if requests.len() == MAX_CONCURRENT {
            check(within("a response", requests.join_next()).await);
        }
        rounds += 1;
        let beasts = client.records::<Beast>();
        requests.spawn(async move {
            let new = NewBeast {
                life: Some(rounds),
                ..beast("", "dragon")
            };
            // The server generates the id, so that a create that was applied twice is visible.
            let record = beasts.create(NewBeast { id: None, ..new }).await?;
            let patch = BeastPatch {
                life: Some(-rounds),
                ..BeastPatch::default()
            };
            beasts.update(record.id, patch).await?;
            beasts.feed("counter", 1).await?;
            beasts.count(Filter::all()).await?;
            Ok::<_, sockful::Error>(())
        });
    }
    proxy.stop_faults();
    // Every request completes without an error.
    while !requests.is_empty() {
        check(within("a response", requests.join_next()).await);
    }
    let counter = stored
        .get(&"counter".into())
        .await
        .expect("the record exists");
    assert_eq!(counter.life, 10 + rounds, "each call was applied once");
    let all = stored
        .find(Beast::FIELDS.kind.eq("dragon"))
        .await
        .expect("a list");
    let lives: Vec<_> = all.iter().map(|it| it.life).collect();
    let expected: Vec<_> = (1..=rounds).map(|round| -round).collect();
    let sorted = |mut lives: Vec<i64>| {
        lives.sort_unstable_by_key(|life| -life);
        lives
    };
    assert_eq!(
        sorted(lives),
        expected,
        "each record was created once and updated once"
    );
    send_count.send(all.len()).expect("the subscriber runs");
    let created = within("the remaining events", following).await;
    let created = created.expect("no panic");
    assert!(
        created.values().all(|times| *times == 1),
        "each record is reported once: {created:?}"
    );
    while !live.iter().eq(&all) {
        let changed = within("a change", live.changed()).await;
        changed.expect("the stream is open").expect("no error");
    }
    let [_, cuts, halves, stalls] = proxy.counts();
    println!("seed {seed}: {rounds} rounds, {cuts} cut, {halves} half open, {stalls} stalled");
}

/// Returns how often each record was reported as created, after `count` records were reported.
async fn follow(client: Client, mut count: oneshot::Receiver<usize>) -> BTreeMap<String, usize> {
    let mut events = client
        .records::<Beast>()
        .subscribe(Beast::FIELDS.kind.eq("dragon"));
    let (mut times, mut expected) = (BTreeMap::new(), usize::MAX);
    while times.len() < expected {
        let event = tokio::select! {
            event = events.next() => event.expect("the stream is open").expect("no error"),
            all = &mut count, if expected == usize::MAX => {
                expected = all.expect("the sender is not dropped");
                continue;
            }
        };
        match event {
            ClientEvent::Reset { records, .. } => {
                times = records.into_iter().map(|it| (it.id, 1)).collect();
            }
            ClientEvent::Created { record, .. } => *times.entry(record.id).or_default() += 1,
            ClientEvent::Updated { record, .. } => assert!(times.contains_key(&record.id)),
            other => panic!("{other:?}"),
        }
    }
    times
}
