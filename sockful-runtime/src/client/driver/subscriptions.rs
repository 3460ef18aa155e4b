//! Subscriptions, each of which may use several connections in turn.

use super::calls::is_temporary;
use super::{Driver, Timer};
use crate::client::event::RawEvent;
use crate::client::inbox::{CommitEvents, Inbox};
use crate::core::error::{Error, ErrorKind};
use crate::core::json::object::Object;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio::time::Instant;

#[derive(Default)]
pub(super) struct SubscriptionTable {
    /// The subscriptions by the numbers of their inboxes.
    all: BTreeMap<u64, SubscriptionState>,
    /// The owners of the `ack_id`s on this connection.
    owners: HashMap<u64, IdOwner>,
}

#[derive(Clone, Copy)]
enum IdOwner {
    /// The subscription of this number.
    Subscription(u64),
    /// A subscription to this resource that ends as soon as the server has answered it.
    Left(&'static str),
}

/// A subscription.
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

    fn begin(&mut self, number: u64) {
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
        let text = sub.request(id);
        self.send(text);
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
        self.subscriptions.all.remove(&number);
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

    /// Takes the reply to a `subscribe`.
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
            return self.refused(number, Error::parse(error));
        }
        (sub.is_answered, sub.is_retried) = (true, false);
        let resume = reply.take("resume").map(str::to_owned);
        let ok = reply.take("ok").unwrap_or("null");
        let Ok(ok) = Object::parse(ok) else { return };
        if ok.has("resumed") {
            sub.resume = resume;
        } else {
            sub.next_resume = resume;
            let mut reset = RawEvent::parse("reset", reply);
            reset.records = ok.take("records").map(Box::from).into_iter().collect();
            self.add_part(number, reset, is_part(reply));
        }
    }

    /// Takes an event.
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
    }

    fn pass_on(&mut self, number: u64, commit: CommitEvents) {
        let sub = self.subscriptions.all.get_mut(&number);
        if let Some(sub) = sub.filter(|sub| sub.inbox.put(commit)) {
            sub.is_away = true;
            self.leave(number);
        }
    }

    /// The server has rejected or ended the subscription.
    fn refused(&mut self, number: u64, error: Error) {
        let Some(sub) = self.subscriptions.all.get_mut(&number) else {
            return;
        };
        let id = sub.forget_id();
        id.map(|id| self.subscriptions.owners.remove(&id));
        let is_unknown = error.kind() == ErrorKind::Unauthenticated;
        if is_unknown && !self.token.is_none() && !sub.is_retried {
            sub.is_retried = true;
            self.identify();
        } else if is_temporary(&error) || error.kind() == ErrorKind::Timeout {
            let again = Instant::now() + self.settings.pause(error.retry_after());
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

    /// Drops the state that belongs to the connection.
    fn forget(&mut self) {
        self.forget_id();
    }

    fn forget_id(&mut self) -> Option<u64> {
        (self.next_resume, self.is_answered) = (None, false);
        self.parts.clear();
        self.id.take()
    }
}

/// Whether more events of the same commit follow.
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
