//! Notices when the identity of a connection changes or expires.

use super::wake_set::WakeSource;
use crate::core::config::MAX_DURATION;
use crate::engine::session::Session;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};
use tokio::time::{Duration, Instant, Sleep, sleep_until};

/// Notices when the identity of a connection changes or expires.
pub(super) struct IdentityWatch {
    session: Arc<Session>,
    /// Woken when the identity may have changed.
    wake_source: WakeSource,
    /// The last generation that was reported.
    generation: u64,
    /// Elapses when the identity expires.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl IdentityWatch {
    pub(super) fn new(session: Arc<Session>, wake_source: WakeSource) -> Self {
        // An identity from the handshake may expire as well.
        let sleep = remaining(&session).map(|left| Box::pin(sleep_until(left)));
        Self {
            generation: session.identity().generation(),
            session,
            wake_source,
            sleep,
        }
    }

    /// Waits until the identity changes. An identity that expires is signed out.
    pub(super) fn poll(&mut self) -> Poll<()> {
        let Self {
            session,
            wake_source,
            generation,
            sleep,
        } = self;
        ready!(wake_source.poll(|cx| {
            session.identity().watch(cx.waker());
            while session.identity().generation() == *generation {
                let Some(running) = sleep else {
                    return Poll::Pending;
                };
                ready!(running.as_mut().poll(cx));
                match remaining(session).filter(|_| !session.end_if_expired()) {
                    Some(left) => running.as_mut().reset(left),
                    None => *sleep = None,
                }
            }
            Poll::Ready(())
        }));
        self.generation = self.session.identity().generation();
        self.sleep = remaining(&self.session).map(|left| Box::pin(sleep_until(left)));
        Poll::Ready(())
    }
}

/// When the identity of a session expires, as an instant of the timer clock.
fn remaining(session: &Session) -> Option<Instant> {
    let left = session.expires()?.saturating_sub(session.app.clock.now());
    // If the wall clock is slower than the timers, the caller checks again.
    let left = Duration::from_millis(left.max(1)).min(MAX_DURATION);
    Some(Instant::now() + left)
}
