//! Turns of long scans: only a few compute at a time, each for some milliseconds.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// The length of one turn while others wait.
const TURN: Duration = Duration::from_millis(10);

/// Lets as many long scans compute concurrently as half of the processors; the others wait for their
/// turn.
///
/// The rest of the processors is left to the runtime's workers, and a scan is delayed only by those
/// before it in the queue.
#[derive(Debug)]
pub(super) struct Turns {
    state: Mutex<TurnState>,
}

#[derive(Debug)]
struct TurnState {
    free: usize,
    waiting: VecDeque<Arc<Waiter>>,
}

#[derive(Debug, Default)]
struct Waiter {
    is_next: Mutex<bool>,
    woken: Condvar,
}

/// The state of one scan in the turns.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Arc<Turns>,
    /// The start of the current turn; `None` if the scan has none.
    since: Mutex<Option<Instant>>,
}

impl Turns {
    pub(super) fn new() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self::of((processors / 2).max(1))
    }

    fn of(free: usize) -> Self {
        Self {
            state: Mutex::new(TurnState {
                free,
                waiting: VecDeque::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, TurnState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn, after all that wait already.
    fn enter(&self) {
        let waiter = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return;
            }
            let waiter = Arc::new(Waiter::default());
            state.waiting.push_back(Arc::clone(&waiter));
            waiter
        };
        let is_next = waiter
            .is_next
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        drop(waiter.woken.wait_while(is_next, |is_next| !*is_next));
    }

    fn leave(&self) {
        let mut state = self.state();
        let Some(next) = state.waiting.pop_front() else {
            state.free += 1;
            return;
        };
        drop(state);
        *next.is_next.lock().unwrap_or_else(PoisonError::into_inner) = true;
        next.woken.notify_one();
    }
}

impl Turn {
    pub(super) fn new(turns: Arc<Turns>) -> Self {
        let since = Mutex::new(None);
        Self { turns, since }
    }

    /// Continues the current turn, or waits for the next one.
    pub(super) fn take(&self) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        match *since {
            Some(start) if start.elapsed() < TURN => return,
            Some(_) if self.turns.state().waiting.is_empty() => {}
            Some(_) => {
                self.turns.leave();
                self.turns.enter();
            }
            None => self.turns.enter(),
        }
        *since = Some(Instant::now());
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let since = self.since.get_mut().unwrap_or_else(PoisonError::into_inner);
        if since.take().is_some() {
            self.turns.leave();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    #[test]
    fn turns_are_taken_by_as_many_as_there_are() {
        let turns = Arc::new(Turns::of(2));
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let turn = Turn::new(Arc::clone(&turns));
                        turn.take();
                        most.fetch_max(
                            running.fetch_add(1, Ordering::SeqCst) + 1,
                            Ordering::SeqCst,
                        );
                        turn.take();
                        thread::yield_now();
                        running.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(most.into_inner() <= 2);
        assert_eq!(turns.state().free, 2);
    }

    #[test]
    fn long_turn_ends_when_others_wait() {
        let turns = Arc::new(Turns::of(1));
        let long = Turn::new(Arc::clone(&turns));
        long.take();
        thread::scope(|scope| {
            let other = scope.spawn(|| Turn::new(Arc::clone(&turns)).take());
            // Regardless of when the other thread begins to wait, the turn is released then.
            while !other.is_finished() {
                *long.since.lock().expect("the lock is not poisoned") =
                    Instant::now().checked_sub(TURN);
                long.take();
            }
        });
        drop(long);
        assert_eq!(turns.state().free, 1);
    }
}
