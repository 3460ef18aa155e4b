//! How long it takes to open the newest 50 messages of a channel as a live query.

use super::client::Client;
use super::server::{ServerProcess, run, serve_until_closed};
use super::{median, remove};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use sockful::{Error, Resource, Result, Server, ServerHandle, resources};
use std::path::Path;
use std::time::Instant;

const MESSAGES: usize = 1_000_000;
/// How many messages the quiet channel has. All of them are older than those of other channels.
const QUIET: usize = 10_000;
/// The number of small channels, which together have one of `PER_SMALL` messages.
const SMALL: usize = 1_000;
const PER_SMALL: usize = 50;
const ROUNDS: usize = 50;

#[derive(Serialize, Deserialize, Resource)]
struct Message {
    id: String,
    #[resource(index)]
    channel: String,
    #[resource(index)]
    sent_at: u64,
    text: String,
}

fn channel(nth: usize) -> String {
    match nth {
        0..QUIET => "quiet".to_owned(),
        _ if nth.is_multiple_of(PER_SMALL) => format!("small-{}", nth / PER_SMALL % SMALL),
        _ => "busy".to_owned(),
    }
}

/// The server under test.
pub(crate) fn serve(store: &str, messages: usize) -> Result<()> {
    let server = Server::new(resources![Message]);
    serve_until_closed(|| run(server, store, async |server| fill(server, messages).await))
}

async fn fill(server: &ServerHandle, messages: usize) -> Result<()> {
    let records = server.records::<Message>();
    let create = async |nth: usize| {
        let message = NewMessage {
            id: Some(format!("m{nth:07}")),
            channel: channel(nth),
            sent_at: nth as u64,
            text: "Has anyone seen the dragon of the northern hills today?".to_owned(),
        };
        records.create(message).await.map(drop)
    };
    let made = stream::iter(0..messages).map(create).buffer_unordered(256);
    made.try_for_each(|()| async { Ok(()) }).await
}

/// Measures a file and prints a table.
pub(crate) async fn measure(folder: &Path) -> Result<()> {
    let file = folder.join("windows.db");
    remove(&file);
    eprintln!("making {MESSAGES} records");
    let store = file.to_string_lossy();
    let served = ServerProcess::run(["serve-messages", &store, &MESSAGES.to_string()])?;
    let mut client = Client::connect(served.address).await?;
    println!("| {MESSAGES} messages, SQLite | newest 50, ms (median) | slowest |\n|---|---|---|");
    for channel in ["busy", "small-7", "quiet"] {
        let mut taken = Vec::new();
        for round in 0..ROUNDS {
            // Another limit each time, so that no other subscription has the same window.
            let limit = 50 + round % 10;
            let query =
                format!(r#"{{"channel":"{channel}","$sort":{{"sent_at":-1}},"$limit":{limit}}}"#);
            let begun = Instant::now();
            let frame = format!(r#"["message","subscribe",{query},{round}]"#);
            let reply = client.ask(frame).await?;
            taken.push(millis(begun.elapsed().as_nanos()));
            let count = reply.matches(r#""text":"#).count();
            if count == 0 {
                return Err(Error::internal(reply.as_str().to_owned()));
            }
            let frame = format!(r#"["message","unsubscribe",{{"subscription":{round}}},"end"]"#);
            client.ask(frame).await?;
        }
        let slowest = taken.iter().copied().fold(0.0, f64::max);
        println!("| {channel} | {:.2} | {slowest:.2} |", median(&mut taken));
    }
    drop((client, served));
    remove(&file);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn millis(nanos: u128) -> f64 {
    nanos as f64 / 1_000_000.0
}
