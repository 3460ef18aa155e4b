//! What a remote method knows of the call it serves.

use crate::clock::Clock;
use crate::commit::{Commit, Committed, Operation, Rejected};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::lanes::Lanes;
use crate::model::Model;
use crate::reply;
use crate::store::Store;
use futures_util::future::Either;
use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The call that a remote method serves: who called, and what the server shares with all calls.
///
/// A remote method has it by declaring a parameter of type `&Context`.
#[derive(Clone, Debug)]
pub struct Context {
    peer: Arc<Peer>,
    /// The number of the request on its connection.
    request: u64,
}

/// What all calls of one server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) models: Vec<Model>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lanes: Lanes,
    pub(crate) states: States,
    pub(crate) config: Config,
    pub(crate) clock: Clock,
}

/// One side of a connection, or the application itself.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) shared: Arc<Shared>,
    address: Option<SocketAddr>,
    /// The requests whose commit the store has begun and not answered.
    committing: Mutex<Vec<u64>>,
}

impl Peer {
    pub(crate) fn new(shared: Arc<Shared>, address: Option<SocketAddr>) -> Self {
        Self {
            shared,
            address,
            committing: Mutex::default(),
        }
    }

    /// The address of the client; `None` for the application itself.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Whether request `number` is at the point where only the store knows what becomes of it.
    pub(crate) fn is_committing(&self, number: u64) -> bool {
        self.committing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&number)
    }
}

impl Context {
    pub(crate) fn new(peer: Arc<Peer>, request: u64) -> Self {
        Self { peer, request }
    }

    /// The address of the client; `None` for calls of the application itself.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer.address
    }

    /// What was given to the server's `.state(…)` as a `T`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) where no `T` was given.
    pub fn state<T: Send + Sync + 'static>(&self) -> Result<&T> {
        let missing = || {
            Error::internal(format!(
                "no state of type `{}` was given to the server",
                type_name::<T>()
            ))
        };
        self.shared().states.get().ok_or_else(missing)
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.peer.shared
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.peer.shared.store
    }

    /// Waits a little, at random, before trying again what another writer came in between.
    pub(crate) async fn back_off(&self) {
        let nanos = RandomState::new().hash_one(self.request) % 2_000_000;
        tokio::time::sleep(Duration::from_nanos(nanos)).await;
    }

    /// Commits, and makes it known while the outcome is open.
    ///
    /// A record that no reply has room for is refused: nobody could be told of it.
    pub(crate) async fn commit(&self, commit: Commit) -> Result<Arc<Committed>, Rejected> {
        for operation in &commit.operations {
            if let Operation::Put { record, .. } = operation {
                let max = self.shared().config.max_reply;
                let room = reply::check_room("the record", record.sent().len(), max);
                room.map_err(Rejected::Failed)?;
            }
        }
        match self.store().commit(commit) {
            Either::Left(answer) => answer.await,
            Either::Right(answer) => {
                let committing = || {
                    self.peer
                        .committing
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                };
                committing().push(self.request);
                let answer = answer.await;
                committing().retain(|&number| number != self.request);
                answer
            }
        }
    }
}

/// Values by their type.
#[derive(Default)]
pub(crate) struct States(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl States {
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, state: T) {
        self.0.insert(TypeId::of::<T>(), Box::new(state));
    }

    fn get<T: 'static>(&self) -> Option<&T> {
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
