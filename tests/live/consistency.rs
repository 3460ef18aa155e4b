//! Checks every frame of a live query against the history of all commits.

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
mod windows;

use crate::support::Client;
use crate::support::live_checker::{LiveQuery, RecordingServer, Subscriber};
use serde_json::{Value, json};
use std::sync::Arc;

/// Starts a server with the resources of [`resources`] and connects a client that writes.
async fn start() -> (Arc<RecordingServer>, Client) {
    start_with(|_| {}).await
}

async fn start_with(change: impl FnOnce(&mut sockful::Config)) -> (Arc<RecordingServer>, Client) {
    let server = RecordingServer::with(resources::APP, change).await;
    let writer = server.client().await;
    (Arc::new(server), writer)
}

fn creatures(conditions: Value) -> LiveQuery {
    LiveQuery {
        events: &["roared", "stirred"],
        ..LiveQuery::new(0, "creature", conditions)
    }
}

fn albums(conditions: Value) -> LiveQuery {
    LiveQuery::new(1, "album", conditions)
}

fn songs(conditions: Value) -> LiveQuery {
    LiveQuery::new(2, "song", conditions)
}

/// The songs of an album, through the album's child route.
fn songs_of(album: &str) -> LiveQuery {
    LiveQuery {
        route: Some(("album", "subscribeSongs")),
        ..songs(json!({"album_id": album}))
    }
}

fn reviews(conditions: Value) -> LiveQuery {
    LiveQuery::new(3, "review", conditions)
}

/// Feeds a creature `times` times.
async fn feed(writer: &mut Client, id: &str, times: usize) {
    for _ in 0..times {
        writer.ok("creature", "feed", json!({"id": id})).await;
    }
}
