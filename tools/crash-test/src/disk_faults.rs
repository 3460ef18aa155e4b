//! Runs one server whose disk fails for a while; it must recover without a restart.

use crate::app::{Account, NewAccount, Receipt};
use crate::clients::{Clients, connect, wait_until};
use crate::crash_loop::TestStore;
use crate::disk::{self, SyncMode};
use crate::lost;
use sockful::client::{Client, ClientEvent};
use sockful::{Error, ErrorKind, Filter, Outcome, Result};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// The failures, and the outcome that a write must report.
const FAULTS: [(&str, Outcome); 3] = [
    ("full", Outcome::NotApplied),
    ("readonly", Outcome::NotApplied),
    ("syncs", Outcome::Unknown),
];
/// The minimal duration of a failure.
const FAILURE_TIME: Duration = Duration::from_millis(300);
/// The timeout of a request.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(500);
/// The maximal number of writes that a failing disk may still accept.
const ATTEMPTS: u32 = 200;

pub(crate) async fn run() -> Result<()> {
    let store = TestStore::new(SyncMode::Durable).await?;
    let setup = &store.setup;
    if !setup.disk.is_available() {
        return Ok(());
    }
    let mut server = setup.start(None)?;
    let mut clients = Clients::start(&setup.port).await?;
    let client = connect(&setup.port)?;
    let mut opened = Vec::new();
    for (how, outcome) in FAULTS {
        sleep(FAILURE_TIME).await;
        disk::fail(&setup.file, how)?;
        let (new, key, error) = write_until_rejected(&client, how, &mut opened).await?;
        if error.outcome() != Some(outcome) {
            return Err(lost(format!("`{how}`: unexpected outcome: {error:?}")));
        }
        check_reads(&client).await?;
        sleep(FAILURE_TIME).await;
        disk::heal(&setup.file)?;
        client
            .records::<Account>()
            .create(open(&new))
            .key(key)
            .await?;
        opened.push(new);
        check_writes(&clients).await?;
        if server.was_killed()? {
            return Err(lost(format!("`{how}`: the server exited")));
        }
        println!(
            "`{how}`: writes fail, outcome {outcome:?}: {error}; reads continue, and writes resume after the failure"
        );
    }
    let mut done = clients.finish().await?;
    done.extend(opened.into_iter().map(|name| (name, 0)));
    clients.wait_for_events(&done).await?;
    drop(server);
    clients.verify(setup, &done).await?;
    println!("every acknowledged write was applied exactly once");
    Ok(())
}

/// Creates accounts until the disk rejects one. Returns its name, its key and the error.
async fn write_until_rejected(
    client: &Client,
    how: &str,
    opened: &mut Vec<String>,
) -> Result<(String, Uuid, Error)> {
    let begin = |attempt| (format!("{how}-{attempt}"), Uuid::now_v7());
    let (mut name, mut key) = begin(0);
    for attempt in 1..ATTEMPTS {
        let call = client.records::<Account>().create(open(&name));
        match call.key(key).timeout(REQUEST_TIMEOUT).await {
            Ok(_) => {
                opened.push(name);
                (name, key) = begin(attempt);
            }
            Err(error) if error.kind() == ErrorKind::Unavailable => return Ok((name, key, error)),
            // The failure began while the request was in progress.
            Err(error) if error.kind() == ErrorKind::Timeout => {}
            Err(error) => return Err(error),
        }
    }
    Err(lost(format!("`{how}`: no write failed")))
}

fn open(name: &str) -> NewAccount {
    NewAccount {
        id: Some(name.to_owned()),
        ..NewAccount::default()
    }
}

/// Checks that reads and new subscriptions still work.
async fn check_reads(client: &Client) -> Result<()> {
    let many = client.records::<Receipt>().count(Filter::all());
    many.timeout(REQUEST_TIMEOUT).await?;
    let mut events = client.records::<Account>().subscribe(Filter::all());
    match timeout(REQUEST_TIMEOUT, events.next()).await {
        Ok(Some(Ok(ClientEvent::Reset { .. }))) => Ok(()),
        other => Err(lost(format!("a subscription did not start: {other:?}"))),
    }
}

/// Checks that writes are acknowledged again.
async fn check_writes(clients: &Clients) -> Result<()> {
    let progress = &clients.progress;
    let before = progress.acknowledged.load(Relaxed);
    let have_resumed = || progress.acknowledged.load(Relaxed) > before + 200;
    wait_until("writes to resume", have_resumed).await
}
