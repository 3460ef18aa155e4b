//! Subscriptions, each over as many connections as it takes.

use super::calls::is_passing;
use super::{Driver, Timer};
use crate::client::event::Told;
use crate::client::inbox::{Commit, Inbox};
use crate::core::error::{Error, ErrorKind};
use crate::core::json::object::Object;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio::time::Instant;

#[derive(Default)]
pub(super) struct Subs {
    /// By the numbers of their inboxes.
    all: BTreeMap<u64, Sub>,
    /// Whose the `ack_id`s of this connection are.
    by_id: HashMap<u64, Whose>,
}

#[derive(Clone, Copy)]
enum Whose {
    /// The subscription of this number.
    Sub(u64),
    /// One that is left as soon as the server has answered it.
    Left(&'static str),
}

/// A subscription.
struct Sub {
    inbox: Arc<Inbox>,
    resource: &'static str,
    action: &'static str,
    /// The conditions, as the text of an object.
    payload: String,
    /// What it is called on this connection.
    id: Option<u64>,
    /// By which the server knows it again: JSON.
    resume: Option<String>,
    /// What is to take its place when the records that come with it are all there.
    next_resume: Option<String>,
    /// The position: the last commit of which everything was told.
    seq: Option<u64>,
    /// What came of one commit, or of one list, so far.
    parts: Vec<Told>,
    is_answered: bool,
    /// Whether the server has been told again who the client is for its sake.
    is_again: bool,
    /// Whether it was left until what has come is taken.
    is_away: bool,
}

impl Subs {
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
        let sub = Sub {
            inbox,
            resource,
            action,
            payload,
            id: None,
            resume: None,
            next_resume: None,
            seq: None,
            parts: Vec::new(),
            is_answered: false,
            is_again: false,
            is_away: false,
        };
        self.subs.all.insert(number, sub);
        self.begin(number);
    }

    /// Begins what waited for the server to know who the client is.
    pub(super) fn begin_waiting(&mut self) {
        let numbers: Vec<_> = self.subs.all.keys().copied().collect();
        for number in numbers {
            self.begin(number);
        }
    }

    pub(super) fn subscribe_again(&mut self, number: u64) {
        self.begin(number);
    }

    pub(super) fn return_to(&mut self, number: u64) {
        if let Some(sub) = self.subs.all.get_mut(&number) {
            sub.is_away = false;
            self.begin(number);
        }
    }

    fn begin(&mut self, number: u64) {
        let is_held = self.timers.is_set(Timer::SubscribeAgain(number));
        let id = self.next_id();
        let Some(sub) = self.subs.all.get_mut(&number) else {
            return;
        };
        if !self.is_ready || is_held || sub.is_away || sub.id.is_some() {
            return;
        }
        sub.id = Some(id);
        self.subs.by_id.insert(id, Whose::Sub(number));
        let text = sub.request(id);
        self.send(text);
    }

    /// The connection is gone, and with it what was not whole.
    pub(super) fn cut_subscriptions(&mut self) {
        self.subs.by_id.clear();
        self.subs.all.values_mut().for_each(Sub::forget);
    }

    pub(super) fn unsubscribe(&mut self, number: u64) {
        self.leave(number);
        self.timers.clear(Timer::SubscribeAgain(number));
        self.subs.all.remove(&number);
    }

    /// Has the server tell no more of it, for now or for good.
    fn leave(&mut self, number: u64) {
        let Some(sub) = self.subs.all.get_mut(&number) else {
            return;
        };
        let (resource, is_answered) = (sub.resource, sub.is_answered);
        if let Some(id) = sub.forget_id() {
            // Until it is answered there is nothing to leave.
            self.subs.by_id.insert(id, Whose::Left(resource));
            if is_answered {
                self.unsubscribe_id(id, resource);
            }
        }
    }

    fn unsubscribe_id(&mut self, id: u64, resource: &str) {
        self.subs.by_id.remove(&id);
        let payload = format!("{{\"subscription\":{id}}}");
        self.send(format!("[\"{resource}\",\"unsubscribe\",{payload}]"));
    }

