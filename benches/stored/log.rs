//! The size of the write-ahead log while lists overlap and others write.

use super::client::Client;
use super::remove;
use super::server::ServerProcess;
use sockful::{Error, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

/// The number of records; a list that no index serves reads all of them.
const CREATURES: usize = 50_000;
const READERS: usize = 6;
/// How many connections write, and how often each.
const WRITERS: u32 = 10;
const PERIOD: Duration = Duration::from_millis(10);
const DURATION: Duration = Duration::from_secs(300);
/// How long nothing is sent afterwards.
const PAUSE: Duration = Duration::from_secs(10);

pub(crate) async fn measure(folder: &Path) -> Result<()> {
    let file = folder.join("log.db");
    remove(&file);
    eprintln!("making {CREATURES} records");
    let served = ServerProcess::start(&file.to_string_lossy(), CREATURES)?;
    let until = Instant::now() + DURATION;
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        readers.spawn(read(Client::connect(served.address).await?, until));
    }
    let mut writers = JoinSet::new();
    for nth in 0..WRITERS {
        writers.spawn(write(Client::connect(served.address).await?, nth, until));
    }
    let log = log_of(&file);
    let mut sizes = Vec::new();
    while Instant::now() < until {
        sizes.push(size(&log));
        sleep(Duration::from_millis(100)).await;
    }
    let (mut lists, mut refused) = (0, 0);
    for read in readers.join_all().await {
        let (done, failed) = read?;
        lists += done;
        refused += failed;
    }
    let mut waits = Vec::new();
    for written in writers.join_all().await {
        waits.extend(written?);
    }
    waits.sort_unstable();
    sleep(PAUSE).await;
    let after = size(&log);
    sizes.sort_unstable();
    let millis = |at: usize| waits[at].as_secs_f64() * 1e3;
    println!(
        "{} s, {READERS} readers, {WRITERS} writers\n",
        DURATION.as_secs()
    );
    println!("| | |\n|---|---|");
    println!("| lists of {CREATURES} records | {lists}, and {refused} `unavailable` |");
    println!(
        "| writes per second | {} |",
        waits.len() as u64 / DURATION.as_secs()
    );
    println!(
        "| a write, p50, p99 and slowest | {:.1}, {:.1} and {:.0} ms |",
        millis(waits.len() / 2),
        millis(waits.len() * 99 / 100),
        millis(waits.len() - 1)
    );
    println!("| log, median | {} KiB |", sizes[sizes.len() / 2] / 1024);
    println!("| log, largest | {} KiB |", sizes[sizes.len() - 1] / 1024);
    println!(
        "| log, {} s after the last request | {} KiB |",
        PAUSE.as_secs(),
        after / 1024
    );
    drop(served);
    remove(&file);
    Ok(())
}

/// Lists until then. Returns how many lists were served and how many were `unavailable`.
async fn read(mut client: Client, until: Instant) -> Result<(usize, usize)> {
    let (mut done, mut failed) = (0, 0);
    while Instant::now() < until {
        // Neither property is indexed.
        let list = r#"["creature","find",{"hp":{"$lt":100},"$sort":{"name":1},"$limit":10},1]"#;
        match client.ask(list.to_owned()).await {
            Ok(_) => done += 1,
            Err(error) if format!("{error:?}").contains("unavailable") => failed += 1,
            Err(error) => return Err(error),
        }
    }
    Ok((done, failed))
}

/// Updates records until then. Returns how long each took.
async fn write(mut client: Client, nth: u32, until: Instant) -> Result<Vec<Duration>> {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut waits = Vec::new();
    for count in 0_usize.. {
        let due = ticks.tick().await;
        if due >= until {
            break;
        }
        let id = (count * 7_919 + nth as usize) % CREATURES;
        let frame = format!(
            r#"["creature","update",{{"id":"c{id}","hp":{}}},1]"#,
            100 + count
        );
        client.ask(frame).await?;
        // From when it was due: a write that waits delays those after it.
        waits.push(due.elapsed());
    }
    if waits.is_empty() {
        return Err(Error::internal("nothing was written"));
    }
    Ok(waits)
}

fn log_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn size(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |it| it.len())
}
