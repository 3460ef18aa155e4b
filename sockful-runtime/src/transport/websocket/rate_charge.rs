//! Rate limiting of the requests of one connection.

use crate::core::error::Result;
use crate::engine::rate_limit::Bucket;
use crate::engine::session::Session;
use std::sync::Arc;

/// Charges the cost of requests to the rate limit of the client.
pub(super) struct RateCharge {
    session: Arc<Session>,
    bucket: Arc<Bucket>,
    /// The generation of the identity that `bucket` belongs to.
    generation: u64,
    /// How many requests in a row were rate limited.
    refused: usize,
}

impl RateCharge {
    pub(super) fn new(session: Arc<Session>) -> Self {
        let mut charge = Self {
            bucket: session.bucket.clone(),
            generation: 0,
            refused: 0,
            session,
        };
        charge.refresh();
        charge
    }

    /// Charges the cost of a request. Its scans are charged while they run.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RateLimited`](crate::ErrorKind::RateLimited) if the limit is exceeded.
    pub(super) fn take(&mut self, cost: u32) -> Result<()> {
        if self.generation != self.session.identity().generation() {
            self.refresh();
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

    /// Whether the client continues to send despite repeated refusals.
    pub(super) fn is_exceeded(&self) -> bool {
        self.refused >= self.session.config().request.max_rate_limited
    }

    fn refresh(&mut self) {
        self.generation = self.session.identity().generation();
        self.bucket = self.session.rate_bucket();
    }
}
