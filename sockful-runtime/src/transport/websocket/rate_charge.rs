//! How fast the requests of one connection come.

use crate::core::error::Result;
use crate::engine::rate_limit::Bucket;
use crate::engine::session::Session;
use std::sync::Arc;

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

    /// Takes what a request costs. What its scans cost is charged while they run.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RateLimited`](crate::ErrorKind::RateLimited), where it comes too soon.
    pub(super) fn take(&mut self, cost: u32) -> Result<()> {
        if self.turn != self.session.identity().generation() {
            self.turn();
        }
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

    /// Whether the client goes on however often it is refused.
    pub(super) fn is_exceeded(&self) -> bool {
        self.refused >= self.session.config().request.max_rate_limited
    }

    fn turn(&mut self) {
        self.turn = self.session.identity().generation();
        self.bucket = self.session.rate_bucket();
    }
}
