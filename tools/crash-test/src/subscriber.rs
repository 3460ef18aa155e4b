//! A client that subscribes to every change, across every restart of the server.

use crate::clients::Progress;
use crate::lost;
use sockful::client::{Client, ClientEvent};
use sockful::{Filter, Resource, Result};
use std::fmt::Debug;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

/// A record after a change: its new value, or the id of a destroyed one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State<R> {
    Present(R),
    Destroyed(String),
}

/// States in the order they were received, each with the number of its commit.
pub(crate) type Events<R> = Vec<(u64, State<R>)>;

/// The events of one resource received so far.
#[derive(Debug)]
pub(crate) struct Subscriber<R>(Arc<Mutex<(bool, Events<R>)>>);

impl<R: Clone> Subscriber<R> {
    /// Subscribes to all records of a resource that has none yet.
    pub(crate) fn new(
        client: &Client,
        progress: &Arc<Progress>,
    ) -> (Self, impl Future<Output = Result<()>> + use<R>)
    where
        R: Resource<Id = String> + Debug,
    {
        let received = Arc::new(Mutex::new((false, Vec::new())));
        let following = follow(client.clone(), Arc::clone(&received), Arc::clone(progress));
        (Self(received), following)
    }

    pub(crate) fn has_started(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    pub(crate) fn events(&self) -> Events<R> {
        let received = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        received.1.clone()
    }
}

async fn follow<R: Resource<Id = String> + Debug>(
    client: Client,
    received: Arc<Mutex<(bool, Events<R>)>>,
    progress: Arc<Progress>,
) -> Result<()> {
    let mut events = client.records::<R>().subscribe(Filter::all());
    while let Some(event) = events.next().await {
        let event = event.map_err(|error| lost(format!("subscription ended: {error}")))?;
        let mut received = received.lock().unwrap_or_else(PoisonError::into_inner);
        let event = match event {
            ClientEvent::Reset { records, .. } if records.is_empty() && !received.0 => {
                received.0 = true;
                continue;
            }
            ClientEvent::Created { record, seq } | ClientEvent::Updated { record, seq } => {
                (seq, State::Present(record))
            }
            ClientEvent::Destroyed {
                id,
                left: false,
                seq,
            } => (seq, State::Destroyed(id)),
            other => {
                let message = format!("a subscription did not resume: {other:?}");
                return Err(lost(message));
            }
        };
        progress.events.fetch_add(1, Relaxed);
        progress.head.fetch_max(event.0, Relaxed);
        received.1.push(event);
    }
    Ok(())
}
