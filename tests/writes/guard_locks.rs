//! Calls that list records end despite many concurrent commits.

use crate::support::within;
use serde::{Deserialize, Serialize};
use sockful::{
    Context, Filter, Resource, Resources, Result, Server, ServerHandle, remote, resources,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

#[derive(Serialize, Deserialize, Resource)]
struct Entry {
    id: String,
    amount: u32,
}

#[derive(Serialize, Deserialize, Resource)]
struct Report {
    id: String,
    entries: u32,
}

#[derive(Serialize, Deserialize, Resource)]
struct Visit {
    id: String,
}

const RESOURCES: Resources = resources![Entry, Report, Visit];

/// Counts the runs of a method and pauses it for a test.
#[derive(Clone, Default)]
struct Runs {
    count: Arc<AtomicU32>,
    has_counted: Arc<Notify>,
    may_end: Arc<Notify>,
}

#[remote]
impl Report {
    /// Counts all entries and stores their number when the test allows it.
    pub async fn held(ctx: &Context, id: String) -> Result<u32> {
        let runs = ctx.state::<Runs>()?;
        let entries = Self::count(ctx).await?;
        runs.has_counted.notify_one();
        runs.may_end.notified().await;
        Self::store(ctx, id, entries).await
    }

    /// Counts all entries and stores their number ten seconds later.
    pub async fn slow(ctx: &Context, id: String) -> Result<u32> {
        let entries = Self::count(ctx).await?;
        sleep(Duration::from_secs(10)).await;
        Self::store(ctx, id, entries).await
    }

    /// Lists one entry, then reads it again by its id.
    pub async fn amount(ctx: &Context) -> Result<u32> {
        let runs = ctx.state::<Runs>()?;
        let entries = ctx.records::<Entry>();
        let Some(first) = entries.find(Filter::all()).limit(1).await?.pop() else {
            return Ok(0);
        };
        runs.has_counted.notify_one();
        runs.may_end.notified().await;
        Ok(entries.get(&first.id).await?.amount)
    }

    /// Reads without guards.
    pub async fn rough(ctx: &Context, id: String) -> Result<u32> {
        let runs = ctx.state::<Runs>()?;
        runs.count.fetch_add(1, Relaxed);
        let all = || ctx.records::<Entry>();
        let entries = all().count(Filter::all()).unguarded().await?;
        let listed = all().find(Filter::all()).unguarded().await?;
        assert_eq!(listed.len(), entries);
        runs.has_counted.notify_one();
        runs.may_end.notified().await;
        Self::store(ctx, id, entries.try_into().expect("a small number")).await
    }
}

impl Report {
    async fn count(ctx: &Context) -> Result<u32> {
        ctx.state::<Runs>()?.count.fetch_add(1, Relaxed);
        let entries = ctx.records::<Entry>().count(Entry::FIELDS.amount.gte(0));
        Ok(entries.await?.try_into().expect("a small number"))
    }

    async fn store(ctx: &Context, id: String, entries: u32) -> Result<u32> {
        let new = NewReport {
            id: Some(id),
            entries,
        };
        ctx.records::<Self>().create(new).await?;
        Ok(entries)
    }
}

async fn start() -> (ServerHandle, Runs) {
    let runs = Runs::default();
    let server = Server::new(RESOURCES).state(runs.clone()).open().await;
    (server.expect("a memory store opens"), runs)
}

async fn add_entry(server: &ServerHandle) {
    let new = NewEntry {
        id: None,
        amount: 1,
    };
    let stored = server.records::<Entry>().create(new).await;
    stored.expect("the record is valid");
}

async fn add_visit(server: &ServerHandle) {
    let stored = server
        .records::<Visit>()
        .create(NewVisit { id: None })
        .await;
    stored.expect("the record is valid");
}

/// Calls the method of this name for the report `r`.
fn call(server: &ServerHandle, method: &'static str) -> JoinHandle<Result<u32>> {
    let server = server.clone();
    tokio::spawn(async move {
        let client = sockful::testing::connect(&server).await?;
        let reports = client.records::<Report>();
        let call = match method {
            "held" => reports.held("r".to_owned()),
            "amount" => reports.amount(),
            "slow" => reports.slow("r".to_owned()),
            _ => reports.rough("r".to_owned()),
        };
        call.await
    })
}

async fn result(call: JoinHandle<Result<u32>>) -> Result<u32> {
    let done = within("the end of the call", call).await;
    done.expect("the call does not panic")
}

#[tokio::test(start_paused = true)]
async fn after_three_reruns_other_commits_wait() {
    let (server, runs) = start().await;
    let reply = call(&server, "held");
    for run in 1..=4 {
        within("a run", runs.has_counted.notified()).await;
        assert_eq!(runs.count.load(Relaxed), run);
        add_entry(&server).await;
        runs.may_end.notify_one();
    }
    within("a run", runs.has_counted.notified()).await;
    // The clock is paused: it advances only when nothing else can happen.
    let mut waiting = Box::pin(add_entry(&server));
    let waited = timeout(Duration::from_secs(3), &mut waiting).await;
    assert!(waited.is_err(), "a commit overtook the call again");
    // A resource that the call does not read is not locked.
    add_visit(&server).await;
    runs.may_end.notify_one();
    assert_eq!(result(reply).await.expect("the call ends"), 4);
    waiting.await;
    assert_eq!(runs.count.load(Relaxed), 5);
}

#[tokio::test(start_paused = true)]
async fn abandoned_call_leaves_resources_free() {
    let (server, runs) = start().await;
    let reply = call(&server, "held");
    for _ in 1..=4 {
        within("a run", runs.has_counted.notified()).await;
        add_entry(&server).await;
        runs.may_end.notify_one();
    }
    within("a run", runs.has_counted.notified()).await;
    let mut waiting = Box::pin(add_entry(&server));
    let waited = timeout(Duration::from_secs(3), &mut waiting).await;
    assert!(waited.is_err(), "the call holds the locks");
    // The request times out.
    assert!(result(reply).await.is_err());
    waiting.await;
}

#[tokio::test(start_paused = true)]
async fn slow_call_ends_beside_thousands_of_commits() {
    let (server, runs) = start().await;
    let writers = [true, false].map(|is_entry| {
        let server = server.clone();
        tokio::spawn(async move {
            loop {
                for _ in 0..20 {
                    if is_entry {
                        add_entry(&server).await;
                    } else {
                        add_visit(&server).await;
                    }
                }
                sleep(Duration::from_millis(10)).await;
            }
        })
    });
    let entries = result(call(&server, "slow")).await.expect("the call ends");
    assert!(entries > 10_000, "{entries}");
    assert_eq!(runs.count.load(Relaxed), 2);
    writers.iter().for_each(JoinHandle::abort);
}

#[tokio::test(start_paused = true)]
async fn error_of_reads_that_do_not_fit_is_not_returned() {
    let (server, runs) = start().await;
    add_entry(&server).await;
    let reply = call(&server, "amount");
    within("a run", runs.has_counted.notified()).await;
    let entries = server.records::<Entry>();
    for entry in entries.find(Filter::all()).await.expect("a list") {
        entries.destroy(&entry.id).await.expect("the entry exists");
    }
    runs.may_end.notify_one();
    assert_eq!(result(reply).await.expect("the call runs again"), 0);
}

#[tokio::test(start_paused = true)]
async fn unguarded_lists_may_change() {
    let (server, runs) = start().await;
    let reply = call(&server, "rough");
    within("a run", runs.has_counted.notified()).await;
    add_entry(&server).await;
    runs.may_end.notify_one();
    assert_eq!(result(reply).await.expect("the call ends"), 0);
    assert_eq!(runs.count.load(Relaxed), 1);
}
