//! Measures the time from the start of a server process to its first reply.

use super::client::Client;
use super::median;
use super::server::ServerProcess;
use sockful::Result;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Instant;
use uuid::Uuid;

const CREATURES: usize = 1_000_000;
/// The number of requests with a key after that: more than the log and the idempotency records hold.
const KEYED: usize = 200_000;
const ROUNDS: usize = 7;

pub(crate) async fn measure(folder: &Path, is_cold: bool) -> Result<()> {
    let file = folder.join("start.db");
    let store = file.to_string_lossy();
    // Creating the file takes the longest by far, so it is kept for the next run.
    if !folder.join("start.made").exists() {
        super::remove(&file);
        make(&store).await?;
        File::create(folder.join("start.made"))?;
    }
    let megabytes = std::fs::metadata(&file)?.len() / 1_000_000;
    println!("{CREATURES} records and the keys of {KEYED} requests: {megabytes} MB\n");
    println!("| milliseconds to the first answer, medians of {ROUNDS} | |\n|---|---|");
    let small = folder.join("start-none.db");
    super::remove(&small);
    drop(ServerProcess::start(&small.to_string_lossy(), 1)?);
    row("1 record", &small, false).await?;
    super::remove(&small);
    row("1,000,000 records", &file, false).await?;
    if is_cold {
        let name = "1,000,000 records, nothing in the page cache";
        row(name, &file, true).await?;
    }
    Ok(())
}

/// Creates the records and then updates them by requests with keys.
async fn make(store: &str) -> Result<()> {
    eprintln!("making {CREATURES} records");
    let served = ServerProcess::start(store, CREATURES)?;
    let mut client = Client::connect(served.address).await?;
    eprintln!("sending {KEYED} requests with keys");
    let frames = (0..KEYED).map(|nth| {
        let key = Uuid::now_v7();
        format!(r#"["creature","update",{{"id":"c{nth}","hp":101}},1,{{"key":"{key}"}}]"#)
    });
    client.ask_all(frames, 64).await.map(drop)
}

async fn row(name: &str, file: &Path, is_cold: bool) -> Result<()> {
    let mut millis = Vec::new();
    for _ in 0..ROUNDS {
        if is_cold {
            File::open(file)?.sync_all()?;
            let drop_caches = OpenOptions::new()
                .write(true)
                .open("/proc/sys/vm/drop_caches");
            drop_caches?.write_all(b"3")?;
        }
        let begun = Instant::now();
        let served = ServerProcess::start(&file.to_string_lossy(), 0)?;
        let mut client = Client::connect(served.address).await?;
        let get = r#"["creature","get",{"id":"c0"},1]"#;
        client.ask(get.to_owned()).await?;
        millis.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    let middle = median(&mut millis);
    let (least, most) = (millis[0], millis[millis.len() - 1]);
    println!("| {name} | {middle:.0} ({least:.0}–{most:.0}) |");
    Ok(())
}
