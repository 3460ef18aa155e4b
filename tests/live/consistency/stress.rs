//! Many writers, and many subscribers that connect, disconnect and read at random.
//!
//! `SOCKFUL_SEED` repeats an earlier run, which printed its seed. `SOCKFUL_STORM_TURNS` is the number of turns of
//! each follower. Followers wait for commits instead of a time, so that a slow machine does the same work.

pub(super) mod random_choices;

use super::*;
use crate::support::live_checker::{Commits, Counts};
use crate::support::within;
use random_choices::Random;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::sleep;

const WRITERS: u64 = 50;
const FOLLOWERS: u64 = 200;
const TURNS: u64 = 15;

pub(super) fn from_env(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("`{name}` must be a number, got `{text}`")))
}

pub(super) fn random_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("a clock").subsec_nanos().into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_subscribers_converge_under_random_load() {
    let seed = from_env("SOCKFUL_SEED").unwrap_or_else(random_seed);
    println!("SOCKFUL_SEED={seed}");
    let turns = from_env("SOCKFUL_STORM_TURNS").unwrap_or(TURNS);
    let (server, _) = start_with(|config| {
        // Followers that wait for commits do not read, which takes long on a slow machine.
        config.connection.ping_interval = Duration::from_secs(3_600);
        config.connection.write_timeout = Duration::from_secs(3_600);
        config.live.fold_after = 16;
        config.live.ring_capacity = 100_000;
        config.store.log_capacity = 500_000;
    })
    .await;
    let is_over = Arc::new(AtomicBool::new(false));

    let mut writers = Vec::new();
    for nth in 0..WRITERS {
        let (client, random) = (server.client().await, Random::new(seed, nth));
        writers.push(tokio::spawn(write(client, random, is_over.clone())));
    }
    let mut subscribers = Vec::new();
    for nth in 0..FOLLOWERS {
        let (server, random) = (server.clone(), Random::new(seed, WRITERS + nth));
        subscribers.push(tokio::spawn(follow(server, random, turns)));
    }
    let mut followed = Vec::new();
    for subscriber in subscribers {
        followed.push(subscriber.await.expect("the subscriber does not fail"));
    }
    is_over.store(true, Relaxed);
    for writer in writers {
        writer.await.expect("the writer does not fail");
    }
    let head = server.head().await;
    let mut finished = Vec::new();
    for mut subscriber in followed {
        if subscriber.client.is_none() {
            subscriber.begin().await;
        }
        within("the rest", subscriber.read_up_to(head)).await;
        finished.push(subscriber);
    }
    let log = server.history.up_to(head).await;
    let mut all = Counts::default();
    let mut subscriptions = 0;
    for counts in check_all(&finished, &log, head) {
        all += counts;
        subscriptions += 1;
    }
    println!("{head} commits, {subscriptions} subscriptions: {all:?}");
    let is_enough = all.folds > 0 && all.resumed > 0 && all.initial_results > subscriptions;
    assert!(is_enough, "too few folds, resumes or initial results");
}

/// Checks all subscribers on two threads, because this takes half of the time of the test.
fn check_all(finished: &[Subscriber], log: &Commits, head: u64) -> Vec<Counts> {
    let check = |half: &[Subscriber]| {
        let all_counts = half.iter().flat_map(|it| it.check(log, head));
        all_counts.collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let (one, other) = finished.split_at(finished.len() / 2);
        let other = scope.spawn(move || check(other));
        let mut all_counts = check(one);
        all_counts.extend(other.join().expect("the checks of the other half pass"));
        all_counts
    })
}

/// Sends random writes until all followers have finished.
async fn write(mut client: Client, mut random: Random, is_over: Arc<AtomicBool>) {
    while !is_over.load(Relaxed) {
        // Many writes are rejected because a record is missing or exists already.
        if random.below(8) == 0 {
            let batch: Vec<_> = (0..3).map(|_| random.core_write()).collect();
            client.reply("sockful", "commit", batch.into()).await;
        } else {
            let (resource, action, payload) = random.write();
            client.reply(resource, action, payload).await;
        }
        if random.below(2) == 0 {
            sleep(Duration::from_millis(random.below(60))).await;
        }
    }
}

/// Connects, reads, stops reading, unsubscribes, disconnects or resumes at random, `turns` times.
async fn follow(server: Arc<RecordingServer>, mut random: Random, turns: u64) -> Subscriber {
    let queries: Vec<_> = (0..=random.below(4) / 3).map(|_| random.query()).collect();
    let count = queries.len() as u64;
    let mut subscriber = Subscriber::new(&server, queries);
    for _ in 0..turns {
        if subscriber.client.is_none() {
            subscriber.begin().await;
        }
        match random.below(12) {
            0 => subscriber.cut(),
            1 => {
                subscriber.cut();
                // Disconnected, sometimes for longer than the log reaches back.
                server.more_commits(random.below(2_000)).await;
            }
            2 => server.more_commits(random.below(400)).await,
            3 => subscriber.ping().await,
            4 => {
                let nth = usize::try_from(random.below(count)).expect("the number fits");
                subscriber.unsubscribe(nth).await;
                subscriber.subscribe(nth).await;
            }
            _ => {
                for _ in 0..random.below(30) {
                    tokio::select! {
                        _ = subscriber.read() => {}
                        () = server.more_commits(50) => break,
                    }
                }
            }
        }
    }
    subscriber
}
