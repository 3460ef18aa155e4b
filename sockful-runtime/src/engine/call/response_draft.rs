//! The reply to the request of a transaction, as far as it is known before the commit.

use crate::engine::call::outcome::CommitOutcome;
use crate::model::record::Record;
use crate::store::commit::Operation;
use crate::store::idempotency::PendingResponse;
use std::sync::Arc;

/// The reply to the request of a transaction, without the numbers that only the commit has.
#[derive(Debug)]
pub(crate) enum ResponseDraft<'a> {
    /// The record of this id, as it is committed or was before it goes.
    Record(usize, &'a str),
    /// This JSON, and the revision of the record of this id.
    Json(&'a [u8], Option<(usize, &'a str)>),
    /// These records.
    Records(&'a [BatchRecord]),
    /// No reply: the transaction is part of something else.
    Nothing,
}

impl ResponseDraft<'_> {
    /// The same by the positions of the operations.
    pub(crate) fn pending_response(&self, operations: &[Operation]) -> PendingResponse {
        let position = |resource: usize, id: &str| {
            let is_it = |operation: &Operation| operation.is_of(resource, id);
            operations.iter().position(is_it)
        };
        let json = |json: &[u8], subject| PendingResponse::Json {
            json: String::from_utf8_lossy(json).into(),
            subject,
        };
        match self {
            Self::Record(resource, id) => {
                let at = position(*resource, id);
                at.map_or_else(
                    || json(b"null", None),
                    |at| PendingResponse::Record(at, *resource),
                )
            }
            Self::Json(text, about) => json(
                text,
                about.and_then(|(resource, id)| position(resource, id)),
            ),
            Self::Records(records) => {
                let writes_of = |of: &BatchRecord| {
                    let is_same = |one: &&BatchRecord| {
                        one.resource == of.resource && one.record.id() == of.record.id()
                    };
                    records.iter().filter(is_same).count()
                };
                let one = |one: &BatchRecord| {
                    // A record that is gone at the end may have been written before, and is reported
                    // as it was then. One that was only destroyed is kept as a record, so that a
                    // retry can ask the read policies about it.
                    let at = position(one.resource, one.record.id()).filter(|&at| {
                        let is_deleted = matches!(operations[at], Operation::Delete { .. });
                        is_deleted == one.is_gone && (!is_deleted || writes_of(one) == 1)
                    });
                    let whole = || json(one.record.sent().as_bytes(), None);
                    at.map_or_else(whole, |at| PendingResponse::Record(at, one.resource))
                };
                PendingResponse::List(records.iter().map(one).collect())
            }
            Self::Nothing => json(b"null", None),
        }
    }
}

/// A record of which the caller is told, among others.
#[derive(Debug)]
pub(crate) struct BatchRecord {
    pub(crate) resource: usize,
    /// The record at the end of the transaction; as it was when it was removed, if it was.
    pub(crate) record: Arc<Record>,
    /// Whether it is told that it goes.
    pub(crate) is_gone: bool,
}

impl BatchRecord {
    /// The record as it was committed.
    pub(crate) fn settled(self, outcome: &CommitOutcome) -> Arc<Record> {
        let stored = outcome.stored(self.resource, self.record.id());
        let stored = stored.filter(|_| !self.is_gone).cloned();
        stored.unwrap_or(self.record)
    }
}
