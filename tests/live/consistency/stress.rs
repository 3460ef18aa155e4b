//! Many writers, and many who come, go, and read as they like.
//!
//! `SOCKFUL_SEED` repeats the choices of an earlier run, which has printed it; `SOCKFUL_STORM_TURNS` is the number
//! of turns of each follower. Followers wait for commits, not for a time, so that a slow machine does the same work.

mod random_choices;

use super::*;
use crate::support::live_checker::{Commits, Counts};
use crate::support::within;
use random_choices::Dice;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::sleep;

const WRITERS: u64 = 50;
const FOLLOWERS: u64 = 200;
const TURNS: u64 = 15;

fn from_env(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is a number, not {text}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_subscribers_converge_under_random_load() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seed = from_env("SOCKFUL_SEED");
    let seed = seed.unwrap_or_else(|| since.expect("a clock").subsec_nanos().into());
    println!("SOCKFUL_SEED={seed}");
    let turns = from_env("SOCKFUL_STORM_TURNS").unwrap_or(TURNS);
    let (server, _) = start_with(|config| {
        // Followers that wait for commits read nothing, on a slow machine for long.
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
        let (client, dice) = (server.client().await, Dice::new(seed, nth));
        writers.push(tokio::spawn(write(client, dice, is_over.clone())));
    }
    let mut subscribers = Vec::new();
    for nth in 0..FOLLOWERS {
        let (server, dice) = (server.clone(), Dice::new(seed, WRITERS + nth));
        subscribers.push(tokio::spawn(follow(server, dice, turns)));
    }
    let mut followed = Vec::new();
    for subscriber in subscribers {
        followed.push(subscriber.await.expect("no subscriber fails"));
    }
    is_over.store(true, Relaxed);
    for writer in writers {
        writer.await.expect("no writer fails");
    }
    let head = server.head().await;
    let mut done = Vec::new();
    for mut subscriber in followed {
        if subscriber.client.is_none() {
            subscriber.begin().await;
        }
        within("the rest", subscriber.read_up_to(head)).await;
        done.push(subscriber);
    }
    let log = server.history.up_to(head).await;
    let mut all = Counts::default();
    let mut subscriptions = 0;
    for tally in check_all(&done, &log, head) {
        all += tally;
        subscriptions += 1;
    }
    println!("{head} commits, {subscriptions} subscriptions: {all:?}");
    let is_enough = all.folds > 0 && all.resumed > 0 && all.afresh > subscriptions;
    assert!(is_enough, "too little happened");
}

/// Judges everyone, on two threads: it takes as long as all the rest.
fn check_all(done: &[Subscriber], log: &Commits, head: u64) -> Vec<Counts> {
    let check = |half: &[Subscriber]| {
        let tallies = half.iter().flat_map(|it| it.check(log, head));
        tallies.collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let (one, other) = done.split_at(done.len() / 2);
        let other = scope.spawn(move || check(other));
        let mut tallies = check(one);
        tallies.extend(other.join().expect("the other half stands"));
        tallies
    })
}

/// Writes at random until all followers have had their turns.
async fn write(mut client: Client, mut dice: Dice, is_over: Arc<AtomicBool>) {
    while !is_over.load(Relaxed) {
        // Much is refused: there is no such record, or it is there already.
        if dice.below(8) == 0 {
            let batch: Vec<_> = (0..3).map(|_| dice.core_write()).collect();
            client.reply("sockful", "commit", batch.into()).await;
        } else {
            let (resource, action, payload) = dice.write();
            client.reply(resource, action, payload).await;
        }
        if dice.below(2) == 0 {
            sleep(Duration::from_millis(dice.below(60))).await;
        }
    }
}

/// Comes, reads, stops reading, ends a subscription, goes, and comes back, so many turns.
async fn follow(server: Arc<RecordingServer>, mut dice: Dice, turns: u64) -> Subscriber {
    let queries: Vec<_> = (0..=dice.below(4) / 3).map(|_| dice.query()).collect();
    let count = queries.len() as u64;
    let mut subscriber = Subscriber::new(&server, queries);
    for _ in 0..turns {
        if subscriber.client.is_none() {
            subscriber.begin().await;
        }
        match dice.below(12) {
            0 => subscriber.cut(),
            1 => {
                subscriber.cut();
                // Away, now and then for longer than the log reaches back.
                server.more_commits(dice.below(2_000)).await;
            }
            2 => server.more_commits(dice.below(400)).await,
            3 => subscriber.ping().await,
            4 => {
                let nth = usize::try_from(dice.below(count)).expect("it is small");
                subscriber.unsubscribe(nth).await;
                subscriber.subscribe(nth).await;
            }
            _ => {
                for _ in 0..dice.below(30) {
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
