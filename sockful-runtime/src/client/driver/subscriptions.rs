//! Subscriptions, each of which may use several connections one after the other.

use super::calls::{ReplyTarget, is_temporary};
use super::{Driver, Probe, Timer};
use crate::client::event::RawEvent;
use crate::client::inbox::{CommitEvents, Inbox};
use crate::client::request::RawReply;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::json::object::Object;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How long to wait before the server is asked again up to which commit a subscription is complete.
const ASK_AGAIN: Duration = Duration::from_millis(50);

#[derive(Default)]
pub(super) struct SubscriptionTable {
    /// The subscriptions by the numbers of their inboxes.
    all: BTreeMap<u64, SubscriptionState>,
    /// The owners of the `ack_id`s on this connection.
    owners: HashMap<u64, IdOwner>,
}

#[derive(Clone, Copy)]
enum IdOwner {
    /// The subscription with this number.
    Subscription(u64),
    /// A subscription to this resource that ends as soon as the server has answered it.
    Left(&'static str),
}

/// A subscription.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a condition of its own"
)]
struct SubscriptionState {
    inbox: Arc<Inbox>,
    resource: &'static str,
    action: &'static str,
    /// The conditions, as the text of an object.
    payload: String,
    /// Its `ack_id` on this connection.
    id: Option<u64>,
    /// The resume token of the server, as JSON.
    resume: Option<String>,
    /// The resume token that becomes valid when all records of the reset have arrived.
    next_resume: Option<String>,
    /// The last commit that was received completely.
    seq: Option<u64>,
    /// The proof of this position, as JSON. Older servers send none.
    at: Option<Box<str>>,
    /// The events of an incomplete commit or reset.
    parts: Vec<RawEvent>,
    is_answered: bool,
    /// Whether the client has authenticated again because of this subscription.
    is_retried: bool,
    /// Whether it was left because its inbox is full.
    is_away: bool,
    /// How often the server has refused or ended it in a row.
    tries: u32,
    /// The commits that the application waits for.
    waits: Vec<(u64, oneshot::Sender<()>)>,
    /// Whether the server has been asked up to which commit it is complete.
    is_asking: bool,
}

impl SubscriptionTable {
    pub(super) fn inboxes(&self) -> impl Iterator<Item = &Arc<Inbox>> {
        self.all.values().map(|sub| &sub.inbox)
    }
}

impl Driver {
    pub(super) fn subscribe(
        &mut self,
        inbox: Arc<Inbox>,
        resource: &'static str,
        action: &'static str,
        payload: String,
    ) {
        let number = inbox.number;
        let sub = SubscriptionState {
            inbox,
            resource,
            action,
            payload,
            id: None,
            resume: None,
            next_resume: None,
            seq: None,
            at: None,
            parts: Vec::new(),
            is_answered: false,
            is_retried: false,
            is_away: false,
            tries: 0,
            waits: Vec::new(),
            is_asking: false,
        };
        self.subscriptions.all.insert(number, sub);
        self.begin(number);
    }

    /// Starts the subscriptions that waited for authentication.
    pub(super) fn begin_waiting(&mut self) {
        let numbers: Vec<_> = self.subscriptions.all.keys().copied().collect();
        for number in numbers {
            self.begin(number);
        }
    }

    pub(super) fn subscribe_again(&mut self, number: u64) {
        self.begin(number);
    }

    pub(super) fn resume_subscription(&mut self, number: u64) {
        if let Some(sub) = self.subscriptions.all.get_mut(&number) {
            sub.is_away = false;
            self.begin(number);
        }
    }

    /// Returns the next subscription that waits to begin.
    pub(super) fn next_waiting_subscription(&self) -> Option<u64> {
        let mut all = self.subscriptions.all.iter();
        let next = all.find(|(number, sub)| {
            let is_held = self.timers.is_set(Timer::SubscribeAgain(**number));
            !is_held && !sub.is_away && sub.id.is_none()
        });
        next.map(|(number, _)| *number)
    }

    pub(super) fn begin(&mut self, number: u64) {
        if self.is_careful && self.probe != Some(Probe::Subscription(number)) {
            return self.send_waiting();
        }
        let is_held = self.timers.is_set(Timer::SubscribeAgain(number));
        let id = self.next_id();
        let Some(sub) = self.subscriptions.all.get_mut(&number) else {
            return;
        };
        if !self.is_ready || is_held || sub.is_away || sub.id.is_some() {
            return;
        }
        sub.id = Some(id);
        self.subscriptions
            .owners
            .insert(id, IdOwner::Subscription(number));
        let mut text = sub.request(id);
        let mut size = self.check_size(&text);
        if size.is_err()
            && let Some(sub) = self.subscriptions.all.get_mut(&number)
        {
            // Without its position the subscription begins with a reset.
            sub.resume = None;
            text = sub.request(id);
            size = self.check_size(&text);
        }
        match size {
            Ok(()) => self.send(text),
            Err(error) => self.end_subscription(number, error),
        }
    }

