//! One server whose disk fails for a while: it goes on by itself when the disk does.

use crate::crowd::{Crowd, connect, wait_until};
use crate::disk::{self, Word};
use crate::lost;
use crate::served::{Account, NewAccount, Receipt};
use crate::storm::Ground;
use sockful::client::{Client, Event};
use sockful::{Error, ErrorKind, Filter, Outcome, Result};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// What fails, and what is known of a write that meets it.
const FAULTS: [(&str, Outcome); 3] = [
    ("full", Outcome::None),
    ("readonly", Outcome::None),
    ("syncs", Outcome::Unknown),
];
/// How long it fails at least.
const MEANWHILE: Duration = Duration::from_millis(300);
/// How long a request of ours waits.
const SHORT: Duration = Duration::from_millis(500);
/// How many writes of ours a disk that fails may take all the same.
const ATTEMPTS: u32 = 200;

pub(crate) async fn show() -> Result<()> {
    let ground = Ground::new(Word::Holds).await?;
    let place = &ground.place;
    if !place.disk.is_there() {
        return Ok(());
    }
    let mut server = place.start(None)?;
    let mut crowd = Crowd::gather(&place.port).await?;
    let client = connect(&place.port)?;
    let mut opened = Vec::new();
    for (how, outcome) in FAULTS {
        sleep(MEANWHILE).await;
        disk::fail(&place.file, how)?;
        let (new, key, error) = refused(&client, how, &mut opened).await?;
        if error.outcome() != Some(outcome) {
            return Err(lost(format!(
                "`{how}`: the outcome is told otherwise: {error:?}"
            )));
        }
        reads(&client).await?;
        sleep(MEANWHILE).await;
        disk::heal(&place.file)?;
        client.of::<Account>().create(open(&new)).key(key).await?;
        opened.push(new);
        goes_on(&crowd).await?;
        if server.was_killed()? {
            return Err(lost(format!("`{how}`: the server has died of it")));
        }
        println!(
            "`{how}`: writes are refused, outcome {outcome:?}: {error}; reads go on, and so do writes when it is well"
        );
    }
    let mut done = crowd.finish().await?;
    done.extend(opened.into_iter().map(|name| (name, 0)));
    crowd.hear(&done).await?;
    drop(server);
    crowd.judge(place, &done).await?;
    println!("every write that was acknowledged is there once, and nothing else");
    Ok(())
}

/// Opens accounts until one is refused for the disk's sake: its name, its key, and what is said.
async fn refused(
    client: &Client,
    how: &str,
    opened: &mut Vec<String>,
) -> Result<(String, Uuid, Error)> {
    let begin = |attempt| (format!("{how}-{attempt}"), Uuid::now_v7());
    let (mut name, mut key) = begin(0);
    for attempt in 1..ATTEMPTS {
        let call = client.of::<Account>().create(open(&name));
        match call.key(key).timeout(SHORT).await {
            Ok(_) => {
                opened.push(name);
                (name, key) = begin(attempt);
            }
            Err(error) if error.kind() == ErrorKind::Unavailable => return Ok((name, key, error)),
            // It was being done at that time.
            Err(error) if error.kind() == ErrorKind::Timeout => {}
            Err(error) => return Err(error),
        }
    }
    Err(lost(format!("`{how}`: all is written all the same")))
}

fn open(name: &str) -> NewAccount {
    NewAccount {
        id: Some(name.to_owned()),
        ..NewAccount::default()
    }
}

/// Whether all is read still, and a new subscription begins.
async fn reads(client: &Client) -> Result<()> {
    let many = client.of::<Receipt>().count(Filter::all());
    many.timeout(SHORT).await?;
    let mut events = client.of::<Account>().subscribe(Filter::all());
    match timeout(SHORT, events.next()).await {
        Ok(Some(Ok(Event::Reset { .. }))) => Ok(()),
        other => Err(lost(format!("a subscription does not begin: {other:?}"))),
    }
}

/// Whether writes are acknowledged again.
async fn goes_on(crowd: &Crowd) -> Result<()> {
    let progress = &crowd.progress;
    let before = progress.acknowledged.load(Relaxed);
    let has_gone_on = || progress.acknowledged.load(Relaxed) > before + 200;
    wait_until("the store takes writes again", has_gone_on).await
}
