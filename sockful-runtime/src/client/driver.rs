//! The task of a client: it has the connection, and everything that waits for it.
//!
//! What comes is handled at once, be it an order, a message or the time for something; nothing here
//! waits for anything else.

mod calls;
mod connection;
mod identity;
mod subs;
mod timers;

pub(super) use calls::Ask;

use super::Status;
use super::inbox::Inbox;
use super::link::{Incoming, Link, Ws};
use super::settings::Settings;
use super::target::Target;
use super::token::Token;
use crate::core::error::Result;
use calls::Calls;
use connection::Greeting;
use futures_util::future::{BoxFuture, OptionFuture};
use identity::Fetching;
use std::sync::Arc;
use subs::Subs;
use timers::{Timer, Timers};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

/// What the ends of a client ask its task for.
pub(super) enum Command {
    /// To ask the server for something.
    Ask(Ask),
    /// To let go of a request that nobody waits for any more.
    Forget(u64),
    /// To subscribe, for who reads this.
    Subscribe {
        inbox: Arc<Inbox>,
        resource: &'static str,
        action: &'static str,
        /// The conditions, as the text of an object.
        payload: String,
    },
    /// To come back to a subscription that was left since nobody read it, under the number of its inbox.
    Return(u64),
    /// To leave a subscription.
    Unsubscribe(u64),
    /// To be somebody else.
    Become {
        id: u64,
        token: Option<String>,
        told: oneshot::Sender<Result<Option<u64>>>,
    },
    Close,
}

pub(super) struct Driver {
    target: Target,
    settings: Settings,
    token: Token,
    orders: mpsc::UnboundedReceiver<Command>,
    status: watch::Sender<Status>,
    /// Who waits for the first connection.
    opened: Option<oneshot::Sender<Result<()>>>,
    opening: OptionFuture<BoxFuture<'static, Result<Ws>>>,
    link: Option<Link>,
    /// When the present connection was begun.
    begun: Instant,
    /// When something last came over it.
    heard: Instant,
    /// What the server said first on it.
    greeting: Option<Greeting>,
    fetching: Option<Fetching>,
    /// Whether the server knows who the client is, so that requests can be sent.
    is_ready: bool,
    /// Whether the client may give its requests keys.
    may_key: bool,
    /// How often the application has said who it is.
    who: u64,
    /// How many attempts to connect have failed.
    attempts: u32,
    last_id: u64,
    calls: Calls,
    subs: Subs,
    timers: Timers,
}

impl Driver {
    pub(super) fn new(
        target: Target,
        settings: Settings,
        token: Token,
        orders: mpsc::UnboundedReceiver<Command>,
        status: watch::Sender<Status>,
        opened: Option<oneshot::Sender<Result<()>>>,
    ) -> Self {
        let now = Instant::now();
        Self {
            target,
            settings,
            token,
            orders,
            status,
            opened,
            opening: None.into(),
            link: None,
            begun: now,
            heard: now,
            greeting: None,
            fetching: None,
            is_ready: false,
            may_key: false,
            who: 0,
            attempts: 0,
            last_id: 0,
            calls: Calls::default(),
            subs: Subs::default(),
            timers: Timers::default(),
        }
    }

    pub(super) async fn run(mut self) {
        self.open();
        loop {
            tokio::select! {
                order = self.orders.recv() => match order {
                    None | Some(Command::Close) => break,
                    Some(order) => self.obey(order),
                },
                Some(opened) = &mut self.opening => self.opened(opened),
                incoming = next(&mut self.link) => self.came(incoming),
                token = fetched(&mut self.fetching) => self.fetched(token),
                timer = self.timers.next() => self.ring(timer),
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Ask(ask) => self.ask(ask),
            Command::Forget(id) => self.forget_call(id),
            Command::Subscribe {
                inbox,
                resource,
                action,
                payload,
            } => self.subscribe(inbox, resource, action, payload),
            Command::Return(number) => self.return_to(number),
            Command::Unsubscribe(number) => self.unsubscribe(number),
            Command::Become { id, token, told } => self.become_another(id, token, told),
            Command::Close => {}
        }
    }

    fn ring(&mut self, timer: Timer) {
        match timer {
            Timer::Deadline(id) => self.out_of_time(id),
            Timer::CallAgain(id) => self.call_again(id),
            Timer::SubscribeAgain(number) => self.subscribe_again(number),
            Timer::Setup => self.lost(None),
            Timer::Reconnect => self.open(),
            Timer::Beat => self.beat(),
            Timer::Renew => self.renew(),
        }
    }

    fn end(&mut self) {
        if let Some(link) = self.link.take() {
            link.close();
        }
        self.end_calls();
        for inbox in self.subs.inboxes() {
            inbox.end(None);
        }
        self.orders.close();
        while let Ok(order) = self.orders.try_recv() {
            // Of requests it is enough that nobody is there to answer them.
            if let Command::Subscribe { inbox, .. } = order {
                inbox.end(None);
            }
        }
        self.status.send_replace(Status::Closed);
    }

    /// A number for what this task asks for; those of the application are even.
    fn next_id(&mut self) -> u64 {
        self.last_id += 2;
        self.last_id + 1
    }

    fn send(&self, text: String) {
        if let Some(link) = &self.link {
            link.send(text);
        }
    }
}

/// Whatever ends the task, nobody waits for it in vain.
impl Drop for Driver {
    fn drop(&mut self) {
        self.end();
    }
}

async fn next(link: &mut Option<Link>) -> Option<Incoming> {
    match link {
        Some(link) => link.next().await,
        None => std::future::pending().await,
    }
}

async fn fetched(fetching: &mut Option<Fetching>) -> Result<Option<String>> {
    match fetching {
        Some(fetching) => (&mut fetching.token).await,
        None => std::future::pending().await,
    }
}
