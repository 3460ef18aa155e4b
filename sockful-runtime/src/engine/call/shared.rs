//! What calls have in common: of one server, and of one connection.

use crate::core::clock::Clock;
use crate::core::config::Config;
use crate::core::error::{Error, Result};
use crate::engine::auth::policies::Policies;
use crate::engine::call::hook::{Hook, On, Phase};
use crate::engine::idempotency::Keys;
use crate::engine::rate_limit::Rates;
use crate::engine::record_locks::Lanes;
use crate::live::Hub;
use crate::model::relation::Relations;
use crate::model::resource::Resource;
use crate::model::resource_model::Model;
use crate::store::Store;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// What all calls of one server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) models: Vec<Model>,
    pub(crate) relations: Relations,
    /// The hooks of each resource, in the order of the models.
    pub(crate) hooks: Vec<&'static [Hook]>,
    pub(crate) policies: Policies,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) lanes: Lanes,
    pub(crate) keys: Keys,
    pub(crate) rates: Rates,
    pub(crate) states: States,
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    /// One permit for each commit whose `#[after]` hooks run.
    pub(crate) afterwards: Arc<Semaphore>,
}

impl Shared {
    /// The resource whose records are values of `R`.
    pub(crate) fn served<R: Resource>(&self) -> Result<&Model> {
        let served = self.models.iter().find(|model| model.is_of::<R>());
        served.ok_or_else(|| {
            Error::internal(format!(
                "`{}` is not in the list that is served",
                R::DECLARED.title
            ))
        })
    }

    /// The hooks of a resource that run at this moment on this.
    pub(crate) fn hooks(
        &self,
        resource: usize,
        phase: Phase,
        on: On,
    ) -> impl Iterator<Item = &'static Hook> {
        let hooks = self.hooks[resource].iter();
        hooks.filter(move |hook| hook.phase == phase && hook.on.contains(&on))
    }
}

/// One side of a connection, or the application itself.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) shared: Arc<Shared>,
    address: Option<SocketAddr>,
    /// The requests of which nobody here can say whether they take effect: a commit of theirs is
    /// begun and not answered, or an earlier run under the same key is under way.
    committing: Mutex<Vec<u64>>,
    /// How many records its queries have looked at, as far as that is not charged for yet.
    visited: AtomicUsize,
}

impl Peer {
    pub(crate) fn new(shared: Arc<Shared>, address: Option<SocketAddr>) -> Self {
        Self {
            shared,
            address,
            committing: Mutex::default(),
            visited: AtomicUsize::new(0),
        }
    }

    /// The address of the client; `None` for the application itself.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Notes that a query has looked at so many records, whether or not they met its conditions.
    pub(crate) fn note_visited(&self, records: usize) {
        self.visited.fetch_add(records, Relaxed);
    }

    /// How many records its queries have looked at since this was last asked.
    pub(crate) fn take_visited(&self) -> usize {
        match self.visited.load(Relaxed) {
            // Mostly there are none.
            0 => 0,
            _ => self.visited.swap(0, Relaxed),
        }
    }

    /// Notes that the store has begun the commit of request `number`.
    pub(crate) fn note_committing(&self, number: u64) {
        self.committing().push(number);
    }

    /// Notes that the store has said what became of it.
    pub(crate) fn note_committed(&self, number: u64) {
        self.committing().retain(|&other| other != number);
    }

    /// Whether request `number` is at the point where only the store knows what becomes of it.
    pub(crate) fn is_committing(&self, number: u64) -> bool {
        self.committing().contains(&number)
    }

    fn committing(&self) -> MutexGuard<'_, Vec<u64>> {
        let committing = self.committing.lock();
        committing.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Values by their type.
#[derive(Default)]
pub(crate) struct States(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl States {
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, state: T) {
        self.0.insert(TypeId::of::<T>(), Box::new(state));
    }

    pub(crate) fn get<T: 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("States")
            .field("len", &self.0.len())
            .finish()
    }
}
