//! Knowing for what a task was woken, so that only that is looked at.

use futures_util::task::AtomicWaker;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Wakes a task that waits for several things, and keeps for which of them it was.
#[derive(Debug)]
pub(super) struct WakeSet(Arc<WakeFlags>);

/// Stands before one of the things that a task waits for, and has it polled only after it has asked
/// for it: a connection that is woken to tell its subscriptions something need not touch its
/// reading side.
#[derive(Debug)]
pub(super) struct WakeSource {
    rope: Arc<WakerOfSource>,
    /// What is left with those who are waited for.
    waker: Waker,
}

#[derive(Debug, Default)]
struct WakeFlags {
    /// Those that have rung, a bit each.
    rung: AtomicU8,
    task: AtomicWaker,
}

#[derive(Debug)]
struct WakerOfSource {
    shared: Arc<WakeFlags>,
    bit: u8,
}

impl WakeSet {
    /// `N` bells that have rung: what they stand before was never polled.
    pub(super) fn new<const N: usize>() -> (Self, [WakeSource; N]) {
        const { assert!(N <= 8, "there are eight bits") };
        let shared = Arc::<WakeFlags>::default();
        let bells = std::array::from_fn(|nth| {
            let rope = Arc::new(WakerOfSource {
                shared: shared.clone(),
                bit: 1 << nth,
            });
            rope.ring();
            let waker = Waker::from(rope.clone());
            WakeSource { rope, waker }
        });
        (Self(shared), bells)
    }

    /// Has whoever polls woken by each of them, from now on and until it is. To be asked for before
    /// they are polled.
    pub(super) fn wake(&self, cx: &Context<'_>) {
        self.0.task.register(cx.waker());
    }
}

impl WakeSource {
    /// Has it polled the next time, whatever was said.
    pub(super) fn ring(&self) {
        self.rope.ring();
    }

    /// Polls, if there may be something new.
    pub(super) fn poll<T>(&self, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        if !self.rope.has_rung() {
            return Poll::Pending;
        }
        let polled = poll(&mut Context::from_waker(&self.waker));
        if polled.is_ready() {
            // There may be more, for which nobody will be woken.
            self.ring();
        }
        polled
    }
}

impl WakerOfSource {
    fn ring(&self) {
        self.shared.rung.fetch_or(self.bit, Ordering::Release);
    }

    /// Whether it has rung since it was last asked.
    fn has_rung(&self) -> bool {
        let WakeFlags { rung, .. } = &*self.shared;
        // Mostly it has not, which is cheaper to see than to take back.
        rung.load(Ordering::Acquire) & self.bit != 0
            && rung.fetch_and(!self.bit, Ordering::AcqRel) & self.bit != 0
    }
}

impl Wake for WakerOfSource {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
        self.shared.task.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::cell::{Cell, RefCell};
    use std::future::poll_fn;
    use tokio::sync::mpsc;

    #[tokio::test]
    async fn only_woken_sources_are_polled() {
        let (bells, [bell]) = WakeSet::new();
        let polls = Cell::new(0);
        let (sender, receiver) = mpsc::unbounded_channel();
        let receiver = RefCell::new(receiver);
        let next = || {
            poll_fn(|cx| {
                bells.wake(cx);
                bell.poll(|cx| {
                    polls.set(polls.get() + 1);
                    receiver.borrow_mut().poll_recv(cx)
                })
            })
        };
        assert_eq!(next().now_or_never(), None);
        assert_eq!(next().now_or_never(), None);
        assert_eq!(polls.get(), 1);
        for value in [1, 2] {
            sender.send(value).expect("somebody receives");
        }
        // What was ready may have more, until it says that it has not.
        assert_eq!(next().await, Some(1));
        assert_eq!(next().await, Some(2));
        assert_eq!(next().now_or_never(), None);
        assert_eq!(polls.get(), 4);
        let (woken, ()) = tokio::join!(next(), async {
            sender.send(3).expect("somebody receives");
        });
        assert_eq!(woken, Some(3));
    }
}
