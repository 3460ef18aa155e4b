//! Live queries, each judged by all that was ever committed.

mod coalescing;
mod disconnects;
mod filters;
mod initial_result;
mod many_subscribers;
mod multi_record_commits;
mod random_changes;
mod record_events;
mod resources;
mod resume_tokens;
mod slow_readers;
mod stress;
mod unsubscribe;

use crate::support::Client;
use crate::support::live::{Follower, Topic, Watched};
use serde_json::{Value, json};
use std::sync::Arc;

/// A server with the resources of [`resources`], and a client that writes.
async fn start() -> (Arc<Watched>, Client) {
    start_with(|_| {}).await
}

async fn start_with(change: impl FnOnce(&mut sockful::Config)) -> (Arc<Watched>, Client) {
    let server = Watched::with(resources::APP, change).await;
    let writer = server.client().await;
    (Arc::new(server), writer)
}

fn creatures(conditions: Value) -> Topic {
    Topic {
        events: &["roared", "stirred"],
        ..Topic::new(0, "creature", conditions)
    }
}

fn albums(conditions: Value) -> Topic {
    Topic::new(1, "album", conditions)
}

fn songs(conditions: Value) -> Topic {
    Topic::new(2, "song", conditions)
}

/// The songs of an album, asked of the album.
fn songs_of(album: &str) -> Topic {
    Topic {
        route: Some(("album", "subscribeSongs")),
        ..songs(json!({"album_id": album}))
    }
}

fn reviews(conditions: Value) -> Topic {
    Topic::new(3, "review", conditions)
}

/// Feeds a creature so many times.
async fn feed(writer: &mut Client, id: &str, times: usize) {
    for _ in 0..times {
        writer.ok("creature", "feed", json!({"id": id})).await;
    }
}
