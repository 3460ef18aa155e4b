//! Knowing for what a task was woken, so that only that is looked at.

use futures_util::task::AtomicWaker;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Stands before something that a task waits for beside other things, and has it polled only after
/// it has asked for it: a connection that is woken to tell its subscriptions something need not
/// touch its reading side.
#[derive(Debug)]
pub(super) struct Bell {
    rope: Arc<Rope>,
    /// What is left with those who are waited for.
    waker: Waker,
}

#[derive(Debug)]
struct Rope {
    has_rung: AtomicBool,
    task: AtomicWaker,
}

impl Bell {
    /// One that has rung: what it stands before was never polled.
    pub(super) fn new() -> Self {
        let rope = Arc::new(Rope {
            has_rung: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        let waker = Waker::from(rope.clone());
        Self { rope, waker }
    }

    /// Has it polled the next time, whatever was said.
    pub(super) fn ring(&self) {
        self.rope.has_rung.store(true, Ordering::Release);
    }

    /// Polls, if there may be something new.
    pub(super) fn poll<T>(
        &self,
        cx: &Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.rope.task.register(cx.waker());
        if !self.rope.has_rung.swap(false, Ordering::AcqRel) {
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

impl Wake for Rope {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_rung.store(true, Ordering::Release);
        self.task.wake();
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
    async fn what_has_not_asked_for_it_is_not_polled_and_what_has_is() {
        let (bell, polls) = (Bell::new(), Cell::new(0));
        let (sender, receiver) = mpsc::unbounded_channel();
        let receiver = RefCell::new(receiver);
        let next = || {
            poll_fn(|cx| {
                bell.poll(cx, |cx| {
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