    /// Ends a subscription with an error.
    pub(super) fn end_subscription(&mut self, number: u64, error: Error) {
        if let Some(mut sub) = self.subscriptions.all.remove(&number) {
            let id = sub.forget_id();
            id.map(|id| self.subscriptions.owners.remove(&id));
            sub.inbox.end(Some(error));
        }
        self.passed(Probe::Subscription(number));
    }

    /// Reports when a subscription is complete up to a commit.
    pub(super) fn wait_until(&mut self, number: u64, seq: u64, reached: oneshot::Sender<()>) {
        if let Some(sub) = self.subscriptions.all.get_mut(&number) {
            sub.waits.push((seq, reached));
            self.check_waits(number);
        }
    }

    /// Reports the commits that a subscription has reached, and asks the server about the others: a
    /// commit that concerns none of its records brings no event.
    pub(super) fn check_waits(&mut self, number: u64) {
        let Some(sub) = self.subscriptions.all.get_mut(&number) else {
            return;
        };
        if let Some(position) = sub.seq {
            sub.reach(position);
        }
        sub.waits.retain(|(_, reached)| !reached.is_closed());
        if sub.waits.is_empty() || sub.is_asking || !sub.is_complete() {
            return;
        }
        if let Some(ack_id) = sub.id {
            sub.is_asking = true;
            let target = ReplyTarget::Position { number, ack_id };
            self.send_own_request("ping", "null".to_owned(), target);
        }
    }

    /// Handles the reply to a `ping`: every event up to its `seq` has arrived before it.
    pub(super) fn positioned(&mut self, number: u64, ack_id: u64, reply: Result<RawReply>) {
        #[derive(Deserialize)]
        struct PingReply {
            seq: u64,
        }
        let position = reply.ok().and_then(|reply| {
            let position: PingReply = serde_json::from_str(&reply.ok).ok()?;
            Some(position.seq)
        });
        let Some(sub) = self.subscriptions.all.get_mut(&number) else {
            return;
        };
        sub.is_asking = false;
        if let Some(position) = position.filter(|_| sub.id == Some(ack_id) && sub.is_complete()) {
            sub.reach(position);
        }
        if !sub.waits.is_empty() {
            let again = Instant::now() + ASK_AGAIN;
            self.timers.set(Timer::CheckWaits(number), again);
        }
    }

    /// Drops the state that belongs to a connection which has ended.
    pub(super) fn disconnect_subscriptions(&mut self) {
        self.subscriptions.owners.clear();
        self.subscriptions
            .all
            .values_mut()
            .for_each(SubscriptionState::forget);
    }

    pub(super) fn unsubscribe(&mut self, number: u64) {
        self.leave(number);
        self.timers.clear(Timer::SubscribeAgain(number));
        self.timers.clear(Timer::CheckWaits(number));
        self.subscriptions.all.remove(&number);
        self.passed(Probe::Subscription(number));
    }

    /// Ends the subscription on the server.
    fn leave(&mut self, number: u64) {
        let Some(sub) = self.subscriptions.all.get_mut(&number) else {
            return;
        };
        let (resource, is_answered) = (sub.resource, sub.is_answered);
        if let Some(id) = sub.forget_id() {
            // The server can end it only after it has answered.
            self.subscriptions
                .owners
                .insert(id, IdOwner::Left(resource));
            if is_answered {
                self.unsubscribe_id(id, resource);
            }
        }
    }

    fn unsubscribe_id(&mut self, id: u64, resource: &str) {
        self.subscriptions.owners.remove(&id);
        let payload = format!("{{\"subscription\":{id}}}");
        self.send(format!("[\"{resource}\",\"unsubscribe\",{payload}]"));
    }

    /// Handles the reply to a `subscribe`.
    pub(super) fn subscribed(&mut self, id: u64, reply: &Object<'_>) {
        let number = match self.subscriptions.owners.get(&id) {
            None => return,
            Some(&IdOwner::Left(resource)) => return self.unsubscribe_id(id, resource),
            Some(&IdOwner::Subscription(number)) => number,
        };
        let Some(sub) = self.subscriptions.all.get_mut(&number) else {
            return;
        };
        if let Some(error) = reply.take("err") {
            self.refused(number, Error::parse(error));
            return self.passed(Probe::Subscription(number));
        }
        (sub.is_answered, sub.is_retried, sub.tries) = (true, false, 0);
        let resume = reply.take("resume").map(str::to_owned);
        let ok = reply.take("ok").unwrap_or("null");
        let ok = match Object::parse(ok) {
            Ok(ok) => ok,
            Err(error) => {
                // Without the initial records the events have nothing to apply to.
                self.leave(number);
                return self.end_subscription(number, error);
            }
        };
        if ok.has("resumed") {
            sub.resume = resume;
            self.check_waits(number);
        } else {
            sub.next_resume = resume;
            let first = if let Some(count) = ok.take("count") {
                RawEvent::counted(reply, count)
            } else {
                let mut reset = RawEvent::parse("reset", reply);
                reset.records = ok.take("records").map(Box::from).into_iter().collect();
                reset
            };
            self.add_part(number, first, is_part(reply));
        }
        self.passed(Probe::Subscription(number));
    }

