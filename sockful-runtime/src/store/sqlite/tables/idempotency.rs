//! The completed requests in the file.
//!
//! The [index](IdempotencyIndex) in memory decides which are remembered; responses are read from the
//! file when they are needed.

use super::encoding::{read_completed_request, write_completed_request};
use super::table::SqliteTable;
use crate::core::error::Result;
use crate::store::StoreLimits;
use crate::store::idempotency::index::{Evicted, IdempotencyIndex, IndexedRequest};
use crate::store::idempotency::{CompletedRequest, IdempotencyEntry};
use crate::store::sqlite::failure::failure;
use rusqlite::{Connection, OptionalExtension, ToSql};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use uuid::Uuid;

/// The responses are in the file, by the number of the commit.
pub(crate) type StoredIndex = IdempotencyIndex<()>;

/// The evicted requests that have not been removed from the file yet.
pub(crate) type Gone = VecDeque<Evicted<()>>;

/// The entry of a request whose response was dropped.
pub(crate) const NO_RESPONSE: &str = "null";

/// Loads the remembered requests.
pub(crate) fn load(
    connection: &Connection,
    limits: &StoreLimits,
) -> rusqlite::Result<(StoredIndex, Gone)> {
    let mut remembered = StoredIndex::new(limits);
    let mut gone = Gone::new();
    let (all, own) = horizons(connection)?;
    remembered.restore(all, own);
    let select =
        "SELECT seq, caller, key, at, weight, entry = ?1 FROM sockful_completions ORDER BY seq";
    let mut statement = connection.prepare(select)?;
    let mut rows = statement.query([NO_RESPONSE])?;
    while let Some(row) = rows.next()? {
        let has_response = !row.get::<_, bool>(5)?;
        let weight: i64 = row.get(4)?;
        gone.extend(remembered.push(IndexedRequest {
            caller: row.get_ref(1)?.as_str()?.into(),
            key: Uuid::from_bytes(row.get(2)?),
            at: row.get::<_, i64>(3)?.cast_unsigned(),
            weight: usize::try_from(weight).unwrap_or(usize::MAX),
            seq: row.get::<_, i64>(0)?.cast_unsigned(),
            response: has_response.then_some(()),
        }));
    }
    Ok((remembered, gone))
}

/// The horizon of all callers, and those of single callers.
type Horizons = (Option<u64>, HashMap<Arc<str>, u64>);

fn horizons(connection: &Connection) -> rusqlite::Result<Horizons> {
    let read = "SELECT value FROM sockful_meta WHERE name = 'horizon'";
    let all = connection.query_row(read, [], |row| row.get::<_, i64>(0));
    let all = all.optional()?.map(i64::cast_unsigned);
    let mut statement = connection.prepare("SELECT caller, at FROM sockful_horizons")?;
    let own = statement.query_map([], |row| {
        let caller: String = row.get(0)?;
        Ok((Arc::from(caller), row.get::<_, i64>(1)?.cast_unsigned()))
    })?;
    Ok((all, own.collect::<rusqlite::Result<_>>()?))
}

/// Writes a request and its response, and returns what the index keeps of it.
pub(crate) fn write(
    connection: &Connection,
    tables: &[SqliteTable],
    entry: &IdempotencyEntry,
    completed: &CompletedRequest,
) -> Result<IndexedRequest<()>> {
    let text = write_completed_request(tables, completed)?;
    let request = IndexedRequest::new(entry, completed.seq, completed.weight(), ());
    let write = || {
        let sql = "INSERT INTO sockful_completions (seq, caller, key, at, weight, entry) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let (seq, at) = (request.seq.cast_signed(), request.at.cast_signed());
        let weight = i64::try_from(request.weight).unwrap_or(i64::MAX);
        let values = (
            seq,
            &*request.caller,
            request.key.as_bytes(),
            at,
            weight,
            text,
        );
        connection.prepare_cached(sql)?.execute(values)
    };
    write().map_err(failure)?;
    Ok(request)
}

/// The response to the request that made commit `seq`; `None` if it is no longer stored.
pub(crate) fn read(
    connection: &Connection,
    tables: &[SqliteTable],
    seq: u64,
) -> Result<Option<CompletedRequest>> {
    let select = "SELECT entry FROM sockful_completions WHERE seq = ?1";
    let mut statement = connection.prepare_cached(select).map_err(failure)?;
    let text = statement.query_row([seq.cast_signed()], |row| row.get::<_, String>(0));
    let text = text.optional().map_err(failure)?;
    let text = text.filter(|text| text != NO_RESPONSE);
    text.map(|text| read_completed_request(tables, seq, &text))
        .transpose()
}

/// Drops the response to the request that made commit `seq`, and keeps its key.
pub(crate) fn drop_response(
    connection: &Connection,
    seq: i64,
    weight: Option<i64>,
) -> rusqlite::Result<()> {
    let update =
        "UPDATE sockful_completions SET entry = ?2, weight = coalesce(?3, weight) WHERE seq = ?1";
    let mut statement = connection.prepare_cached(update)?;
    statement.execute((seq, NO_RESPONSE, weight)).map(drop)
}

/// The requests to remove from the file, and the horizons that replace them.
#[derive(Debug)]
pub(crate) struct Removal {
    seqs: Vec<u64>,
    /// The commits whose responses are dropped, with the weights of the rest.
    responses: Vec<(u64, usize)>,
    own: HashMap<Arc<str>, Option<u64>>,
    all: Option<u64>,
}

impl Removal {
    pub(crate) fn of<'a>(
        gone: impl Iterator<Item = &'a Evicted<()>>,
        remembered: &StoredIndex,
    ) -> Self {
        let mut removal = Self {
            seqs: Vec::new(),
            responses: Vec::new(),
            own: HashMap::new(),
            all: None,
        };
        for evicted in gone {
            let caller = match evicted {
                Evicted::Removed(request) => {
                    removal.seqs.push(request.seq);
                    &request.caller
                }
                Evicted::Response { seq, weight, .. } => {
                    removal.responses.push((*seq, *weight));
                    continue;
                }
                Evicted::Horizon(caller) => caller,
            };
            let (own, all) = remembered.horizons(caller);
            removal.own.insert(Arc::clone(caller), own);
            removal.all = all;
        }
        removal
    }

    pub(crate) fn carry_out(&self, connection: &Connection) -> rusqlite::Result<()> {
        let run = |sql: &str, values: &[&dyn ToSql]| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.execute(values).map(drop)
        };
        for (seq, weight) in &self.responses {
            let weight = i64::try_from(*weight).unwrap_or(i64::MAX);
            drop_response(connection, seq.cast_signed(), Some(weight))?;
        }
        for seq in &self.seqs {
            let delete = "DELETE FROM sockful_completions WHERE seq = ?1";
            run(delete, &[&seq.cast_signed()])?;
        }
        for (caller, horizon) in &self.own {
            match horizon {
                Some(at) => {
                    let write = "INSERT OR REPLACE INTO sockful_horizons VALUES (?1, ?2)";
                    run(write, &[caller, &at.cast_signed()])?;
                }
                None => run("DELETE FROM sockful_horizons WHERE caller = ?1", &[caller])?,
            }
        }
        if let Some(at) = self.all {
            let write = "INSERT OR REPLACE INTO sockful_meta VALUES ('horizon', ?1)";
            run(write, &[&at.cast_signed()])?;
        }
        Ok(())
    }
}
