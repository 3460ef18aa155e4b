//! Events of a resource's own, from a value of the user's to an operation of a commit.

use crate::core::error::Result;
use crate::engine::call::context::Context;
use crate::engine::call::delivery_scope::Telling;
use crate::model::codec::Codec;
use crate::model::key::Key;
use crate::model::resource::Resource;
use crate::protocol::reply;
use crate::store::commit::{Emitted, Operation};

/// What is told of an event that happens to a record of a resource. Implemented by
/// `#[derive(Resource)]` for the types in `#[resource(event(roared = Roar))]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event of a resource",
    label = "is not declared",
    note = "write #[resource(event(happened = {Self}))] above the struct to whose records it happens"
)]
pub trait Event: Sized {
    /// The resource to whose records it happens.
    type Of: Resource;
    /// Its position among the events of that resource.
    const POSITION: usize;
    /// How it is written and described.
    const DATA: Codec<Self>;
}

/// An event of a record, written out.
#[derive(Clone, Debug)]
pub(crate) struct Emission {
    resource: usize,
    id: Box<str>,
    event: usize,
    data: Box<str>,
}

impl Emission {
    /// Writes it out.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) where no frame has room for it; where it
    /// can't be written as JSON that every client can read, or its resource is not served.
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

    /// Emits it: as part of the unit of work that is under way, else in one of its own.
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

    /// Tells subscribers of it now, without a commit; when the unit of work that is under way has
    /// come to its end, where there is one.
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

    /// The operation that has it in the log.
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
