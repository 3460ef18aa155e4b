//! The records of one resource, for remote methods, hooks and the application's own code.

mod count;
mod find;

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

/// The records of one resource, typed. Made by [`Context::records`] and
/// [`ServerHandle::records`](crate::ServerHandle::records).
///
/// Rules and hooks hold here as they do for clients, but what clients can't set can be set. Within a
/// call, a write that failed when its hooks or its children had written already can't be passed over:
/// whatever the call makes of the error, it is not committed.
#[derive(Debug)]
pub struct Records<R> {
    context: Context,
    resource: PhantomData<fn() -> R>,
}

impl Context {
    /// The records of `R`, read and written as part of this call: one commit with all else that it
    /// reads and writes. Reads see what the call has written before.
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
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) where its id is taken,
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where it breaks a rule.
    pub async fn create(&self, new: R::New) -> Result<R> {
        let model = self.model()?;
        let mut given = PayloadWriter::new(model.definition);
        new.write(&mut given);
        self.write(WriteKind::Create, given).await
    }

    /// Reads the record of this id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none.
    pub async fn get(&self, id: &R::Id) -> Result<R> {
        let found = self.try_get(id).await?;
        found.ok_or_else(|| Error::not_found(R::NAME))
    }

    /// Reads the record of this id, if there is one. Within a call the commit relies on it: where
    /// another writer changes the record, or makes it, before the commit, the call runs again.
    ///
    /// # Errors
    ///
    /// What the store says when it can't.
    pub async fn try_get(&self, id: &R::Id) -> Result<Option<R>> {
        let (model, id) = (self.model()?, id.text());
        let stored = if self.context.is_in_transaction() {
            self.context.get(model, &id).await?
        } else {
            self.context.store().get(model.index, &id).await?.value
        };
        stored.map(|record| model.read(&record)).transpose()
    }

    /// Changes what is given of the record of this id, and returns the whole.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none,
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where it would break a rule.
    pub async fn update(&self, id: &R::Id, patch: R::Patch) -> Result<R> {
        let model = self.model()?;
        let mut given = PayloadWriter::with_id(model.definition, id);
        patch.write(&mut given);
        self.write(WriteKind::Update, given).await
    }

    /// Removes the record of this id, and returns it as it was.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none.
    pub async fn destroy(&self, id: &R::Id) -> Result<R> {
        let given = PayloadWriter::with_id(self.model()?.definition, id);
        self.write(WriteKind::Destroy, given).await
    }

    /// Lists the records that meet the conditions, all of them in the order of their ids unless more
    /// is said. Within a call the commit relies on the list: if another commit changes it before, the
    /// call runs again, unless the list is [`unguarded`](Find::unguarded). See [`Find`].
    pub fn find(&self, filter: Filter<R>) -> Find<R> {
        Find::new(self.context.clone(), filter)
    }

    /// Counts the records that meet the conditions. Within a call the commit relies on the number, as it
    /// does on a list. See [`Count`].
    pub fn count(&self, filter: Filter<R>) -> Count<R> {
        Count::new(self.context.clone(), filter)
    }

    /// Tells that `event` has happened to the record of this id: within a call as part of it, as
    /// [`Context::emit`] does; else in a commit of its own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) where the event is longer than
    /// [`request.max_reply`](crate::config::RequestConfig::max_reply) leaves room for; what the store says when it
    /// can't.
    // A future that knew the event's type would have the compiler tell a wrong one thrice.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what was told is over; `&` before each event would say nothing"
    )]
    pub fn emit<E: EventOf<R>>(&self, id: &R::Id, event: E) -> BoxFuture<'_, Result<()>> {
        let emission = self.context.emission(id, &event);
        async move { self.context.emit_now(emission?).await }.boxed()
    }

    /// Tells that `event` has happened to the record of this id without having it in the log: within
    /// a call when it has come well to its end, as [`Context::broadcast`] does; else now.
    ///
    /// # Errors
    ///
    /// Those of [`emit`](Self::emit).
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what was told is over; `&` before each event would say nothing"
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
            Body::Json(_) | Body::Records(..) | Body::List(_) => {
                Err(Error::internal("an action on one record gave no record"))
            }
        }
    }
}
