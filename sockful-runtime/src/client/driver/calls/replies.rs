//! Replies: each ends its request or has it sent again.

use super::{Driver, Probe, Timer};
use crate::client::request::{Effect, RawReply};
use crate::core::error::{Error, ErrorKind, Outcome};
use crate::core::json::object::Object;
use tokio::time::Instant;

impl Driver {
    /// Handles a reply. Returns whether it belongs to a request.
    pub(in crate::client::driver) fn answered(&mut self, id: u64, reply: &Object<'_>) -> bool {
        let Some(pending) = self.calls.pending.get_mut(&id) else {
            return false;
        };
        let Some(raw) = reply.take("err") else {
            self.settle(id, Ok(RawReply::parse(reply)));
            return true;
        };
        let error = Error::parse(raw);
        let request = &mut pending.request;
        let is_unsafe = request.effect != Effect::ReadOnly && request.key.is_none();
        let is_key = |fault: &crate::Fault| fault.path == "key" && fault.rule == "action";
        if pending.reply_target.is_per_connection() {
            self.settle(id, Err(error));
        } else if request.effect == Effect::Unknown && error.fields().iter().any(is_key) {
            // The method only reads, so the request is sent again without a key.
            let name = (request.resource.clone(), request.action.clone());
            pending.is_sent = false;
            self.calls.reads.insert(name);
            self.call_again(id);
        } else if is_temporary(&error) && !(is_unsafe && error.outcome() == Some(Outcome::Unknown))
        {
            let again = Instant::now() + self.settings.pause(error.retry_after(), pending.tries);
            pending.tries += 1;
            if again >= pending.deadline {
                self.settle(id, Err(error));
            } else {
                pending.is_sent = false;
                self.timers.set(Timer::CallAgain(id), again);
            }
        } else if error.kind() == ErrorKind::Unauthenticated
            && (!self.token.is_none() || self.may_key)
            && !pending.is_retried
            && request.resource != "sockful"
        {
            (pending.is_sent, pending.is_retried) = (false, true);
            self.renew_identity();
        } else {
            // It may have taken effect under the earlier identity.
            let is_unknown = error.kind() == ErrorKind::Unauthenticated
                && pending.was_sent
                && request.effect != Effect::ReadOnly;
            let error = if is_unknown {
                error.with_outcome(Outcome::Unknown)
            } else {
                error
            };
            self.settle(id, Err(error));
        }
        self.passed(Probe::Call(id));
        true
    }
}

/// Returns whether the request did not take effect but may succeed later.
pub(in crate::client::driver) fn is_temporary(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::RateLimited | ErrorKind::Unavailable
    )
}
