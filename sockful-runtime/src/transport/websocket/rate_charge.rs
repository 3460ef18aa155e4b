//! How fast the requests of one connection come.

use crate::core::error::Result;
use crate::engine::rate_limit::Bucket;
use crate::engine::session::Session;
use std::sync::Arc;

/// How many records that a query looks at count as one request more.
const VISITED_AT_ONCE: usize = 100;

/// Takes what requests cost out of the bucket of who sends them.
pub(super) struct RateCharge {
    session: Arc<Session>,
    bucket: Arc<Bucket>,
    /// Who it is, by the number of the identity.
    turn: u64,
    /// How many requests in a row came too soon.
    refused: usize,
}

impl RateCharge {
    pub(super) fn new(session: Arc<Session>) -> Self {
        let mut pace = Self {
            bucket: session.bucket.clone(),
            turn: 0,
            refused: 0,
            session,
        };
        pace.turn();
        pace
    }

    /// Takes what a request costs, and what those before it have turned out to cost.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RateLimited`](crate::ErrorKind::RateLimited), where it comes too soon.
    pub(super) fn take(&mut self, cost: u32) -> Result<()> {
        if self.turn != self.session.identity().generation() {
            self.turn();
        }
        self.settle();
        match self.bucket.take(cost) {
            Ok(()) => {
                self.refused = 0;
                Ok(())
            }
            Err(wait) => {
                self.refused += 1;
                Err(self.session.app.rates.refusal(wait))
            }
        }
    }

    /// Takes what the requests until now have turned out to cost.
    pub(super) fn settle(&self) {
        let visited = self.session.peer.take_visited();
        if visited > 0 {
            let work = visited.div_ceil(VISITED_AT_ONCE);
            self.bucket.charge(u32::try_from(work).unwrap_or(u32::MAX));
        }
    }

    /// Whether the client goes on however often it is refused.
    pub(super) fn is_exceeded(&self) -> bool {
        self.refused >= self.session.config().request.max_rate_limited
    }

    fn turn(&mut self) {
        self.turn = self.session.identity().generation();
        let rates = &self.session.app.rates;
        self.bucket = match self.session.key() {
            Some(key) => rates.of_key(&key),
            None => self.session.bucket.clone(),
        };
    }
}
