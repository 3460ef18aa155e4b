//! Idempotency keys: a retried request with the same key takes effect at most once.

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

const TOO_MANY_AHEAD: &str = "too many requests of this caller have a `key` ahead of the server's clock; use the time from `hello`";

/// The server's side of idempotency keys. The completed requests are in the store.
#[derive(Debug)]
pub(crate) struct Idempotency {
    queue: KeyQueue,
    clock: Clock,
    retention: u64,
}

/// The identification of a request.
#[derive(Clone, Debug)]
pub(crate) struct RequestKey {
    /// The caller; the empty string for all unauthenticated callers. To get the reply of another
    /// one, such a caller has to know its key, which cannot be guessed.
    pub(crate) caller: Arc<str>,
    pub(crate) key: Uuid,
    pub(crate) fingerprint: u128,
}

impl RequestKey {
    /// The entry that the commit of the request stores.
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
            queue: KeyQueue::default(),
            clock,
            retention: u64::try_from(config.store.key_retention.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Runs a request unless it took effect before; in that case returns its first reply again.
    ///
    /// `run` must include [`idempotency_entry`](RequestKey::idempotency_entry) in its only commit.
    /// If a request with the same key is running, its end is awaited first. `show` converts a
    /// stored record to what the caller may read now, which may be less than at the first reply.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if the key belongs to another request,
    /// or if it is so old that its reply is no longer stored; the error of `run` if it had no
    /// effect.
    ///
    /// # Cancel safety
    ///
    /// If it is dropped, the next waiting request continues. If the store had begun the commit, the
    /// commit of that request is [`Repeated`](crate::store::commit::Rejected::Repeated).
    pub(crate) async fn run_once(
        &self,
        store: &dyn Store,
        request: &RequestKey,
        run: impl Future<Output = Reply>,
        show: impl Fn(usize, Arc<Record>) -> Result<Body>,
    ) -> Reply {
        let _guard = self.queue.enter(&request.caller, request.key).await;
        match self.recall(store, request, &show).await? {
            Recalled::Done(done) => return Ok(done),
            not_applied => self.check(request, &not_applied)?,
        }
        let first = match run.await {
            Ok(done) => return Ok(done),
            Err(first) => first,
        };
        // The failure may have another cause: another server has applied the request in the
        // meantime, or an earlier run was cancelled during its commit and this run found its
        // result.
        match self.recall(store, request, &show).await {
            Ok(Recalled::Done(done)) => Ok(done),
            // The key was accepted before, so the error is more precise than a later state of the
            // clock.
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
                "the `key` was used for another request; use a new key for each request",
            )),
            Lookup::Ahead => Ok(Recalled::Ahead),
            // Stores are not required to keep entries for longer.
            Lookup::Unknown if time(request.key).saturating_add(self.retention) > now => {
                Ok(Recalled::Unknown)
            }
            Lookup::Unknown | Lookup::Forgotten => Err(Error::not_once(
                "the response for this `key` has expired, so the request may have taken effect; check before you send it with a new key",
            )),
        }
    }

    /// Checks that a request that did not take effect may do so now.
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

/// The result of looking up a request.
#[derive(Debug)]
enum Recalled {
    /// It took effect. Contains the first reply.
    Done(Done),
    /// It did not take effect.
    Unknown,
    /// It did not take effect, and must not do so now: see [`Lookup::Ahead`].
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
