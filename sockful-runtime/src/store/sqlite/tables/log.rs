//! The log in the file.

use super::encoding::{read_commit, write_commit};
use super::table::SqliteTable;
use crate::core::error::Result;
use crate::store::StoreLimits;
use crate::store::commit::Committed;
use crate::store::sqlite::failure::failure;
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;
use std::time::Duration;

/// The maximum number of commits that one transaction removes: more than it adds, but few enough to be
/// quick.
const CUT_AT_ONCE: u32 = 1_024;

/// The limits of the log in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogLimits {
    capacity: u64,
    retention: u64,
}

/// The end of the log.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LogEnd {
    /// The number of the newest commit.
    pub(crate) seq: u64,
    /// The bytes of the log since its beginning, including removed commits.
    bytes: u64,
}

impl LogLimits {
    pub(crate) fn new(limits: &StoreLimits) -> Self {
        let whole = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            capacity: u64::try_from(limits.stored_log_capacity).unwrap_or(u64::MAX),
            retention: whole(limits.log_retention),
        }
    }

    /// Removes commits beyond the age and size limits at this time. The last commit always stays, since
    /// its number continues the history.
    pub(crate) fn cut(
        self,
        connection: &Connection,
        end: LogEnd,
        now: u64,
    ) -> rusqlite::Result<()> {
        let oldest = "SELECT seq, at, start FROM sockful_log ORDER BY seq LIMIT ?1";
        let mut statement = connection.prepare_cached(oldest)?;
        let mut rows = statement.query([CUT_AT_ONCE])?;
        let mut last = None;
        while let Some(row) = rows.next()? {
            let [seq, at, start] = [0, 1, 2].map(|column| row.get::<_, i64>(column));
            let (seq, at, start) = (seq?, at?.cast_unsigned(), start?.cast_unsigned());
            let is_old = at.saturating_add(self.retention) <= now;
            let is_over = end.bytes - start > self.capacity;
            if seq.cast_unsigned() == end.seq || !(is_old || is_over) {
                break;
            }
            last = Some(seq);
        }
        if let Some(last) = last {
            let cut = "DELETE FROM sockful_log WHERE seq <= ?1";
            connection.prepare_cached(cut)?.execute([last])?;
        }
        Ok(())
    }
}

impl LogEnd {
    /// Reads the end of the log in the file.
    pub(crate) fn read(connection: &Connection) -> Result<Self> {
        let last =
            "SELECT seq, start + octet_length(entry) FROM sockful_log ORDER BY seq DESC LIMIT 1";
        let read = connection.query_row(last, [], |row| {
            let (seq, bytes) = (row.get::<_, i64>(0)?, row.get::<_, i64>(1)?);
            Ok(Self {
                seq: seq.cast_unsigned(),
                bytes: bytes.cast_unsigned(),
            })
        });
        Ok(read.optional().map_err(failure)?.unwrap_or_default())
    }

    /// Returns the number before the newest commits, limited to `many` and approximately `bytes`.
    pub(crate) fn newest(self, connection: &Connection, many: u64, bytes: usize) -> Result<u64> {
        let behind = self.seq.saturating_sub(many);
        let bytes = self.bytes.saturating_sub(bytes as u64);
        let first = "SELECT min(seq) FROM sockful_log WHERE seq > ?1 AND start >= ?2";
        let first = connection.query_row(first, [behind, bytes].map(u64::cast_signed), |row| {
            row.get::<_, Option<i64>>(0)
        });
        let first = first.map_err(failure)?.map(i64::cast_unsigned);
        Ok(first.map_or(self.seq, |first| first - 1))
    }

    /// Appends a commit, which has the next number.
    pub(crate) fn append(
        &mut self,
        connection: &Connection,
        tables: &[SqliteTable],
        committed: &Committed,
        now: u64,
    ) -> Result<()> {
        let entry = write_commit(tables, committed)?;
        let bytes = self.bytes + entry.len() as u64;
        let write = || {
            let sql =
                "INSERT INTO sockful_log (seq, tag, at, start, entry) VALUES (?1, ?2, ?3, ?4, ?5)";
            let [seq, tag, at, start] =
                [committed.seq, committed.tag, now, self.bytes].map(u64::cast_signed);
            let values = (seq, tag, at, start, entry);
            connection.prepare_cached(sql)?.execute(values)
        };
        write().map_err(failure)?;
        *self = Self {
            seq: committed.seq,
            bytes,
        };
        Ok(())
    }
}

/// Returns at most `max` of the commits after number `after`, as far as they are available.
pub(crate) fn after(
    connection: &Connection,
    tables: &[SqliteTable],
    after: u64,
    max: usize,
) -> Result<Vec<Arc<Committed>>> {
    let mut commits = Vec::new();
    each(connection, after, max, |seq, tag, text| {
        commits.push(Arc::new(read_commit(tables, seq, tag, text)?));
        Ok(())
    })?;
    Ok(commits)
}

/// Passes the number, the tag and the text of at most `max` commits after number `after` to a callback.
pub(crate) fn each(
    connection: &Connection,
    after: u64,
    max: usize,
    mut take: impl FnMut(u64, u64, &str) -> Result<()>,
) -> Result<()> {
    let select = "SELECT seq, tag, entry FROM sockful_log WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    let mut statement = connection.prepare_cached(select).map_err(failure)?;
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let mut rows = statement
        .query((after.cast_signed(), max))
        .map_err(failure)?;
    while let Some(row) = rows.next().map_err(failure)? {
        let read = || {
            let (seq, tag) = (row.get::<_, i64>(0)?, row.get::<_, i64>(1)?);
            Ok((
                seq.cast_unsigned(),
                tag.cast_unsigned(),
                row.get_ref(2)?.as_str()?,
            ))
        };
        let (seq, tag, text) = read().map_err(failure)?;
        take(seq, tag, text)?;
    }
    Ok(())
}
