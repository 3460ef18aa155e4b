//! Look-ups of records by their ids: all that wait when one begins are made at one moment.

use super::pace::Pace;
use super::readers::{Reader, patiently};
use super::shared::Shared;
use super::table::Table;
use crate::core::error::{Error, Result};
use crate::model::record::Record;
use crate::store::View;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::spawn_blocking;

/// How many wait and are made at once.
const MAX_ASKED: usize = 1_024;
/// How many are made at one moment.
const AT_ONCE: usize = 64;
/// How many wait before another thread helps, of at most so many.
const BEHIND: usize = 32;
const MAX_THREADS: usize = 4;

/// What is looked up next, where it takes long.
///
/// To wake a thread takes longer than to look up a record that is in the page cache: it is made at
/// once. Where that is not so, a thread makes what has come meanwhile, too, and others help only
/// where it does not keep up.
#[derive(Debug)]
pub(super) struct Lookups {
    permits: Arc<Semaphore>,
    state: Mutex<State>,
    pace: Pace,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Lookup>,
    threads: usize,
}

type Found = Result<View<Option<Arc<Record>>>>;

#[derive(Debug)]
struct Lookup {
    resource: usize,
    id: Box<str>,
    answer: oneshot::Sender<Found>,
    /// It counts until it is made, whether anybody waits for it or not.
    _permit: OwnedSemaphorePermit,
}

/// A thread that looks up. It is counted until it has nothing left to do.
struct Thread {
    shared: Arc<Shared>,
    is_counted: bool,
}

impl Lookups {
    pub(super) fn new() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(MAX_ASKED)),
            state: Mutex::default(),
            pace: Pace::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one in, and says whether another thread is to help.
    fn add(&self, lookup: Lookup) -> bool {
        let mut state = self.state();
        state.waiting.push(lookup);
        let is_behind = state.waiting.len() > state.threads * BEHIND;
        let helps = is_behind && state.threads < MAX_THREADS;
        state.threads += usize::from(helps);
        helps
    }
}

impl Shared {
    /// The record of this id, where that takes no time to speak of.
    pub(super) fn look_up_at_once(&self, resource: usize, id: &str) -> Option<Found> {
        if !self.lookups.pace.is_quick() {
            return None;
        }
        let begun = Instant::now();
        let found = self.readers.begin_at_once()?;
        let found = found.and_then(|reader| self.find_one(&reader, resource, id));
        self.lookups.pace.note(begun.elapsed());
        // What it has seen may not be published yet.
        let is_over = |view: &View<_>| view.seq <= self.head();
        found.as_ref().is_ok_and(is_over).then_some(found)
    }

    /// The record of this id, as it is at one moment from now on.
    pub(super) async fn look_up(self: Arc<Self>, resource: usize, id: Box<str>) -> Found {
        let permit = Arc::clone(&self.lookups.permits).acquire_owned();
        let (answer, answered) = oneshot::channel();
        let lookup = Lookup {
            resource,
            id,
            answer,
            _permit: patiently(permit).await?,
        };
        if self.lookups.add(lookup) {
            let thread = Thread {
                shared: Arc::clone(&self),
                is_counted: true,
            };
            drop(spawn_blocking(move || thread.run()));
        }
        let view = answered.await.map_err(Error::internal)??;
        self.published(view.seq).await?;
        Ok(view)
    }

    fn find_one(&self, reader: &Reader, resource: usize, id: &str) -> Found {
        let table = Table::of(self.tables(), resource)?;
        let value = table.get(reader.connection(), id)?;
        let seq = reader.seq();
        Ok(View { seq, value })
    }
}

impl Thread {
    fn run(mut self) {
        while let Some(lookups) = self.next() {
            let reader = self.shared.readers.begin();
            for lookup in lookups {
                if lookup.answer.is_closed() {
                    continue;
                }
                let begun = Instant::now();
                let find = |it: &Reader| self.shared.find_one(it, lookup.resource, &lookup.id);
                let found = match &reader {
                    Ok(reader) => find(reader),
                    // Each is to be told by an error of its own.
                    Err(_) => self.shared.readers.begin().and_then(|reader| find(&reader)),
                };
                self.shared.lookups.pace.note(begun.elapsed());
                // Whoever asked may have gone.
                drop(lookup.answer.send(found));
            }
        }
    }

    fn next(&mut self) -> Option<Vec<Lookup>> {
        let mut state = self.shared.lookups.state();
        if state.waiting.is_empty() {
            state.threads -= 1;
            self.is_counted = false;
            return None;
        }
        let first = state.waiting.len().min(AT_ONCE);
        Some(state.waiting.drain(..first).collect())
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // It may never have run, as where the runtime ends.
        if self.is_counted {
            let mut state = self.shared.lookups.state();
            state.threads -= 1;
            if state.threads == 0 {
                // Nobody waits for what no thread makes.
                state.waiting.clear();
            }
        }
    }
}
