//! Counts and latencies of the well-behaved connections.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Phase {
    Settling,
    Alone,
    Abused,
    Over,
}

pub(crate) struct Stats {
    phase: AtomicUsize,
    counts: [Counts; 4],
    errors: AtomicU64,
    pub(crate) connected: AtomicUsize,
    /// One permit for each player that has sent its last request.
    pub(crate) done: Semaphore,
    /// The confirmed moves of each player.
    pub(crate) moves: Vec<AtomicU32>,
}

#[derive(Default)]
pub(crate) struct Counts {
    events: AtomicU64,
    /// The number of events that combine several changes.
    folded: AtomicU64,
    /// The latency of each reply, in microseconds.
    micros: Mutex<Vec<u64>>,
}

/// The number of errors that are printed.
const SHOWN: u64 = 20;

impl Stats {
    pub(crate) fn new(players: usize) -> Self {
        Self {
            phase: AtomicUsize::new(Phase::Settling as usize),
            counts: Default::default(),
            errors: AtomicU64::new(0),
            connected: AtomicUsize::new(0),
            done: Semaphore::new(0),
            moves: (0..players).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.store(phase as usize, Relaxed);
    }

    fn current(&self) -> &Counts {
        &self.counts[self.phase.load(Relaxed)]
    }

    pub(crate) fn of(&self, phase: Phase) -> &Counts {
        &self.counts[phase as usize]
    }

    pub(crate) fn note_reply(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.current().times().push(micros);
    }

    pub(crate) fn note_event(&self, is_folded: bool) {
        self.current().events.fetch_add(1, Relaxed);
        self.current()
            .folded
            .fetch_add(u64::from(is_folded), Relaxed);
    }

    pub(crate) fn note_error(&self, what: &str) {
        if self.errors.fetch_add(1, Relaxed) < SHOWN {
            eprintln!("{what}");
        }
    }

    pub(crate) fn errors(&self) -> u64 {
        self.errors.load(Relaxed)
    }
}

impl Counts {
    fn times(&self) -> MutexGuard<'_, Vec<u64>> {
        self.micros.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn replies(&self) -> usize {
        self.times().len()
    }

    pub(crate) fn events(&self) -> u64 {
        self.events.load(Relaxed)
    }

    pub(crate) fn folded(&self) -> u64 {
        self.folded.load(Relaxed)
    }

    /// The latency of this permille, in microseconds.
    pub(crate) fn percentile(&self, permille: usize) -> u64 {
        let mut times = self.times();
        times.sort_unstable();
        let last = times.len().saturating_sub(1);
        let at = (times.len() * permille / 1_000).min(last);
        times.get(at).copied().unwrap_or(0)
    }
}
