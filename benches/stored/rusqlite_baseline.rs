//! Inserts the same records through rusqlite alone, as a baseline.

use rusqlite::Connection;
use sockful::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// The schema that the server's store creates for the resource.
const TABLE: &str = r#"
    CREATE TABLE IF NOT EXISTS "record creature" (
        id TEXT PRIMARY KEY NOT NULL, rev INTEGER NOT NULL, sent TEXT NOT NULL, kept TEXT NOT NULL,
        "key kind" BLOB NOT NULL, "key level" BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS "index kind" ON "record creature" ("key kind", id);
    CREATE INDEX IF NOT EXISTS "index level" ON "record creature" ("key level", id);
"#;
const INSERT: &str = r#"INSERT INTO "record creature" VALUES (?1, ?2, ?3, '', ?4, ?5)"#;

/// A database file that is written without a server.
pub(crate) struct RusqliteBaseline {
    path: PathBuf,
    inserted: AtomicUsize,
}

impl RusqliteBaseline {
    pub(crate) fn new(path: PathBuf) -> Result<Self> {
        super::remove(&path);
        let connection = open(&path)?;
        connection.execute_batch(TABLE).map_err(Error::internal)?;
        let inserted = AtomicUsize::new(0);
        Ok(Self { path, inserted })
    }

    /// Returns the inserts per second, one transaction each, from this many threads with one connection each.
    #[expect(clippy::cast_precision_loss, reason = "they are few")]
    pub(crate) fn insert(&self, threads: usize, time: Duration) -> Result<f64> {
        let begun = Instant::now();
        let insert = || {
            let connection = open(&self.path)?;
            let mut insert = connection.prepare(INSERT).map_err(Error::internal)?;
            let mut done = 0;
            while begun.elapsed() < time {
                let nth = self.inserted.fetch_add(1, Relaxed);
                let rev = i64::try_from(nth).map_err(Error::internal)?;
                let (kind, level) = (format!("kind-{}", nth % 1_000), nth * 7_919 % 1_000_000);
                let id = format!("w{nth}");
                let sent = format!(
                    r#"{{"id":"{id}","name":"Creature {nth}","kind":"{kind}","level":{level},"hp":100,"bio":"A quiet beast of the northern hills that sleeps under old stones."}}"#
                );
                // The key bytes that the server's store uses for a string and a number.
                let kind = [&[3], kind.as_bytes()].concat();
                let level = [&[2], &(level as f64).to_bits().to_be_bytes()[..]].concat();
                insert
                    .execute((id, rev, sent, kind, level))
                    .map_err(Error::internal)?;
                done += 1;
            }
            Ok::<usize, Error>(done)
        };
        let done = thread::scope(|scope| {
            let started: Vec<_> = (0..threads).map(|_| scope.spawn(insert)).collect();
            let panicked = |_| Error::internal("a thread panicked");
            let ended = started.into_iter().map(|it| it.join().map_err(panicked)?);
            ended.sum::<Result<usize>>()
        })?;
        Ok(done as f64 / begun.elapsed().as_secs_f64())
    }
}

fn open(path: &Path) -> Result<Connection> {
    let open = || {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(60))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok::<_, rusqlite::Error>(connection)
    };
    open().map_err(Error::internal)
}
