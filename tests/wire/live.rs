//! Live queries, each judged by all that was ever committed.

mod app;
mod beginnings;
mod conditions;
mod crowd;
mod cuts;
mod ends;
mod folds;
mod made_up;
mod rule;
mod slow;
mod storm;
mod tokens;
mod units;

use crate::support::Client;
use crate::support::live::{Follower, Topic, Watched};
use serde_json::{Value, json};
use std::sync::Arc;

/// A server with the resources of [`app`], and a client that writes.
async fn start() -> (Arc<Watched>, Client) {
    start_with(|_| {}).await
}

async fn start_with(change: impl FnOnce(&mut sockful::Config)) -> (Arc<Watched>, Client) {
    let server = Watched::with(app::APP, change).await;
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
