//! Emits an event of a record: in a commit, or to the current subscribers only.

use crate::core::error::Result;
use crate::engine::call::context::Context;
use crate::engine::call::delivery_scope::Telling;
use crate::model::event::Event;
use crate::model::key::Key;
use crate::model::resource::Resource;
use crate::protocol::reply;
use crate::store::commit::{Emitted, Operation};

/// An event of a record, with its data as JSON.
#[derive(Clone, Debug)]
pub(crate) struct Emission {
    resource: usize,
    id: Box<str>,
    event: usize,
    data: Box<str>,
}

impl Emission {
    /// Serializes `event`, which happens to the record with this id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) if it does not fit in a frame. An internal
    /// error if it can't be written as JSON that every client can read, or its resource is not served.
    pub(crate) fn of<E: Event>(
        context: &Context,
        id: &<E::Of as Resource>::Id,
        event: &E,
    ) -> Result<Self> {
        let app = context.app();
        let model = app.model_of::<E::Of>()?;
        let data = reply::json("the event", &E::DATA, event)?;
        reply::check_room("the event", data.len(), app.config.max_reply)?;
        Ok(Self {
            resource: model.index,
            id: id.text().into(),
            event: E::POSITION,
            data: data.into(),
        })
    }

    /// Adds the event to the current transaction, or commits it in a transaction of its own.
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        if context.is_in_unit() {
            return context.unit()?.emit(self);
        }
        loop {
            let unit = context.begin();
            unit.unit()?.emit(self.clone())?;
            if unit.commit(Telling::Nothing, None).await?.is_some() {
                return Ok(());
            }
        }
    }

    /// Sends the event to the current subscribers without a commit: at the end of the current
    /// transaction, or at once if there is none.
    pub(crate) async fn broadcast(self, context: &Context) -> Result<()> {
        if context.is_in_unit() {
            return context.unit()?.broadcast(self);
        }
        let stored = context.store().get(self.resource, &self.id).await?;
        if let Some(record) = stored.value {
            context.app().broker.broadcast(Emitted {
                resource: self.resource,
                event: self.event,
                record,
                data: self.data.into(),
            });
        }
        Ok(())
    }

    /// Converts the event into an operation of a commit.
    pub(crate) fn operation(self) -> Operation {
        let Self {
            resource,
            id,
            event,
            data,
        } = self;
        Operation::Emit {
            resource,
            id,
            event,
            data,
        }
    }
}
