//! The end of a unit of work: its commit.

use crate::core::error::{Error, Result};
use crate::engine::call::after_hooks::Called;
use crate::engine::call::context::Context;
use crate::engine::call::delivery_scope::Telling;
use crate::engine::call::emission::Emission;
use crate::model::record::Record;
use crate::protocol::reply;
use crate::store::commit::{Commit, Committed, Operation, Rejected};
use futures_util::FutureExt;
use futures_util::future::Either;
use std::sync::Arc;

/// How a unit of work ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It was committed.
    Committed(Arc<Committed>),
    /// It did nothing; the newest commit that it has read from, if it has read.
    Unchanged(Option<u64>),
}

impl Ended {
    /// The commit that was made, or that was read from.
    pub(crate) fn seq(&self) -> Option<u64> {
        match self {
            Self::Committed(committed) => Some(committed.seq),
            Self::Unchanged(seq) => *seq,
        }
    }

    /// The record of this id as it was committed.
    pub(crate) fn stored(&self, resource: usize, id: &str) -> Option<&Arc<Record>> {
        let Self::Committed(committed) = self else {
            return None;
        };
        let stored = committed.changes.iter().filter_map(|change| {
            let after = change.after.as_ref()?;
            (change.resource == resource).then_some(after)
        });
        stored.into_iter().find(|record| record.id() == id)
    }
}

impl Context {
    /// Commits what the unit of work has come to, and has its hooks run afterwards. `None` says that
    /// another writer came in between, a little while ago.
    ///
    /// `telling` is what the caller will be told, and `called` the remote method that was called,
    /// if one was.
    pub(crate) async fn commit(
        &self,
        telling: Telling<'_>,
        called: Option<Called>,
    ) -> Result<Option<Ended>> {
        let finished = self.unit()?.finish()?;
        self.check_room(&finished.operations)?;
        let permit = self
            .permit_afterwards(&finished.operations, called.as_ref())
            .await;
        let ended = if finished.operations.is_empty() {
            Ended::Unchanged(finished.seq)
        } else {
            let keyed = self.keyed.as_ref().filter(|_| finished.writes);
            let idempotency = keyed.map(|keyed| {
                let response = telling.pending_response(&finished.operations);
                keyed.idempotency_entry(self.app().clock.now(), response)
            });
            let commit = Commit {
                operations: finished.operations,
                idempotency,
            };
            match self.try_commit(commit).await {
                Ok(committed) if committed.is_empty() => Ended::Unchanged(Some(committed.seq)),
                Ok(committed) => Ended::Committed(committed),
                Err(Rejected::Conflict(_)) => {
                    drop(permit);
                    self.back_off().await;
                    return Ok(None);
                }
                Err(Rejected::Taken {
                    resource, property, ..
                }) => {
                    return Err(self.model(resource).taken(property));
                }
                Err(Rejected::Repeated) => return Err(Error::repeated()),
                Err(Rejected::Failed(error)) => return Err(error),
            }
        };
        if !finished.broadcast.is_empty() {
            self.broadcast_all(finished.broadcast).boxed().await;
        }
        self.run_afterwards(&ended, called, permit).await;
        Ok(Some(ended))
    }

    /// Tells of events that are in no commit. Where that fails they are lost: the commit is done.
    async fn broadcast_all(&self, emissions: Vec<Emission>) {
        let outside = Self {
            unit: None,
            ..self.clone()
        };
        for emission in emissions {
            if let Err(error) = emission.broadcast(&outside).await {
                tracing::debug!(%error, "an event that is in no commit was lost");
            }
        }
    }

    /// Refuses a record that no reply has room for: nobody could be told of it.
    fn check_room(&self, operations: &[Operation]) -> Result<()> {
        let max = self.app().config.max_reply;
        let stored = operations.iter().filter_map(|operation| match operation {
            Operation::Put { record, .. } => Some(record),
            _ => None,
        });
        for record in stored {
            reply::check_room("the record", record.sent().len(), max)?;
        }
        Ok(())
    }

    /// Commits, and makes it known while the outcome is open.
    async fn try_commit(&self, commit: Commit) -> Result<Arc<Committed>, Rejected> {
        match self.store().commit(commit) {
            Either::Left(answer) => answer.await,
            Either::Right(answer) => {
                self.peer.note_committing(self.request);
                let answer = answer.await;
                self.peer.note_committed(self.request);
                answer
            }
        }
    }
}
