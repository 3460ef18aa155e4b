//! The context of a call: the caller, the application and the transaction.

#[cfg(test)]
mod tests;

use crate::core::caller_id::CallerId;
use crate::core::error::{Error, Result};
use crate::engine::app::App;
use crate::engine::auth::caller::Caller;
use crate::engine::auth::policy::{Grant, unauthenticated};
use crate::engine::call::transaction::Transaction;
use crate::engine::call::transaction::emission::Emission;
use crate::engine::idempotency::RequestKey;
use crate::engine::peer::Peer;
use crate::model::event::Event;
use crate::model::key::Key;
use crate::model::reader::Origin;
use crate::model::record::Record;
use crate::model::resource::Resource;
use crate::model::resource_model::Model;
use crate::protocol::reply;
use crate::protocol::reply::{Body, Selection};
use crate::query::{QueryFilter, ReadFilter};
use crate::store::Store;
use std::any::type_name;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The maximum depth of hooks that trigger one another.
const MAX_HOOK_DEPTH: usize = 16;

/// The context of a remote method or hook: the caller, the state that the server shares with all
/// calls, and typed access to every served resource.
///
/// A method receives it by declaring a parameter of type `&Context`. All reads and writes through
/// it up to the end of the call are one atomic commit. If another commit changes anything that the
/// call has read, by id or in lists and counts, the call is rerun from its beginning. In an
/// `#[after]` hook, which runs after the commit, each write is a separate commit.
#[derive(Clone, Debug)]
pub struct Context {
    pub(super) peer: Arc<Peer>,
    pub(super) caller: Caller,
    /// The number of the request on its connection.
    pub(super) request: u64,
    /// `None` if each write is a separate commit.
    pub(super) transaction: Option<Arc<Transaction>>,
    /// The number of hooks in the chain that led to this call.
    pub(super) depth: usize,
    /// The idempotency key under which the commit is stored.
    pub(super) keyed: Option<Arc<RequestKey>>,
}

impl Context {
    pub(crate) fn new(peer: Arc<Peer>, caller: Caller, request: u64) -> Self {
        Self {
            peer,
            caller,
            request,
            transaction: None,
            depth: 0,
            keyed: None,
        }
    }

    /// The same call with an idempotency key for its commit.
    pub(crate) fn under_key(self, keyed: RequestKey) -> Self {
        Self {
            keyed: Some(Arc::new(keyed)),
            ..self
        }
    }