    /// Takes the reply to a `subscribe`.
    pub(super) fn subscribed(&mut self, id: u64, reply: &Object<'_>) {
        let number = match self.subs.by_id.get(&id) {
            None => return,
            Some(&Whose::Left(resource)) => return self.unsubscribe_id(id, resource),
            Some(&Whose::Sub(number)) => number,
        };
        let Some(sub) = self.subs.all.get_mut(&number) else {
            return;
        };
        if let Some(error) = reply.take("err") {
            return self.refused(number, Error::parse(error));
        }
        (sub.is_answered, sub.is_again) = (true, false);
        let resume = reply.take("resume").map(str::to_owned);
        let ok = reply.take("ok").unwrap_or("null");
        let Ok(ok) = Object::parse(ok) else { return };
        if ok.has("resumed") {
            sub.resume = resume;
        } else {
            sub.next_resume = resume;
            let mut reset = Told::of("reset", reply);
            reset.records = ok.take("records").map(Box::from).into_iter().collect();
            self.part(number, reset, is_part(reply));
        }
    }

    /// Takes an event.
    pub(super) fn told(&mut self, id: u64, name: &str, payload: &Object<'_>) {
        let Some(&Whose::Sub(number)) = self.subs.by_id.get(&id) else {
            return;
        };
        if name == "ended" && !payload.has("id") {
            let error = payload.take("error").unwrap_or("null");
            return self.refused(number, Error::parse(error));
        }
        self.part(number, Told::of(name, payload), is_part(payload));
    }

    /// Takes what was told, up to the end of a commit.
    fn part(&mut self, number: u64, told: Told, is_part: bool) {
        let Some(sub) = self.subs.all.get_mut(&number) else {
            return;
        };
        let Some(seq) = told.seq else {
            // What is in no commit ends none.
            return self.pass_on(number, vec![told]);
        };
        sub.parts.push(told);
        if is_part {
            return;
        }
        sub.seq = Some(seq);
        if let Some(resume) = sub.next_resume.take() {
            sub.resume = Some(resume);
        }
        let commit = whole(std::mem::take(&mut sub.parts));
        if !commit.is_empty() {
            self.pass_on(number, commit);
        }
    }

    fn pass_on(&mut self, number: u64, commit: Commit) {
        let sub = self.subs.all.get_mut(&number);
        if let Some(sub) = sub.filter(|sub| sub.inbox.put(commit)) {
            sub.is_away = true;
            self.leave(number);
        }
    }

    /// The server does not serve it, or not any more.
    fn refused(&mut self, number: u64, error: Error) {
        let Some(sub) = self.subs.all.get_mut(&number) else {
            return;
        };
        let id = sub.forget_id();
        id.map(|id| self.subs.by_id.remove(&id));
        let is_unknown = error.kind() == ErrorKind::Unauthenticated;
        if is_unknown && !self.token.is_none() && !sub.is_again {
            sub.is_again = true;
            self.identify();
        } else if is_passing(&error) || error.kind() == ErrorKind::Timeout {
            let again = Instant::now() + self.settings.pause(error.retry_after());
            self.timers.set(Timer::SubscribeAgain(number), again);
        } else if let Some(sub) = self.subs.all.remove(&number) {
            sub.inbox.end(Some(error));
        }
    }
}

impl Sub {
    fn request(&self, id: u64) -> String {
        let Self {
            resource,
            action,
            payload,
            ..
        } = self;
        let payload = match (&self.resume, self.seq) {
            (Some(resume), Some(seq)) => {
                let from = format!("\"$from\":{{\"resume\":{resume},\"seq\":{seq}}}}}");
                match payload.strip_suffix('}') {
                    Some("{") | None => format!("{{{from}"),
                    Some(conditions) => format!("{conditions},{from}"),
                }
            }
            _ => payload.clone(),
        };
        format!("[\"{resource}\",\"{action}\",{payload},{id}]")
    }

    /// Lets go of what belongs to the connection, or to the subscription as the server knows it.
    fn forget(&mut self) {
        self.forget_id();
    }

    fn forget_id(&mut self) -> Option<u64> {
        (self.next_resume, self.is_answered) = (None, false);
        self.parts.clear();
        self.id.take()
    }
}

/// Whether more comes of the same commit.
fn is_part(payload: &Object<'_>) -> bool {
    payload.take("more") == Some("true")
}

/// The events of a commit, or of a list that came in pieces.
fn whole(parts: Vec<Told>) -> Commit {
    let mut commit: Commit = Vec::with_capacity(parts.len());
    for part in parts {
        match commit.last_mut() {
            _ if part.name != "records" => commit.push(part),
            Some(reset) if reset.name == "reset" => reset.records.extend(part.records),
            _ if part.dropped > 0 => commit.push(Told::dropped(part.dropped)),
            _ => {}
        }
    }
    commit
}
