//! The types in the signatures of remote methods and hooks, for programs without the feature
//! `server`.
//!
//! Such a program compiles the bodies of the methods but never runs them. These types have no
//! values, so their methods cannot be called. The signatures are the same as those of the server.
#![expect(clippy::unused_async, reason = "the signatures match the server's")]

use crate::core::error::Result;
use crate::model::event::{Event, EventOf};
use crate::model::resource::Resource;
use crate::query::typed::{Filter, Order};
use futures_util::future::BoxFuture;
use std::convert::Infallible;
use std::marker::PhantomData;
use std::net::SocketAddr;

/// The context of a remote method or hook. It has no values without the feature `server`.
#[derive(Clone, Debug)]
pub struct Context(Infallible);

impl Context {
    /// Returns the address of the client.
    pub fn peer(&self) -> Option<SocketAddr> {
        match self.0 {}
    }

    /// Returns the authenticated user.
    ///
    /// # Errors
    ///
    /// If the caller is unauthenticated.
    pub fn user<U: 'static>(&self) -> Result<&U> {
        match self.0 {}
    }

    /// Returns the key of the caller.
    pub fn caller(&self) -> Option<&str> {
        match self.0 {}
    }

    /// Revokes the identity with this key on all connections.
    pub fn revoke(&self, _: &str) -> usize {
        match self.0 {}
    }

    /// Asks the authenticator again for the identity with this key on all connections.
    pub async fn refresh(&self, _: &str) -> usize {
        match self.0 {}
    }

    /// Refreshes the identity with this key on all connections after this call has committed.
    ///
    /// # Errors
    ///
    /// Outside of calls that commit.
    pub fn refresh_after_commit(&self, _: &str) -> Result<()> {
        match self.0 {}
    }

    /// Returns the server's state of this type.
    ///
    /// # Errors
    ///
    /// If the server has no such state.
    pub fn state<T: Send + Sync + 'static>(&self) -> Result<&T> {
        match self.0 {}
    }

    /// Returns the records of `R` for reads and writes that are part of this call.
    pub fn records<R: Resource>(&self) -> Records<R> {
        match self.0 {}
    }

    /// Emits an event in the commit of this call.
    ///
    /// # Errors
    ///
    /// If the event is too large.
    pub fn emit<E: Event>(&self, _: &<E::Of as Resource>::Id, _: E) -> Result<()> {
        match self.0 {}
    }

    /// Sends an event to the current subscribers.
    ///
    /// # Errors
    ///
    /// If the event is too large.
    pub fn broadcast<E: Event>(&self, _: &<E::Of as Resource>::Id, _: E) -> Result<()> {
        match self.0 {}
    }
}

/// Typed access to the records of one resource. It has no values without the feature `server`.
#[derive(Debug)]
pub struct Records<R> {
    never: Infallible,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> Records<R> {
    /// Stores a new record.
    ///
    /// # Errors
    ///
    /// If the record is rejected.
    pub async fn create(&self, _: R::New) -> Result<R> {
        match self.never {}
    }

    /// Reads a record.
    ///
    /// # Errors
    ///
    /// If there is no such record.
    pub async fn get(&self, _: &R::Id) -> Result<R> {
        match self.never {}
    }

    /// Reads a record, if it exists.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn try_get(&self, _: &R::Id) -> Result<Option<R>> {
        match self.never {}
    }

    /// Changes a record.
    ///
    /// # Errors
    ///
    /// If there is no such record, or the change is rejected.
    pub async fn update(&self, _: &R::Id, _: R::Patch) -> Result<R> {
        match self.never {}
    }

    /// Removes a record.
    ///
    /// # Errors
    ///
    /// If there is no such record.
    pub async fn destroy(&self, _: &R::Id) -> Result<R> {
        match self.never {}
    }

    /// Lists records.
    pub fn find(&self, _: Filter<R>) -> Find<R> {
        match self.never {}
    }

    /// Counts records.
    pub fn count(&self, _: Filter<R>) -> Count<R> {
        match self.never {}
    }

    /// Emits an event.
    ///
    /// # Errors
    ///
    /// If the event is too large.
    pub fn emit<E: EventOf<R>>(&self, _: &R::Id, _: E) -> BoxFuture<'_, Result<()>> {
        match self.never {}
    }

    /// Sends an event to the current subscribers.
    ///
    /// # Errors
    ///
    /// If the event is too large.
    pub fn broadcast<E: EventOf<R>>(&self, _: &R::Id, _: E) -> BoxFuture<'_, Result<()>> {
        match self.never {}
    }
}

/// A list of records, read when it is awaited. It has no values without the feature `server`.
#[derive(Debug)]
#[must_use = "records are read when the future is awaited"]
pub struct Find<R> {
    never: Infallible,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> Find<R> {
    /// Sorts the list.
    pub fn sort(self, _: Order<R>) -> Self {
        match self.never {}
    }

    /// Limits the length of the list.
    pub fn limit(self, _: usize) -> Self {
        match self.never {}
    }

    /// Skips the first records.
    pub fn skip(self, _: usize) -> Self {
        match self.never {}
    }

    /// Allows the call to commit even if the list has changed in the meantime.
    pub fn unguarded(self) -> Self {
        match self.never {}
    }
}

impl<R: Resource> IntoFuture for Find<R> {
    type Output = Result<Vec<R>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        match self.never {}
    }
}

/// A count of records, read when it is awaited. It has no values without the feature `server`.
#[derive(Debug)]
#[must_use = "records are read when the future is awaited"]
pub struct Count<R> {
    never: Infallible,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> Count<R> {
    /// Allows the call to commit even if the number has changed in the meantime.
    pub fn unguarded(self) -> Self {
        match self.never {}
    }
}

impl<R: Resource> IntoFuture for Count<R> {
    type Output = Result<usize>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        match self.never {}
    }
}
