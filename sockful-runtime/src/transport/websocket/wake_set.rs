//! Tracks which of several sources woke a task, so that only that source is polled.

use futures_util::task::AtomicWaker;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Wakes a task that waits for several sources, and records which of them were woken.
#[derive(Debug)]
pub(super) struct WakeSet(Arc<WakeFlags>);

/// Guards one source, which is polled only after it has woken the task: a connection that is woken
/// to deliver events need not poll its reading side.
#[derive(Debug)]
pub(super) struct WakeSource {
    source: Arc<WakerOfSource>,
    /// The waker that is passed to the source.
    waker: Waker,
}

#[derive(Debug, Default)]
struct WakeFlags {
    /// The sources that were woken, one bit each.
    woken: AtomicU8,
    task: AtomicWaker,
}

#[derive(Debug)]
struct WakerOfSource {
    shared: Arc<WakeFlags>,
    bit: u8,
}

impl WakeSet {
    /// Creates `N` sources. All are marked as woken, because they have never been polled.
    pub(super) fn new<const N: usize>() -> (Self, [WakeSource; N]) {
        const { assert!(N <= 8, "the mask has eight bits") };
        let shared = Arc::<WakeFlags>::default();
        let sources = std::array::from_fn(|nth| {
            let source = Arc::new(WakerOfSource {
                shared: shared.clone(),
                bit: 1 << nth,
            });
            source.mark_woken();
            let waker = Waker::from(source.clone());
            WakeSource { source, waker }
        });
        (Self(shared), sources)
    }

    /// Registers the task's waker with all sources. Call this before polling them.
    pub(super) fn wake(&self, cx: &Context<'_>) {
        self.0.task.register(cx.waker());
    }
}

impl WakeSource {
    /// Marks the source as woken, so that it is polled next time.
    pub(super) fn mark_woken(&self) {
        self.source.mark_woken();
    }

    /// Polls the source if it was woken.
    pub(super) fn poll<T>(&self, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        if !self.source.take_woken() {
            return Poll::Pending;
        }
        let polled = poll(&mut Context::from_waker(&self.waker));
        if polled.is_ready() {
            // There may be more, for which no wake-up will follow.
            self.mark_woken();
        }
        polled
    }
}

impl WakerOfSource {
    fn mark_woken(&self) {
        self.shared.woken.fetch_or(self.bit, Ordering::Release);
    }

    /// Takes the flag: whether the source was woken since the last call.
    fn take_woken(&self) -> bool {
        let WakeFlags { woken, .. } = &*self.shared;
        // A load is cheaper than a read-modify-write, and the flag is mostly unset.
        woken.load(Ordering::Acquire) & self.bit != 0
            && woken.fetch_and(!self.bit, Ordering::AcqRel) & self.bit != 0
    }
}

impl Wake for WakerOfSource {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.mark_woken();
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
        let (wake_set, [wake_source]) = WakeSet::new();
        let polls = Cell::new(0);
        let (sender, receiver) = mpsc::unbounded_channel();
        let receiver = RefCell::new(receiver);
        let next = || {
            poll_fn(|cx| {
                wake_set.wake(cx);
                wake_source.poll(|cx| {
                    polls.set(polls.get() + 1);
                    receiver.borrow_mut().poll_recv(cx)
                })
            })
        };
        assert_eq!(next().now_or_never(), None);
        assert_eq!(next().now_or_never(), None);
        assert_eq!(polls.get(), 1);
        for value in [1, 2] {
            sender.send(value).expect("the receiver is alive");
        }
        // A ready source is polled again until it returns pending.
        assert_eq!(next().await, Some(1));
        assert_eq!(next().await, Some(2));
        assert_eq!(next().now_or_never(), None);
        assert_eq!(polls.get(), 4);
        let (woken, ()) = tokio::join!(next(), async {
            sender.send(3).expect("the receiver is alive");
        });
        assert_eq!(woken, Some(3));
    }
}
