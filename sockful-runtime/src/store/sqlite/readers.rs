//! Connections that read, a bounded number of them.

use super::failure::failure;
use super::file::open_reader;
use crate::error::{Error, ErrorKind, Result};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How many read at once, kept snapshots among them.
const MAX_READERS: usize = 64;
/// How many connections wait for the next that reads.
const MAX_IDLE: usize = 8;
/// How long a read waits for one of the others to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections that wait to be used.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

/// Leave to use a connection.
#[derive(Debug)]
pub(super) struct Admitted {
    readers: Arc<Readers>,
    _permit: OwnedSemaphorePermit,
}

/// A connection that sees the file as it was at one moment.
#[derive(Debug)]
pub(super) struct Reader {
    connection: Option<Connection>,
    seq: u64,
    admitted: Admitted,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(MAX_READERS)),
        }
    }

    /// Closes the connections that wait to be used.
    pub(super) fn close(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.clear();
    }

    /// Waits for leave to use a connection.
    pub(super) async fn acquire(readers: &Arc<Self>) -> Result<Admitted> {
        let permit = Arc::clone(&readers.permits).acquire_owned();
        match timeout(PATIENCE, permit).await {
            Ok(permit) => Ok(Admitted {
                readers: Arc::clone(readers),
                _permit: permit.map_err(Error::internal)?,
            }),
            Err(_) => Err(Error::new(ErrorKind::Unavailable, "the store is busy")),
        }
    }
}

impl Admitted {
    /// Begins to see. It waits for the disk.
    pub(super) fn begin(self) -> Result<Reader> {
        let idle = self.readers.idle.lock();
        let idle = idle.unwrap_or_else(PoisonError::into_inner).pop();
        let begin = || {
            let connection = idle.map_or_else(|| open_reader(&self.readers.path), Ok)?;
            connection.execute_batch("BEGIN")?;
            let head = "SELECT coalesce(max(seq), 0) FROM sockful_log";
            let seq: i64 = connection
                .prepare_cached(head)?
                .query_row([], |row| row.get(0))?;
            Ok((connection, seq.cast_unsigned()))
        };
        let (connection, seq) = begin().map_err(failure)?;
        Ok(Reader {
            connection: Some(connection),
            seq,
            admitted: self,
        })
    }
}

impl Reader {
    pub(super) fn connection(&self) -> &Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("it is taken out at the end only"),
        }
    }

    /// The number of the newest commit that it sees.
    pub(super) fn seq(&self) -> u64 {
        self.seq
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        let mut idle = self.admitted.readers.idle.lock();
        let idle = idle.as_mut().ok().filter(|idle| idle.len() < MAX_IDLE);
        if let Some(idle) = idle
            && connection.execute_batch("ROLLBACK").is_ok()
        {
            idle.push(connection);
        }
    }
}
