//! Events that the application emits: in a commit, or to the current subscribers only.

use crate::core::error::{Error, Result};
use crate::engine::call::commit::{commit, deliver};
use crate::engine::call::context::Context;
use crate::engine::call::delivery_scope::ResponseDraft;
use crate::engine::call::transaction::emission::Emission;
use crate::model::event::Event;
use crate::model::key::Key;
use crate::model::resource::Resource;
use crate::protocol::reply;

impl Context {
    /// Emits `event` for the record with this id as part of this call: in the commit that the call
    /// ends with, once however often the call is rerun, and not at all if the call fails.
    /// Subscribers to the record receive it.
    ///
    /// The event carries the record as it is after the commit, or as it was before if the commit
    /// removes it. If there is no such record, no subscriber receives the event; that is not an
    /// error. Emitting an event adds no read dependency: if another writer changes the record, the
    /// call is not rerun unless it has read the record.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) if the event is longer than
    /// [`request.max_reply`](crate::config::RequestConfig::max_reply) allows. An internal error in an `#[after]`
    /// hook, where each write is a commit of its own: use
    /// `context.records::<Creature>().emit(&id, event).await` there, see
    /// [`Records::emit`](crate::Records::emit).
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an emitted event is consumed; a borrow would say otherwise"
    )]
    pub fn emit<E: Event>(&self, id: &<E::Of as Resource>::Id, event: E) -> Result<()> {
        if !self.is_in_transaction() {
            return Err(outside_call::<E>("emit"));
        }
        self.transaction()?.emit(self.emission(id, &event)?)
    }

    /// Sends `event` for the record with this id to its current subscribers when the call ends
    /// successfully, without adding it to the log. It has no `seq`, is not part of a commit, is not
    /// replayed to clients that resume, and may be lost: use it for what only matters at the moment,
    /// such as a typing indicator.
    ///
    /// # Errors
    ///
    /// As for [`emit`](Self::emit); in an `#[after]` hook use
    /// `context.records::<Creature>().broadcast(&id, event).await`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a sent event is consumed; a borrow would say otherwise"
    )]
    pub fn broadcast<E: Event>(&self, id: &<E::Of as Resource>::Id, event: E) -> Result<()> {
        if !self.is_in_transaction() {
            return Err(outside_call::<E>("broadcast"));
        }
        self.transaction()?.broadcast(self.emission(id, &event)?)
    }

    /// Serializes `event`, which happens to the record with this id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) if it does not fit in a frame. An internal
    /// error if it can't be written as JSON that every client can read, or its resource is not served.
    pub(crate) fn emission<E: Event>(
        &self,
        id: &<E::Of as Resource>::Id,
        event: &E,
    ) -> Result<Emission> {
        let app = self.app();
        let model = app.model_of::<E::Of>()?;
        let data = reply::json("the event", &E::DATA, event)?;
        reply::check_room("the event", data.len(), app.config.request.max_reply)?;
        Ok(Emission {
            resource: model.index,
            id: id.text().into(),
            event: E::POSITION,
            data: data.into(),
        })
    }

    /// Adds the event to the current transaction, or commits it in a transaction of its own.
    pub(crate) async fn emit_now(&self, emission: Emission) -> Result<()> {
        if self.is_in_transaction() {
            return self.transaction()?.emit(emission);
        }
        loop {
            let unit = self.begin();
            unit.transaction()?.emit(emission.clone())?;
            if commit(&unit, ResponseDraft::Nothing, None).await?.is_some() {
                return Ok(());
            }
        }
    }

    /// Sends the event to the current subscribers without a commit: at the end of the current
    /// transaction, or at once if there is none.
    pub(crate) async fn broadcast_now(&self, emission: Emission) -> Result<()> {
        if self.is_in_transaction() {
            return self.transaction()?.broadcast(emission);
        }
        deliver(self, emission).await
    }
}

/// The error for an event that is emitted after the call has been committed.
fn outside_call<E: Event>(method: &str) -> Error {
    let title = E::Of::DEFINITION.title;
    Error::internal(format!(
        "an event came when the commit was over; write `context.records::<{title}>().{method}(&id, event).await`"
    ))
}
