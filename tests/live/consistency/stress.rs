//! Many writers, and many who come, go, and read as they like.
//!
//! `SOCKFUL_SEED` has everyone choose as they did when it was printed, `SOCKFUL_STORM_SECS` says for how long.

mod random_choices;

use super::*;
use crate::support::live_checker::{Commits, Counts};
use crate::support::within;
use random_choices::Dice;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, sleep, timeout};

const WRITERS: u64 = 50;
const FOLLOWERS: u64 = 200;

fn from_env(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is a number, not {text}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_sees_the_history_whatever_comes_between() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seed = from_env("SOCKFUL_SEED");
    let seed = seed.unwrap_or_else(|| since.expect("a clock").subsec_nanos().into());
    println!("SOCKFUL_SEED={seed}");
    let secs = from_env("SOCKFUL_STORM_SECS").unwrap_or(10);
    let (server, _) = start_with(|config| {
        config.live.fold_after = 16;
        config.live.ring_capacity = 100_000;
        config.store.log_capacity = 500_000;
    })
    .await;
    let until = Instant::now() + Duration::from_secs(secs);

    let mut writers = Vec::new();
    for nth in 0..WRITERS {
        let (client, dice) = (server.client().await, Dice::new(seed, nth));
        writers.push(tokio::spawn(write(client, dice, until)));
    }
    let mut subscribers = Vec::new();
    for nth in 0..FOLLOWERS {
        let (server, dice) = (server.clone(), Dice::new(seed, WRITERS + nth));
        subscribers.push(tokio::spawn(follow(server, dice, until)));
    }
    for writer in writers {
        writer.await.expect("no writer fails");
    }
    let head = server.head().await;
    let mut done = Vec::new();
    for subscriber in subscribers {
        let mut subscriber = subscriber.await.expect("no subscriber fails");
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

/// Writes at random until the time is over.
async fn write(mut client: Client, mut dice: Dice, until: Instant) {
    while Instant::now() < until {
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

/// Comes, reads, stops reading, ends a subscription, goes, and comes back, until the time is over.
async fn follow(server: Arc<RecordingServer>, mut dice: Dice, until: Instant) -> Subscriber {
    let queries: Vec<_> = (0..=dice.below(4) / 3).map(|_| dice.query()).collect();
    let count = queries.len() as u64;
    let mut subscriber = Subscriber::new(&server, queries);
    while Instant::now() < until {
        if subscriber.client.is_none() {
            subscriber.begin().await;
        }
        match dice.below(12) {
            0 => subscriber.cut(),
            1 => {
                subscriber.cut();
                // Away, now and then for longer than the log reaches back.
                sleep(Duration::from_millis(dice.below(1_500))).await;
            }
            2 => sleep(Duration::from_millis(dice.below(300))).await,
            3 => subscriber.ping().await,
            4 => {
                let nth = usize::try_from(dice.below(count)).expect("it is small");
                subscriber.unsubscribe(nth).await;
                subscriber.subscribe(nth).await;
            }
            _ => {
                for _ in 0..dice.below(30) {
                    let left = until.saturating_duration_since(Instant::now());
                    let pause = left.min(Duration::from_millis(100));
                    if timeout(pause, subscriber.read()).await.is_err() {
                        break;
                    }
                }
            }
        }
    }
    subscriber
}
