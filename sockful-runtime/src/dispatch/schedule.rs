//! Scheduling of requests that cannot be answered at once.

use super::request::Target;
use super::{ConflictKey, Request};
use crate::core::config::MAX_DURATION;
use crate::engine::session::Session;
use crate::engine::table::Action;
use std::time::Duration;
use tokio::time::Instant;

/// How a request is scheduled among the others of its connection.
#[derive(Debug)]
pub(crate) struct Schedule {
    pub(crate) conflict_key: ConflictKey,
    pub(crate) timeout: Duration,
    pub(crate) is_list: bool,
}

impl Schedule {
    /// The deadline of a request that has just been read.
    pub(crate) fn deadline(&self) -> Instant {
        let now = Instant::now();
        now.checked_add(self.timeout).unwrap_or(now + MAX_DURATION)
    }
}

impl Request {
    /// How to schedule the request.
    pub(crate) fn schedule(&self, session: &Session) -> Schedule {
        let mut timeout = session.config().request.request_timeout;
        if let Target::Route(route) = self.target
            && let Action::Remote(remote) = route.action
        {
            timeout = remote.timeout.unwrap_or(timeout);
        }
        if let Some(requested) = self.options.timeout() {
            timeout = timeout.min(requested);
        }
        let conflict_key = ConflictKey::of(self, session);
        let is_list =
            self.target.traits().is_list || matches!(conflict_key, ConflictKey::Several { .. });
        Schedule {
            conflict_key,
            timeout,
            is_list,
        }
    }
}
