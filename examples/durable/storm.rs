//! Servers that end, one after the other, under the same clients.

use crate::crowd::Crowd;
use crate::disk::{self, Disk, Word};
use crate::ending::Ending;
use crate::process::Place;
use crate::random::Random;
use crate::served::server;
use crate::tally::Tally;
use sockful::Result;
use std::path::PathBuf;
use std::{env, fs};
use tokio::net::TcpListener;

/// How many servers have one store, one after the other; then all is compared, and another begins.
const OF_ONE_STORE: u32 = 50;
/// After how many of them the file is checked.
const CHECKED: u32 = 10;

/// A folder that goes in the end, with a store in it that is empty.
#[derive(Debug)]
pub(crate) struct Ground {
    folder: PathBuf,
    pub(crate) place: Place,
}

impl Ground {
    pub(crate) async fn new(word: Word) -> Result<Self> {
        let folder = env::temp_dir().join(format!("sockful-durable-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        // The names of its files are told by the kernel without links.
        let file = folder.canonicalize()?.join("data.db");
        drop(server(&file)?.open().await?);
        disk::settle(&file)?;
        let free = TcpListener::bind("127.0.0.1:0").await?;
        let port = free.local_addr()?.port().to_string();
        let disk = Disk::build()?;
        let place = Place {
            file,
            port,
            disk,
            word,
        };
        Ok(Self { folder, place })
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        // It lies where the system puts what may go.
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// Ends so many servers; fails where anything was lost or done twice.
pub(crate) async fn rage(rounds: u32, random: &mut Random, word: Word) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut left = rounds;
    while left > 0 {
        let some = left.min(OF_ONE_STORE);
        let ground = Ground::new(word).await?;
        one_store(some, random, &ground.place, &mut tally).await?;
        left -= some;
    }
    Ok(tally)
}

async fn one_store(
    rounds: u32,
    random: &mut Random,
    place: &Place,
    tally: &mut Tally,
) -> Result<()> {
    let first = place.start(None)?;
    let mut crowd = Crowd::gather(&place.port).await?;
    drop(first);
    for round in 1..=rounds {
        let ending = Ending::draw(random, place.disk.is_there());
        let before = crowd.progress.count();
        let came = ending.bring_about(place, random).await?;
        tally.add(ending, came, crowd.progress.count() - before);
        if round % CHECKED == 0 {
            place.check()?;
        }
        crowd.is_well().await?;
    }
    let last = place.start(None)?;
    let done = crowd.finish().await?;
    crowd.hear(&done).await?;
    drop(last);
    crowd.judge(place, &done).await
}
