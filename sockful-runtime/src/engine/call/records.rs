//! Typed access to the records of one resource, for remote methods, hooks and application code.

mod count;
mod find;
mod related;

pub use count::Count;
pub use find::Find;

use crate::core::error::{Error, Result};
use crate::engine::call::context::Context;
use crate::engine::call::write::{Write, WriteKind};
use crate::model::event::EventOf;
use crate::model::key::Key;
use crate::model::reader::Origin;
use crate::model::resource::{Changes, PayloadWriter, Resource};
use crate::model::resource_model::Model;
use crate::protocol::payload::Payload;
use crate::protocol::reply::{Body, Reply};
use crate::query::typed::Filter;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::marker::PhantomData;

/// Typed access to the records of one resource, returned by [`Context::records`] and
/// [`ServerHandle::records`](crate::ServerHandle::records).
///
/// Validation rules and hooks apply as they do for clients, but properties that clients cannot set
/// can be set. If a write within a call fails after its hooks or its effects on children have
/// written, the call is not committed, even if it ignores the error.
#[derive(Debug)]
pub struct Records<R> {
    context: Context,
    resource: PhantomData<fn() -> R>,
}

impl Context {
    /// Returns the records of `R` for reads and writes that are part of this call: they are
    /// committed together with all its other reads and writes. Reads see the earlier writes of the
    /// call.
    pub fn records<R: Resource>(&self) -> Records<R> {
        Records {
            context: self.clone(),
            resource: PhantomData,
        }
    }
}

impl<R: Resource> Records<R> {
    /// Stores a new record and returns it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if the id exists,
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if the record violates a rule.
    pub async fn create(&self, new: R::New) -> Result<R> {
        let model = self.model()?;
        let mut given = PayloadWriter::new(model.definition);
        new.write(&mut given);
        self.write(WriteKind::Create, given).await
    }

    /// Reads the record with this id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such record.
    pub async fn get(&self, id: &R::Id) -> Result<R> {
        let found = self.try_get(id).await?;
        found.ok_or_else(|| Error::not_found(R::NAME))
    }

    /// Reads the record with this id, or returns `None` if there is no such record. Within a call
    /// this is a read dependency of the commit: if another writer changes or creates the record
    /// before the commit, the call is rerun.
    ///
    /// # Errors
    ///
    /// The error of the store if it fails.
    pub async fn try_get(&self, id: &R::Id) -> Result<Option<R>> {
        let (model, id) = (self.model()?, id.text());
        let stored = if self.context.is_in_transaction() {
            self.context.get(model, &id).await?
        } else {
            self.context.store().get(model.index, &id).await?.value
        };
        stored.map(|record| model.read(&record)).transpose()
    }

    /// Changes the given properties of the record with this id and returns the complete record.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such record,
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if the result would violate a rule.
    pub async fn update(&self, id: &R::Id, patch: R::Patch) -> Result<R> {
        let model = self.model()?;
        let mut given = PayloadWriter::with_id(model.definition, id);
        patch.write(&mut given);
        self.write(WriteKind::Update, given).await
    }

    /// Removes the record with this id and returns its previous state.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such record.
    pub async fn destroy(&self, id: &R::Id) -> Result<R> {
        let given = PayloadWriter::with_id(self.model()?.definition, id);
        self.write(WriteKind::Destroy, given).await
    }

    /// Lists the records that match the filter, ordered by id and without a limit by default.
    /// Within a call the list is a read dependency of the commit: if another commit changes it
    /// before, the call is rerun, unless the list is [`unguarded`](Find::unguarded). See [`Find`].
    pub fn find(&self, filter: Filter<R>) -> Find<R> {
        Find::new(self.context.clone(), filter)
    }

    /// Counts the records that match the filter. Within a call the number is a read dependency of
    /// the commit, like a list. See [`Count`].
    pub fn count(&self, filter: Filter<R>) -> Count<R> {
        Count::new(self.context.clone(), filter)
    }

    /// Emits `event` for the record with this id: within a call as part of it, like
    /// [`Context::emit`]; otherwise in a separate commit.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) if the event is longer than
    /// [`request.max_reply`](crate::config::RequestConfig::max_reply) allows; the error of the
    /// store if it fails.
    // Boxed: with a future that is generic over `E`, the compiler reports a wrong event type three
    // times.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an emitted event is consumed; a reference would suggest otherwise"
    )]
    pub fn emit<E: EventOf<R>>(&self, id: &R::Id, event: E) -> BoxFuture<'_, Result<()>> {
        let emission = self.context.emission(id, &event);
        async move { self.context.emit_now(emission?).await }.boxed()
    }

    /// Sends `event` for the record with this id to its current subscribers without adding it to
    /// the log: within a call when it ends successfully, like [`Context::broadcast`]; otherwise at
    /// once.
    ///
    /// # Errors
    ///
    /// Those of [`emit`](Self::emit).
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a sent event is consumed; a reference would suggest otherwise"
    )]
    pub fn broadcast<E: EventOf<R>>(&self, id: &R::Id, event: E) -> BoxFuture<'_, Result<()>> {
        let emission = self.context.emission(id, &event);
        async move { self.context.broadcast_now(emission?).await }.boxed()
    }

    async fn write(&self, action: WriteKind, given: PayloadWriter) -> Result<R> {
        let model = self.model()?;
        let (text, members) = given.finish().map_err(Error::internal)?;
        let payload = Payload::with_members(text, members);
        let write = Write::new(model, action, &payload, Origin::Server);
        self.record(write.run(&self.context).await)
    }

    fn model(&self) -> Result<&Model> {
        self.context.app().model_of::<R>()
    }

    fn record(&self, reply: Reply) -> Result<R> {
        match reply?.body {
            Body::Record(record, _) => self.model()?.read(&record),
            Body::Json(_) | Body::Records(..) | Body::List(_) => Err(Error::internal(
                "an action on one record returned no record",
            )),
        }
    }
}