    /// Returns the address of the client; `None` for calls of the application itself.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer.address()
    }

    /// Returns the authenticated user, as returned by the function given to
    /// [`Server::authenticate`](crate::Server::authenticate).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`](crate::ErrorKind::Unauthenticated) if the caller is
    /// unauthenticated. [`ErrorKind::Internal`](crate::ErrorKind::Internal) if the server's users
    /// have another type, and for calls of the application itself.
    pub fn user<U: 'static>(&self) -> Result<&U> {
        match &self.caller {
            Caller::Authenticated(known) => {
                known.policy_user().downcast()?.ok_or_else(unauthenticated)
            }
            Caller::Unauthenticated => Err(unauthenticated()),
            Caller::Application => Err(Error::internal(
                "the application itself is the caller, so there is no user",
            )),
        }
    }

    /// Returns the [`key`](crate::Identity::key) of the caller; `None` if it is unauthenticated,
    /// and for calls of the application itself.
    pub fn caller(&self) -> Option<&str> {
        match &self.caller {
            Caller::Authenticated(known) => Some(&known.key),
            Caller::Unauthenticated | Caller::Application => None,
        }
    }

    /// Revokes the identity with this [`key`](crate::Identity::key) on all connections, as
    /// [`ServerHandle::revoke`](crate::ServerHandle::revoke) does. Returns the number of sessions
    /// affected.
    ///
    /// It takes effect at once, even if the call fails later. A call that revokes the identity of its own
    /// caller continues, and its reply is sent.
    pub fn revoke(&self, key: &str) -> usize {
        self.app().identities.revoke(key)
    }

    /// Asks the authenticator again for the identity with this [`key`](crate::Identity::key) on all
    /// connections, as [`ServerHandle::refresh`](crate::ServerHandle::refresh) does. Returns the number
    /// of sessions affected.
    ///
    /// It takes effect at once, before the writes of this call are stored: a remote method or a
    /// `#[before]` hook that changes what the authenticator reads uses
    /// [`refresh_after_commit`](Self::refresh_after_commit) instead.
    pub async fn refresh(&self, key: &str) -> usize {
        self.app().refresh(key).await
    }

    /// Refreshes the identity with this [`key`](crate::Identity::key) on all connections after this
    /// call has committed and before its reply is sent: when the caller has the reply, the changed
    /// access rights are in effect. Has no effect if the call fails.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) in an `#[after]` hook and outside of calls,
    /// where each write is a separate commit: use [`refresh`](Self::refresh) there.
    pub fn refresh_after_commit(&self, key: &str) -> Result<()> {
        if !self.is_in_transaction() {
            return Err(Error::internal(
                "`refresh_after_commit` needs a call that commits; use `refresh` in an `#[after]` hook",
            ));
        }
        self.transaction()?.refresh(key)
    }

    /// Returns the value of type `T` that was given to the server's `.state(…)`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) if no `T` was given.
    pub fn state<T: Send + Sync + 'static>(&self) -> Result<&T> {
        let missing = || {
            Error::internal(format!(
                "the server has no state of type `{}`",
                type_name::<T>()
            ))
        };
        self.app().state.get().ok_or_else(missing)
    }

    /// The caller whose share of a common limit this call counts against.
    pub(crate) fn caller_id(&self) -> CallerId {
        match &self.caller {
            Caller::Authenticated(known) => CallerId::Key(known.key.clone()),
            Caller::Unauthenticated => self.peer.origin().clone(),
            Caller::Application => CallerId::Application,
        }
    }

    pub(crate) fn identity(&self) -> &Caller {
        &self.caller
    }

    /// The same call with a new transaction.
    pub(crate) fn begin(&self) -> Self {
        Self {
            transaction: Some(Arc::default()),
            ..self.clone()
        }
    }

    /// Whether writes become part of a transaction.
    pub(crate) fn is_in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    pub(crate) fn transaction(&self) -> Result<&Transaction> {
        let missing = || Error::internal("a write was staged outside a transaction");
        self.transaction.as_deref().ok_or_else(missing)
    }

    /// The context of a hook before the commit.
    pub(super) fn before_commit(&self) -> Result<Self> {
        self.within_hook(self.transaction.clone())
    }

    /// The context of a hook after the commit. It has no idempotency key, which belongs to that
    /// commit.
    pub(super) fn after_commit(&self) -> Result<Self> {
        let context = self.within_hook(None)?;
        Ok(Self {
            keyed: None,
            ..context
        })
    }

    fn within_hook(&self, transaction: Option<Arc<Transaction>>) -> Result<Self> {
        if self.depth == MAX_HOOK_DEPTH {
            return Err(Error::internal(format!(
                "hooks call each other more than {MAX_HOOK_DEPTH} levels deep"
            )));
        }
        Ok(Self {
            transaction,
            depth: self.depth + 1,
            ..self.clone()
        })
    }

    /// The record as the transaction sees it.
    pub(crate) async fn get(&self, model: &Model, id: &str) -> Result<Option<Arc<Record>>> {
        self.transaction()?.get(self.store(), model.index, id).await
    }

    /// Checks that the caller may access a resource at all.
    pub(crate) fn admit(&self, resource: usize) -> Result<()> {
        self.app().policies.admit(&self.caller, resource)
    }

    /// The filter of the records of a resource that the caller can read.
    pub(crate) fn read_filter(&self, resource: usize) -> Result<ReadFilter> {
        self.app().policies.read_filter(&self.caller, resource)
    }

    /// Narrows the conditions of the caller to what it can read: to the records of the resource that
    /// it can read, and at each relation to the related records that it can read.
    pub(crate) fn narrow(&self, resource: usize, filter: QueryFilter) -> Result<QueryFilter> {
        let filter = self.narrow_related(filter)?;
        Ok(self.read_filter(resource)?.narrow(filter))
    }

    /// Narrows the conditions of the caller at each relation to the related records that it can read.
    pub(crate) fn narrow_related(&self, filter: QueryFilter) -> Result<QueryFilter> {
        if !filter.has_relations() {
            return Ok(filter);
        }
        filter.replace_related(&mut |related| {
            let to = self.app().index_of(related.resource)?;
            let filter = self.read_filter(to)?.narrow(related.filter.clone());
            Ok(QueryFilter::Related(Box::new(related.with(filter))))
        })
    }

    /// Checks that the caller may perform an action, on this record if the action has one.
    pub(crate) fn ask(&self, grant: Grant, model: &Model, record: Option<&Record>) -> Result<()> {
        let policies = &self.app().policies;
        policies.ask(&self.caller, grant, model, record)
    }

    /// Checks the policies that decide by the user alone, which is possible before any hook runs.
    pub(crate) fn authorize_user(&self, grant: Grant, model: &Model) -> Result<()> {
        let policies = &self.app().policies;
        policies.authorize_user(&self.caller, grant, model)
    }

    /// Checks that there is a record with this id that the caller can read.
    pub(crate) async fn check_readable(&self, model: &Model, id: &str) -> Result<()> {
        let read_filter = self.read_filter(model.index)?;
        let stored = self.store().get(model.index, id).await?.value;
        let seen = stored.filter(|stored| read_filter.allows(stored));
        seen.map(drop)
            .ok_or_else(|| Error::not_found(model.definition.name))
    }

    /// Whether the transaction has a record with this id. For a client, a record that the caller
    /// cannot read does not exist.
    pub(crate) async fn exists(&self, resource: usize, id: &str, by: Origin) -> Result<bool> {
        let transaction = self.transaction()?;
        let read_filter = match by {
            Origin::Client => self.read_filter(resource)?,
            Origin::Server => ReadFilter::ALL,
        };
        if read_filter.filter().is_none() {
            return transaction.exists(self.store(), resource, id).await;
        }
        let there = transaction.get(self.store(), resource, id).await?;
        Ok(there.is_some_and(|record| read_filter.allows(&record)))
    }

    /// The reply to a write of a record: only its id if the caller cannot read it.
    pub(crate) fn shown(&self, model: &Model, record: Arc<Record>) -> Result<Body> {
        Ok(if self.read_filter(model.index)?.allows(&record) {
            Body::Record(record, Selection::All)
        } else {
            let id = Selection::of(model.definition, Some(vec![model.definition.id]));
            Body::Record(record, id)
        })
    }

    pub(crate) fn app(&self) -> &App {
        &self.peer.app
    }

    pub(crate) fn shared_app(&self) -> Arc<App> {
        self.peer.app.clone()
    }

    pub(crate) fn model(&self, place: usize) -> &Model {
        &self.app().models[place]
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.peer.app.store
    }

    /// Waits for a short random time before a conflicting transaction is retried.
    pub(super) async fn back_off(&self) {
        let nanos = RandomState::new().hash_one(self.request) % 2_000_000;
        tokio::time::sleep(Duration::from_nanos(nanos)).await;
    }

    /// Emits `event` for the record with this id as part of this call: in the commit that the call
    /// ends with, exactly once even if the call is rerun, and not at all if the call fails.
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
    /// hook, where each write is a separate commit: use
    /// `context.records::<Creature>().emit(&id, event).await` there, see
    /// [`Records::emit`](crate::Records::emit).
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an emitted event is consumed; a reference would suggest otherwise"
    )]
    pub fn emit<E: Event>(&self, id: &<E::Of as Resource>::Id, event: E) -> Result<()> {
        if !self.is_in_transaction() {
            return Err(outside_call::<E>("emit"));
        }
        self.transaction()?.emit(self.emission(id, &event)?)
    }

    /// Sends `event` for the record with this id to its current subscribers when the call ends
    /// successfully, without adding it to the log. It has no `seq`, is not part of a commit, is not
    /// replayed to clients that resume, and may be lost: use it for events that only matter at the
    /// moment, such as a typing indicator.
    ///
    /// # Errors
    ///
    /// As for [`emit`](Self::emit); in an `#[after]` hook use
    /// `context.records::<Creature>().broadcast(&id, event).await`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a sent event is consumed; a reference would suggest otherwise"
    )]
    pub fn broadcast<E: Event>(&self, id: &<E::Of as Resource>::Id, event: E) -> Result<()> {
        if !self.is_in_transaction() {
            return Err(outside_call::<E>("broadcast"));
        }
        self.transaction()?.broadcast(self.emission(id, &event)?)
    }

    /// Serializes an event for the record with this id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) if the event does not fit in a frame. An
    /// internal error if it cannot be serialized as JSON that every client can read, or if its
    /// resource is not served.
    pub(crate) fn emission<E: Event>(
        &self,
        id: &<E::Of as Resource>::Id,
        event: &E,
    ) -> Result<Emission> {
        let app = self.app();
        let model = app.model_of::<E::Of>()?;
        let max_reply = app.config.request.max_reply;
        let data = reply::json("the event", &E::DATA, event, max_reply)?;
        reply::check_room("the event", data.len(), max_reply)?;
        Ok(Emission {
            resource: model.index,
            id: id.text().into(),
            event: E::POSITION,
            data: data.into(),
        })
    }
}

/// The error for an event that is emitted after the call has been committed.
fn outside_call<E: Event>(method: &str) -> Error {
    let title = E::Of::DEFINITION.title;
    Error::internal(format!(
        "an event was emitted after the commit; write `context.records::<{title}>().{method}(&id, event).await`"
    ))
}
