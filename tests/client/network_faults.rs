//! Connections that are cut, stalled or half open.

use super::fault_proxy::{Dice, Fate, Proxy};
use super::resources::{Beast, BeastPatch, BeastRemotes, NewBeast, RESOURCES, beast};
use crate::support::{TestServer, within};
use sockful::client::{Client, ClientEvent};
use sockful::{Config, Filter, Server};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet};

/// How many rounds of requests there are; `FAULTS_ROUNDS` says otherwise, and `FAULTS_SEED` which storm it is.
const ROUNDS: u64 = 1_500;
/// How many rounds are under way at most.
const AT_ONCE: usize = 32;

fn setting(name: &str, usual: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(usual, |text| text.parse().expect("a number"))
}

/// A configuration whose limits are out of the reach of this test.
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
    let mut dice = Dice::of(seed);
    let fates = move || {
        let bytes = usize::try_from(1_000 + dice.roll(40_000)).expect("a few");
        match dice.roll(10) {
            0..=5 => Fate::Cut(bytes),
            6..=7 => Fate::HalfOpen(bytes),
            _ => Fate::Stalled(bytes),
        }
    };
    let handle = Server::new(RESOURCES).config(unlimited()).open().await;
    let handle = handle.expect("memory opens");
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
        .expect("there is none");

    let mut live = client
        .records::<Beast>()
        .live(Beast::FIELDS.kind.eq("dragon"));
    let (asked_all, number) = oneshot::channel();
    let following = tokio::spawn(follow(client.clone(), number));
    // No subscription has more than 10,000 records.
    let all_rounds = i64::try_from(setting("FAULTS_ROUNDS", ROUNDS).min(9_000));
    let all_rounds = all_rounds.expect("a small number");
    let (mut asked, mut rounds) = (JoinSet::new(), 0_i64);
    let check = |done: Option<Result<Result<(), sockful::Error>, JoinError>>| {
        let done = done.expect("a round is under way");
        done.expect("it does not panic")
            .expect("nothing is refused");
    };
    // Until there was each kind of fault: which one a connection meets depends on the dice alone.
    while rounds < all_rounds || proxy.tallies()[1..].contains(&0) {
        if asked.len() == AT_ONCE {
            check(within("an answer", asked.join_next()).await);
        }
        rounds += 1;
        let beasts = client.records::<Beast>();
        asked.spawn(async move {
            let new = NewBeast {
                life: Some(rounds),
                ..beast("", "dragon")
            };
            // Its id is left to the server, so that one that is made twice shows.
            let made = beasts.create(NewBeast { id: None, ..new }).await?;
            let patch = BeastPatch {
                life: Some(-rounds),
                ..BeastPatch::default()
            };
            beasts.update(made.id, patch).await?;
            beasts.feed("counter", 1).await?;
            beasts.count(Filter::all()).await?;
            Ok::<_, sockful::Error>(())
        });
    }
    proxy.calm_down();
    // Every promise settles, and well.
    while !asked.is_empty() {
        check(within("an answer", asked.join_next()).await);
    }
    let counter = stored.get(&"counter".into()).await.expect("it is there");
    assert_eq!(counter.life, 10 + rounds, "each feeding happened once");
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
        "each was created once and changed once"
    );
    asked_all.send(all.len()).expect("it still follows");
    let told = within("the rest of what is told", following).await;
    let told = told.expect("it does not panic");
    assert!(
        told.values().all(|times| *times == 1),
        "each was told once: {told:?}"
    );
    while !live.iter().eq(&all) {
        let changed = within("a change", live.changed()).await;
        changed.expect("it goes on").expect("it is served");
    }
    let [_, cuts, halves, stalls] = proxy.tallies();
    println!("seed {seed}: {rounds} rounds, {cuts} cut, {halves} half open, {stalls} stalled");
}

/// How often each dragon was told to have come, when as many have come as `number` says.
async fn follow(client: Client, mut number: oneshot::Receiver<usize>) -> BTreeMap<String, usize> {
    let mut told = client
        .records::<Beast>()
        .subscribe(Beast::FIELDS.kind.eq("dragon"));
    let (mut times, mut expected) = (BTreeMap::new(), usize::MAX);
    while times.len() < expected {
        let event = tokio::select! {
            event = told.next() => event.expect("it goes on").expect("it is served"),
            all = &mut number, if expected == usize::MAX => {
                expected = all.expect("somebody asks");
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
