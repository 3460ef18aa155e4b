//! What is kept at hand of the newest commits, and how it is written down.

use super::entry::{read_commit, read_completion, write_commit, write_completion};
use super::failure::failure;
use super::table::Table;
use super::transaction::Taken;
use crate::commit::Committed;
use crate::config::Config;
use crate::error::Result;
use crate::store::completions::{Completions, Entry};
use crate::store::log::Log;
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;
use std::sync::Arc;

/// The newest commits and the requests that made them, as far as they are published.
#[derive(Debug)]
pub(super) struct History {
    pub(super) seq: u64,
    pub(super) log: Log,
    pub(super) completions: Completions,
}

/// What no longer fits, and is yet to be removed from the file.
#[derive(Debug, Default)]
pub(super) struct Gone {
    /// Up to which commit the log is cut.
    log: Option<u64>,
    completions: Vec<Entry>,
}

impl History {
    /// Reads what the file has.
    pub(super) fn load(
        connection: &Connection,
        tables: &[Table],
        config: &Config,
    ) -> Result<(Self, Gone)> {
        let mut history = Self {
            seq: 0,
            log: Log::new(config.log_capacity),
            completions: Completions::new(config),
        };
        let mut gone = Gone::default();
        for (seq, tag, text) in rows(connection, "SELECT seq, tag, entry FROM sockful_log")? {
            let committed = read_commit(tables, seq, tag, &text)?;
            history.seq = seq;
            gone.trim(history.log.push(Arc::new(committed)).last());
        }
        history.load_horizons(connection).map_err(failure)?;
        let read = "SELECT seq, 0, entry FROM sockful_completions";
        for (seq, _, text) in rows(connection, read)? {
            let (completion, completed) = read_completion(tables, seq, &text)?;
            gone.completions
                .extend(history.completions.push(completion, completed));
        }
        Ok((history, gone))
    }

    fn load_horizons(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let read = "SELECT value FROM sockful_meta WHERE name = 'horizon'";
        let all = connection.query_row(read, [], |row| row.get::<_, i64>(0));
        let all = all.optional()?.map(i64::cast_unsigned);
        let mut statement = connection.prepare("SELECT caller, at FROM sockful_horizons")?;
        let own = statement.query_map([], |row| {
            let caller: String = row.get(0)?;
            Ok((Arc::from(caller), row.get::<_, i64>(1)?.cast_unsigned()))
        })?;
        let own = own.collect::<rusqlite::Result<HashMap<_, _>>>()?;
        self.completions.restore(all, own);
        Ok(())
    }

    /// Takes in what was committed, and says what no longer fits.
    pub(super) fn publish(&mut self, taken: Taken, gone: &mut Gone) {
        self.seq = taken.committed.seq;
        gone.trim(self.log.push(taken.committed).last());
        if let Some((completion, completed)) = taken.completion {
            gone.completions
                .extend(self.completions.push(completion, completed));
        }
    }
}

impl Gone {
    fn trim(&mut self, last: Option<&Arc<Committed>>) {
        self.log = last.map(|committed| committed.seq).or(self.log);
    }

    /// Removes it from the file, and writes down which keys are forgotten with it.
    pub(super) fn remove(
        &self,
        connection: &Connection,
        completions: &Completions,
    ) -> rusqlite::Result<()> {
        if let Some(last) = self.log {
            let delete = "DELETE FROM sockful_log WHERE seq <= ?1";
            connection
                .prepare_cached(delete)?
                .execute([last.cast_signed()])?;
        }
        for entry in &self.completions {
            let delete = "DELETE FROM sockful_completions WHERE seq = ?1";
            connection
                .prepare_cached(delete)?
                .execute([entry.seq().cast_signed()])?;
            let caller = entry.caller();
            let (own, all) = completions.horizons(caller);
            if let Some(at) = own {
                let write = "INSERT OR REPLACE INTO sockful_horizons VALUES (?1, ?2)";
                connection
                    .prepare_cached(write)?
                    .execute((caller, at.cast_signed()))?;
            } else {
                let delete = "DELETE FROM sockful_horizons WHERE caller = ?1";
                connection.prepare_cached(delete)?.execute([caller])?;
            }
            if let Some(at) = all {
                let write = "INSERT OR REPLACE INTO sockful_meta VALUES ('horizon', ?1)";
                connection
                    .prepare_cached(write)?
                    .execute([at.cast_signed()])?;
            }
        }
        Ok(())
    }
}

/// Writes down a commit that took a number.
pub(super) fn write(connection: &Connection, tables: &[Table], taken: &Taken) -> Result<()> {
    let Taken {
        committed,
        completion,
    } = taken;
    let seq = committed.seq.cast_signed();
    let entry = write_commit(tables, committed)?;
    let remembered = completion
        .as_ref()
        .map(|(completion, completed)| write_completion(tables, completion, completed));
    let remembered = remembered.transpose()?;
    let write = || {
        let sql = "INSERT INTO sockful_log (seq, tag, entry) VALUES (?1, ?2, ?3)";
        let values = (seq, committed.tag.cast_signed(), entry);
        connection.prepare_cached(sql)?.execute(values)?;
        if let Some(entry) = remembered {
            let sql = "INSERT INTO sockful_completions (seq, entry) VALUES (?1, ?2)";
            connection.prepare_cached(sql)?.execute((seq, entry))?;
        }
        Ok(())
    };
    write().map_err(failure)
}

/// The rows of number, tag and text, by their numbers.
pub(super) fn rows(connection: &Connection, select: &str) -> Result<Vec<(u64, u64, String)>> {
    let read = || {
        let mut statement = connection.prepare(&format!("{select} ORDER BY seq"))?;
        let rows = statement.query_map([], |row| {
            let (seq, tag) = (row.get::<_, i64>(0)?, row.get::<_, i64>(1)?);
            Ok((seq.cast_unsigned(), tag.cast_unsigned(), row.get(2)?))
        })?;
        rows.collect::<rusqlite::Result<_>>()
    };
    read().map_err(failure)
}
