//! A client that is told of all that happens, over every death of the server.

use crate::crowd::Progress;
use crate::lost;
use sockful::client::{Client, Event};
use sockful::{Filter, Resource, Result};
use std::fmt::Debug;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

/// What has become of a record: it is this now, or the one of this id is gone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate<R> {
    Is(R),
    Gone(String),
}

/// What happened, each with the number of its commit.
pub(crate) type Told<R> = Vec<(u64, Fate<R>)>;

/// What was told up to now.
#[derive(Debug)]
pub(crate) struct Heard<R>(Arc<Mutex<(bool, Told<R>)>>);

impl<R: Clone> Heard<R> {
    /// Follows all records of a resource that has none yet.
    pub(crate) fn new(
        client: &Client,
        progress: &Arc<Progress>,
    ) -> (Self, impl Future<Output = Result<()>> + use<R>)
    where
        R: Resource<Id = String> + Debug,
    {
        let heard = Arc::new(Mutex::new((false, Vec::new())));
        let following = follow(client.clone(), Arc::clone(&heard), Arc::clone(progress));
        (Self(heard), following)
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    pub(crate) fn told(&self) -> Told<R> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.1.clone()
    }
}

async fn follow<R: Resource<Id = String> + Debug>(
    client: Client,
    heard: Arc<Mutex<(bool, Told<R>)>>,
    progress: Arc<Progress>,
) -> Result<()> {
    let mut events = client.of::<R>().subscribe(Filter::all());
    while let Some(event) = events.next().await {
        let event = event.map_err(|error| lost(format!("a subscription has ended: {error}")))?;
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        let told = match event {
            Event::Reset { records, .. } if records.is_empty() && !heard.0 => {
                heard.0 = true;
                continue;
            }
            Event::Created { record, seq } | Event::Updated { record, seq } => {
                (seq, Fate::Is(record))
            }
            Event::Destroyed {
                id,
                left: false,
                seq,
            } => (seq, Fate::Gone(id)),
            other => {
                let message = format!("a subscription can't go on where it was: {other:?}");
                return Err(lost(message));
            }
        };
        progress.told.fetch_add(1, Relaxed);
        progress.head.fetch_max(told.0, Relaxed);
        heard.1.push(told);
    }
    Ok(())
}
