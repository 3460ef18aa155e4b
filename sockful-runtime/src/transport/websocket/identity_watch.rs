//! Who the client is: noticing when it has become somebody else, or its time is over.

use super::wake_set::WakeSource;
use crate::core::config::A_YEAR;
use crate::engine::session::Session;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};
use tokio::time::{Duration, Instant, Sleep, sleep_until};

/// Notices when the client becomes somebody else.
pub(super) struct IdentityWatch {
    session: Arc<Session>,
    /// Rings when it may have.
    bell: WakeSource,
    /// The identity that is known of, by its number.
    known: u64,
    /// Runs out with it.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl IdentityWatch {
    pub(super) fn new(session: Arc<Session>, bell: WakeSource) -> Self {
        // Whoever came by a handshake may have an end as well.
        let sleep = remaining(&session).map(|left| Box::pin(sleep_until(left)));
        Self {
            known: session.identity().generation(),
            session,
            bell,
            sleep,
        }
    }

    /// Waits until it is somebody else; one whose time is over is nobody.
    pub(super) fn poll(&mut self) -> Poll<()> {
        let Self {
            session,
            bell,
            known,
            sleep,
        } = self;
        ready!(bell.poll(|cx| {
            session.identity().watch(cx.waker());
            while session.identity().generation() == *known {
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
        self.known = self.session.identity().generation();
        self.sleep = remaining(&self.session).map(|left| Box::pin(sleep_until(left)));
        Poll::Ready(())
    }
}

/// By when the identity of a session is over, on the clock of timers.
fn remaining(session: &Session) -> Option<Instant> {
    let left = session.expires()?.saturating_sub(session.app.clock.now());
    // A clock that goes slower than the timers is asked again.
    let left = Duration::from_millis(left.max(1)).min(A_YEAR);
    Some(Instant::now() + left)
}