    /// Handles an event.
    pub(super) fn received_event(&mut self, id: u64, name: &str, payload: &Object<'_>) {
        let Some(&IdOwner::Subscription(number)) = self.subscriptions.owners.get(&id) else {
            return;
        };
        if name == "ended" && !payload.has("id") {
            let error = payload.take("error").unwrap_or("null");
            return self.refused(number, Error::parse(error));
        }
        self.add_part(number, RawEvent::parse(name, payload), is_part(payload));
    }

    /// Collects the events of a commit and passes them on when it is complete.
    fn add_part(&mut self, number: u64, mut event: RawEvent, is_part: bool) {
        let Some(sub) = self.subscriptions.all.get_mut(&number) else {
            return;
        };
        let Some(seq) = event.seq else {
            // The event belongs to no commit.
            return self.pass_on(number, vec![event]);
        };
        let at = event.at.take();
        sub.parts.push(event);
        if is_part {
            return;
        }
        (sub.seq, sub.at) = (Some(seq), at);
        if let Some(resume) = sub.next_resume.take() {
            sub.resume = Some(resume);
        }
        let commit = merge(std::mem::take(&mut sub.parts));
        if !commit.is_empty() {
            self.pass_on(number, commit);
        }
        self.check_waits(number);
    }

    fn pass_on(&mut self, number: u64, commit: CommitEvents) {
        let sub = self.subscriptions.all.get_mut(&number);
        if let Some(sub) = sub.filter(|sub| sub.inbox.put(commit)) {
            sub.is_away = true;
            self.leave(number);
        }
    }

    /// Handles the rejection or the end of a subscription by the server.
    fn refused(&mut self, number: u64, error: Error) {
        let Some(sub) = self.subscriptions.all.get_mut(&number) else {
            return;
        };
        let id = sub.forget_id();
        id.map(|id| self.subscriptions.owners.remove(&id));
        let is_unknown = error.kind() == ErrorKind::Unauthenticated;
        let may_renew = !self.token.is_none() || self.may_key;
        if is_unknown && may_renew && !sub.is_retried {
            sub.is_retried = true;
            self.renew_identity();
        } else if is_temporary(&error)
            || error.kind() == ErrorKind::Timeout
            // A subscription that was served before may succeed again when others have ended.
            || error.kind() == ErrorKind::TooMany && sub.seq.is_some()
        {
            let again = Instant::now() + self.settings.pause(error.retry_after(), sub.tries);
            sub.tries += 1;
            self.timers.set(Timer::SubscribeAgain(number), again);
        } else if let Some(sub) = self.subscriptions.all.remove(&number) {
            sub.inbox.end(Some(error));
        }
    }
}

impl SubscriptionState {
    fn request(&self, id: u64) -> String {
        let Self {
            resource,
            action,
            payload,
            ..
        } = self;
        let payload = match (&self.resume, self.seq) {
            (Some(resume), Some(seq)) => {
                let at = self.at.as_ref().map(|at| format!(",\"at\":{at}"));
                let at = at.unwrap_or_default();
                let from = format!("\"$from\":{{\"resume\":{resume},\"seq\":{seq}{at}}}}}");
                match payload.strip_suffix('}') {
                    Some("{") | None => format!("{{{from}"),
                    Some(conditions) => format!("{conditions},{from}"),
                }
            }
            _ => payload.clone(),
        };
        format!("[\"{resource}\",\"{action}\",{payload},{id}]")
    }

    /// Returns whether everything that was sent to the subscription has arrived.
    fn is_complete(&self) -> bool {
        self.is_answered && self.parts.is_empty() && self.next_resume.is_none()
    }

    /// Reports the commits up to `position`.
    fn reach(&mut self, position: u64) {
        for (seq, reached) in std::mem::take(&mut self.waits) {
            if seq <= position {
                // The application may have stopped waiting.
                let _ = reached.send(());
            } else {
                self.waits.push((seq, reached));
            }
        }
    }

    /// Drops the state that belongs to the connection.
    fn forget(&mut self) {
        self.forget_id();
    }

    fn forget_id(&mut self) -> Option<u64> {
        (self.next_resume, self.is_answered, self.is_asking) = (None, false, false);
        self.parts.clear();
        self.id.take()
    }
}

/// Returns whether more events of the same commit follow.
fn is_part(payload: &Object<'_>) -> bool {
    payload.take("more") == Some("true")
}

/// Merges the parts of a commit or of a reset.
fn merge(parts: Vec<RawEvent>) -> CommitEvents {
    let mut commit: CommitEvents = Vec::with_capacity(parts.len());
    for part in parts {
        match commit.last_mut() {
            _ if part.name != "records" => commit.push(part),
            Some(reset) if reset.name == "reset" => reset.records.extend(part.records),
            _ if part.dropped > 0 => commit.push(RawEvent::dropped(part.dropped)),
            _ => {}
        }
    }
    commit
}
