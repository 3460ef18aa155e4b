//! Requests that say by a key which one they are, so that sending one again does not do it twice.

mod fingerprint;
mod key_queue;
#[cfg(test)]
mod tests;

pub(crate) use fingerprint::fingerprint;

use crate::core::clock::Clock;
use crate::core::config::Config;
use crate::core::error::{Error, ErrorKind, Outcome, Result};
use crate::model::record::Record;
use crate::protocol::idempotency_key::{MAX_SKEW, check_time, time};
use crate::protocol::reply::{Body, Done, Reply};
use crate::store::Store;
use crate::store::idempotency::{
    CompletedRequest, IdempotencyEntry, Lookup, PendingResponse, StoredResponse,
};
use key_queue::KeyQueue;
use std::sync::Arc;
use uuid::Uuid;

const TOO_MANY_AHEAD: &str = "too many requests of this caller have a `key` that is ahead of the server's clock; take the time from `hello`";

/// What a server knows of the keys of requests, beside what its store remembers.
#[derive(Debug)]
pub(crate) struct Idempotency {
    turns: KeyQueue,
    clock: Clock,
    retention: u64,
}

/// Which request it is.
#[derive(Clone, Debug)]
pub(crate) struct RequestKey {
    /// The caller; the empty string for all callers without an identity. To get the reply of another
    /// one, such a caller has to know its key, which cannot be guessed.
    pub(crate) caller: Arc<str>,
    pub(crate) key: Uuid,
    pub(crate) fingerprint: u128,
}

impl RequestKey {
    /// What its commit leaves behind.
    pub(crate) fn idempotency_entry(&self, at: u64, response: PendingResponse) -> IdempotencyEntry {
        IdempotencyEntry {
            caller: Arc::clone(&self.caller),
            key: self.key,
            fingerprint: self.fingerprint,
            at,
            response,
        }
    }
}

impl Idempotency {
    pub(crate) fn new(config: &Config, clock: Clock) -> Self {
        Self {
            turns: KeyQueue::default(),
            clock,
            retention: u64::try_from(config.store.key_retention.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Does a request unless it took effect before: then its first reply comes again.
    ///
    /// `run` is to put [`idempotency_entry`](RequestKey::idempotency_entry) into the one commit that it makes. One that
    /// runs at this moment is waited for first. `show` makes of a record of a resource what the caller
    /// is told of it: today it may see less than it did then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) where the key is another request's, and
    /// where it is so old that nobody remembers; what `run` says where it did nothing.
    ///
    /// # Cancel safety
    ///
    /// Where it is dropped the next that waits goes on. Had the store begun to take the commit, that
    /// one's will be [`Repeated`](crate::store::commit::Rejected::Repeated).
    pub(crate) async fn run_once(
        &self,
        store: &dyn Store,
        request: &RequestKey,
        run: impl Future<Output = Reply>,
        show: impl Fn(usize, Arc<Record>) -> Result<Body>,
    ) -> Reply {
        let _turn = self.turns.enter(&request.caller, request.key).await;
        match self.recall(store, request, &show).await? {
            Recalled::Done(done) => return Ok(done),
            not_applied => self.check(request, &not_applied)?,
        }
        let first = match run.await {
            Ok(done) => return Ok(done),
            Err(first) => first,
        };
        // It may have failed only because another server applied the request meanwhile, or because an
        // earlier run was cut off while it committed: then the record that it found was its own work.
        match self.recall(store, request, &show).await {
            Ok(Recalled::Done(done)) => Ok(done),
            // The key was accepted before, and the error says more than a later state of the clock.
            Ok(Recalled::Unknown | Recalled::Ahead) => Err(first),
            // A failed lookup does not change that the run may have committed.
            Err(second) if is_uncertain(&first) && !is_uncertain(&second) => Err(first),
            Err(second) => Err(second),
        }
    }

    /// Looks up the first reply to a request.
    async fn recall(
        &self,
        store: &dyn Store,
        request: &RequestKey,
        show: &impl Fn(usize, Arc<Record>) -> Result<Body>,
    ) -> Result<Recalled> {
        let now = self.clock.now();
        match store.completed(&request.caller, request.key, now).await? {
            Lookup::Completed(completed) if completed.fingerprint == request.fingerprint => {
                replay(completed, show).map(Recalled::Done)
            }
            Lookup::Completed(_) => Err(Error::not_once(
                "the `key` is that of another request; make a new one for each",
            )),
            Lookup::Ahead => Ok(Recalled::Ahead),
            // No store is asked to remember for longer.
            Lookup::Unknown if time(request.key).saturating_add(self.retention) > now => {
                Ok(Recalled::Unknown)
            }
            Lookup::Unknown | Lookup::Forgotten => Err(Error::not_once(
                "the response to this `key` is no longer remembered, so the request may have taken effect; check before sending it with a new key",
            )),
        }
    }

    /// Checks that a request which did not take effect may do so now.
    fn check(&self, request: &RequestKey, recalled: &Recalled) -> Result<()> {
        let checked = check_time(request.key, self.clock.now());
        checked.map_err(|fault| Error::invalid(vec![fault]))?;
        match recalled {
            Recalled::Ahead => Err(Error::new(ErrorKind::Unavailable, TOO_MANY_AHEAD)
                .with_retry_after(MAX_SKEW)
                .with_outcome(Outcome::NotApplied)),
            Recalled::Done(_) | Recalled::Unknown => Ok(()),
        }
    }
}

/// What is known of a request.
#[derive(Debug)]
enum Recalled {
    /// It took effect, and this is the first reply.
    Done(Done),
    /// It did not take effect.
    Unknown,
    /// It did not take effect, and must not now: see [`Lookup::Ahead`].
    Ahead,
}

fn is_uncertain(error: &Error) -> bool {
    error.outcome() == Some(Outcome::Unknown)
}

fn replay(
    completed: CompletedRequest,
    show: &impl Fn(usize, Arc<Record>) -> Result<Body>,
) -> Result<Done> {
    let body = body_of(completed.response, show)?;
    Ok(Done {
        rev: completed.rev,
        ..Done::new(body, completed.seq)
    })
}

fn body_of(
    response: StoredResponse,
    show: &impl Fn(usize, Arc<Record>) -> Result<Body>,
) -> Result<Body> {
    Ok(match response {
        StoredResponse::Record(resource, record) => show(resource, record)?,
        StoredResponse::Json(json) => Body::Json(json.as_bytes().to_vec()),
        StoredResponse::List(list) => {
            let each = list.into_iter().map(|one| body_of(one, show));
            Body::List(each.collect::<Result<_>>()?)
        }
    })
}
