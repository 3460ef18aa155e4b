//! Describes the reply to a transaction's request as far as it is known before the commit.

use crate::engine::call::outcome::CommitOutcome;
use crate::model::record::Record;
use crate::store::commit::Operation;
use crate::store::idempotency::PendingResponse;
use std::sync::Arc;

/// The reply to a transaction's request, without the numbers that the commit assigns.
#[derive(Debug)]
pub(crate) enum ResponseDraft<'a> {
    /// The record with this id: as committed, or its previous state if it is removed.
    Record(usize, &'a str),
    /// This JSON, with the revision of the record with this id.
    Json(&'a [u8], Option<(usize, &'a str)>),
    /// These records.
    Records(&'a [BatchRecord]),
    /// No reply: the transaction is part of something else.
    Nothing,
}

impl ResponseDraft<'_> {
    /// The same draft in terms of the positions of the operations.
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
                    // A record that does not exist at the end may have been written before, and is
                    // reported in that state. A record that was only destroyed is kept as a record,
                    // so that a retry can apply the read policies to it.
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

/// A record in a reply that contains several.
#[derive(Debug)]
pub(crate) struct BatchRecord {
    pub(crate) resource: usize,
    /// The record at the end of the transaction, or its previous state if it was removed.
    pub(crate) record: Arc<Record>,
    /// Whether the reply reports it as removed.
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
