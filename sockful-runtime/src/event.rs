//! Events of a resource's own, from a value of the user's to an operation of a commit.

use crate::codec::Codec;
use crate::commit::Operation;
use crate::context::{Context, Telling};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::records::Records;
use crate::reply;
use crate::resource::Resource;

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

impl Context {
    /// Tells that `event` has happened to the record of this id, as part of this call: with the commit
    /// that the call ends with, once however often the call runs, and never where it fails. Whoever
    /// has subscribed to the record is told.
    ///
    /// The event stands for the record as it is after the commit, or as it was where the commit
    /// removes it; where there is neither nobody is told, and that is no error. Nothing is relied
    /// upon: that another writer changes the record does not make the call run again, unless the
    /// call has read it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) where the event is longer than
    /// [`Config::max_reply`](crate::Config::max_reply) leaves room for. In an `#[after]` hook, where
    /// each write is a commit of its own: there it is
    /// `context.of::<Creature>().emit(&id, event).await`, see [`Records::emit`].
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what was told is over; `&` before each event would say nothing"
    )]
    pub fn emit<E: Event>(&self, id: &<E::Of as Resource>::Id, event: E) -> Result<()> {
        if !self.is_in_unit() {
            let title = E::Of::DECLARED.title;
            return Err(Error::internal(format!(
                "an event was emitted when the commit was over; write `context.of::<{title}>().emit(&id, event).await`, which makes one of its own"
            )));
        }
        self.unit()?.emit(Emission::of(self, id, &event)?)
    }
}

impl<R: Resource> Records<R> {
    /// Tells that `event` has happened to the record of this id: within a call as part of it, as
    /// [`Context::emit`] does; else in a commit of its own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) where the event is longer than
    /// [`Config::max_reply`](crate::Config::max_reply) leaves room for; what the store says when it
    /// can't.
    pub async fn emit<E: Event<Of = R>>(&self, id: &R::Id, event: E) -> Result<()> {
        let context = self.context();
        let emission = Emission::of(context, id, &event)?;
        if context.is_in_unit() {
            return context.unit()?.emit(emission);
        }
        loop {
            let unit = context.begin();
            unit.unit()?.emit(emission.clone())?;
            if unit.commit(Telling::Nothing, None).await?.is_some() {
                return Ok(());
            }
        }
    }
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
        let shared = context.shared();
        let model = shared.served::<E::Of>()?;
        let data = reply::json("the event", &E::DATA, event)?;
        reply::check_room("the event", data.len(), shared.config.max_reply)?;
        Ok(Self {
            resource: model.index,
            id: id.text().into(),
            event: E::POSITION,
            data: data.into(),
        })
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
