//! A list under a read policy with two conditions, beside the same list without a policy.

use super::client::Client;
use super::server::{MEMORY, ServerProcess, run, serve_until_closed};
use super::{median, remove};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use sockful::{
    Credentials, Error, Filter, Identity, Resource, Result, Server, ServerHandle, remote, resources,
};
use std::path::Path;
use std::time::Instant;

const NOTES: usize = 1_000_000;
/// How many records each owner has, and how many are published.
const PER_OWNER: usize = 5;
const ROUNDS: usize = 15;
/// The number of requests per turn.
const TIMES: usize = 500;

#[derive(Serialize, Deserialize, Resource)]
struct Note {
    id: String,
    #[resource(index)]
    owner: String,
    #[resource(index)]
    published: bool,
    text: String,
}

#[remote]
impl Note {
    #[can(read)]
    fn owned_or_published(caller: &Caller) -> Filter<Self> {
        Self::FIELDS.owner.eq(&caller.name) | Self::FIELDS.published.eq(true)
    }
}

/// A record that everyone may read.
#[derive(Serialize, Deserialize, Resource)]
struct Paper {
    id: String,
    #[resource(index)]
    owner: String,
    text: String,
}

struct Caller {
    name: String,
}

fn owner(nth: usize) -> String {
    match nth {
        0..PER_OWNER => "everyone".to_owned(),
        _ => format!("owner-{}", nth / PER_OWNER),
    }
}

/// The server under test.
pub(crate) fn serve(store: &str, notes: usize) -> Result<()> {
    let authenticate = |credentials: Credentials| async move {
        let name = credentials.token().unwrap_or_default().to_owned();
        Ok(Identity::new(&name, Caller { name: name.clone() }))
    };
    let server = Server::new(resources![Note, Paper]).authenticate(authenticate);
    serve_until_closed(|| run(server, store, async |server| fill(server, notes).await))
}

async fn fill(server: &ServerHandle, notes: usize) -> Result<()> {
    let (all_notes, papers) = (server.records::<Note>(), server.records::<Paper>());
    let create = async |nth: usize| {
        let text = "Sleeps under old stones in the northern hills.".to_owned();
        let note = NewNote {
            id: Some(format!("n{nth:07}")),
            owner: owner(nth),
            published: nth < PER_OWNER,
            text: text.clone(),
        };
        all_notes.create(note).await?;
        let paper = NewPaper {
            id: Some(format!("n{nth:07}")),
            owner: owner(nth),
            text,
        };
        papers.create(paper).await.map(drop)
    };
    let made = stream::iter(0..notes).map(create).buffer_unordered(256);
    made.try_for_each(|()| async { Ok(()) }).await
}

/// Measures both stores and prints a table.
pub(crate) async fn measure(folder: &Path) -> Result<()> {
    println!(
        "| {NOTES} records, µs for a list of 10 | policy | `$in` | ratio |\n|---|---|---|---|"
    );
    let file = folder.join("policy.db");
    remove(&file);
    for store in [MEMORY, &file.to_string_lossy()] {
        eprintln!("making {NOTES} records of two resources");
        let served = ServerProcess::run(["serve-notes", store, &NOTES.to_string()])?;
        let mut client = Client::connect(served.address).await?;
        let name = if store == MEMORY { "memory" } else { "SQLite" };
        for in_flight in [1, 16] {
            row(name, &served, &mut client, in_flight).await?;
        }
        drop((client, served));
    }
    remove(&file);
    Ok(())
}

async fn row(
    store: &str,
    served: &ServerProcess,
    client: &mut Client,
    in_flight: usize,
) -> Result<()> {
    let caller = owner(NOTES / 2);
    let token = serde_json::json!(["sockful", "authenticate", { "token": caller }, 1]);
    client.ask(token.to_string()).await?;
    let requests = [
        r#"["note","find",{},1]"#.to_owned(),
        format!(r#"["paper","find",{{"owner":{{"$in":["{caller}","everyone"]}}}},1]"#),
    ];
    for request in &requests {
        let reply = client.ask(request.clone()).await?;
        if reply.matches(r#""id":"#).count() != 2 * PER_OWNER {
            return Err(Error::internal(reply.as_str().to_owned()));
        }
    }
    let (mut clock, mut cpu) = ([vec![], vec![]], [vec![], vec![]]);
    // The first round warms up.
    for round in 0..=ROUNDS {
        for turn in 0..requests.len() {
            let at = (round + turn) % requests.len();
            let nanos = served.nanos()?;
            let begun = Instant::now();
            let frames = std::iter::repeat_n(requests[at].clone(), TIMES);
            client.ask_all(frames, in_flight).await?;
            if round > 0 {
                clock[at].push(each(begun.elapsed().as_nanos()));
                cpu[at].push(each((served.nanos()? - nanos).into()));
            }
        }
    }
    for (what, mut taken) in [("", clock), (" of CPU time", cpu)] {
        let [policy, list] = taken.each_mut().map(|it| median(it));
        let ratio = policy / list;
        println!("| {store}, {in_flight} in flight{what} | {policy:.1} | {list:.1} | {ratio:.2} |");
    }
    Ok(())
}

/// Microseconds for each request.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn each(nanos: u128) -> f64 {
    nanos as f64 / 1_000.0 / TIMES as f64
}
