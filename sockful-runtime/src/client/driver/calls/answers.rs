//! What becomes of a request that is answered: it is over, or asked again.

use super::{Driver, Timer};
use crate::client::asked::{Answer, Manner};
use crate::core::error::{Error, ErrorKind, Outcome};
use crate::core::json::object::Object;
use tokio::time::Instant;

impl Driver {
    /// Takes a reply; says whether it was one to a request.
    pub(in crate::client::driver) fn answered(&mut self, id: u64, reply: &Object<'_>) -> bool {
        let Some(pending) = self.calls.pending.get_mut(&id) else {
            return false;
        };
        let Some(raw) = reply.take("err") else {
            let answer = Answer::of(reply);
            self.settle(id, Ok(answer));
            return true;
        };
        let error = Error::parse(raw);
        let asked = &mut pending.asked;
        let is_unsafe = asked.manner != Manner::Reads && asked.key.is_none();
        let is_key = |fault: &crate::Fault| fault.path == "key" && fault.rule == "action";
        if pending.for_whom.is_once() {
            self.settle(id, Err(error));
        } else if asked.manner == Manner::Unknown && error.fields().iter().any(is_key) {
            // It only reads, and may be repeated without.
            let name = (asked.resource.clone(), asked.action.clone());
            pending.is_sent = false;
            self.calls.reads.insert(name);
            self.call_again(id);
        } else if is_passing(&error) && !(is_unsafe && error.outcome() == Some(Outcome::Unknown)) {
            let again = Instant::now() + self.settings.pause(error.retry_after());
            if again >= pending.deadline {
                self.settle(id, Err(error));
            } else {
                pending.is_sent = false;
                self.timers.set(Timer::CallAgain(id), again);
            }
        } else if error.kind() == ErrorKind::Unauthenticated
            && !self.token.is_none()
            && !pending.is_again
            && asked.resource != "sockful"
        {
            (pending.is_sent, pending.is_again) = (false, true);
            self.identify();
        } else {
            // It may have been done before, by who the client was then.
            let is_open = error.kind() == ErrorKind::Unauthenticated
                && pending.was_sent
                && asked.manner != Manner::Reads;
            let error = if is_open {
                error.with_outcome(Outcome::Unknown)
            } else {
                error
            };
            self.settle(id, Err(error));
        }
        true
    }
}

/// Whether it was not done, and may be later.
pub(in crate::client::driver) fn is_passing(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::RateLimited | ErrorKind::Unavailable
    )
}
