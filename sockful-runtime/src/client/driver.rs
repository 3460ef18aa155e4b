//! The task of a client, which owns the connection and everything that waits for it.
//!
//! It handles commands, messages and timers at once and never awaits anything else.

mod calls;
mod connection;
mod identity;
mod probe;
mod subscriptions;
mod timers;

use super::Status;
use super::command::Command;
use super::link::{ClientWebSocket, Link, ServerMessage};
use super::settings::Settings;
use super::target::ConnectTarget;
use super::token::Token;
use crate::core::error::Result;
use calls::PendingCalls;
use connection::ServerInfo;
use futures_util::future::{BoxFuture, OptionFuture};
use identity::TokenFetch;
use probe::Probe;
use subscriptions::SubscriptionTable;
use timers::{Timer, Timers};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

pub(super) struct Driver {
    target: ConnectTarget,
    settings: Settings,
    token: Token,
    commands: mpsc::UnboundedReceiver<Command>,
    status: watch::Sender<Status>,
    /// Receives the result of the first attempt to connect.
    opened: Option<oneshot::Sender<Result<()>>>,
    opening: OptionFuture<BoxFuture<'static, Result<ClientWebSocket>>>,
    link: Option<Link>,
    /// When the current connection was first ready for requests.
    ready_since: Option<Instant>,
    /// The code of the server's close frame.
    close_code: Option<u16>,
    /// The reason why the server rejects the handshake.
    refusal: Option<String>,
    /// Whether frames are sent one at a time, because one of them made the server close the connection.
    is_careful: bool,
    /// The frame in flight while `is_careful`.
    probe: Option<Probe>,
    /// When the last message arrived.
    heard: Instant,
    /// The `hello` of the current connection.
    server_info: Option<ServerInfo>,
    fetching: Option<TokenFetch>,
    /// Whether authentication has completed, so that requests can be sent.
    is_ready: bool,
    /// Whether requests can have idempotency keys.
    may_key: bool,
    /// How often the application has changed the token.
    identity: u64,
    /// How many attempts to connect have failed.
    attempts: u32,
    last_id: u64,
    calls: PendingCalls,
    subscriptions: SubscriptionTable,
    timers: Timers,
}

impl Driver {
    pub(super) fn new(
        target: ConnectTarget,
        settings: Settings,
        token: Token,
        commands: mpsc::UnboundedReceiver<Command>,
        status: watch::Sender<Status>,
        opened: Option<oneshot::Sender<Result<()>>>,
    ) -> Self {
        let now = Instant::now();
        Self {
            target,
            settings,
            token,
            commands,
            status,
            opened,
            opening: None.into(),
            link: None,
            ready_since: None,
            close_code: None,
            refusal: None,
            is_careful: false,
            probe: None,
            heard: now,
            server_info: None,
            fetching: None,
            is_ready: false,
            may_key: false,
            identity: 0,
            attempts: 0,
            last_id: 0,
            calls: PendingCalls::default(),
            subscriptions: SubscriptionTable::default(),
            timers: Timers::default(),
        }
    }

    pub(super) async fn run(mut self) {
        self.open();
        loop {
            tokio::select! {
                command = self.commands.recv() => match command {
                    None | Some(Command::Close) => break,
                    Some(command) => self.handle(command),
                },
                Some(opened) = &mut self.opening => self.opened(opened),
                incoming = next(&mut self.link) => self.received(incoming),
                token = fetched(&mut self.fetching) => self.fetched(token),
                timer = self.timers.next() => self.fire(timer),
            }
        }
    }

    fn handle(&mut self, command: Command) {
        match command {
            Command::Call(call) => self.start_call(call),
            Command::CancelCall(id) => self.forget_call(id),
            Command::Subscribe {
                inbox,
                resource,
                action,
                payload,
            } => self.subscribe(inbox, resource, action, payload),
            Command::ResumeSubscription(number) => self.resume_subscription(number),
            Command::Unsubscribe(number) => self.unsubscribe(number),
            Command::WaitUntil {
                number,
                seq,
                reached,
            } => self.wait_until(number, seq, reached),
            Command::Authenticate { id, token, reply } => self.reauthenticate(id, token, reply),
            Command::Close => {}
        }
    }

    fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::Deadline(id) => self.timed_out(id),
            Timer::CallAgain(id) => self.call_again(id),
            Timer::SubscribeAgain(number) => self.subscribe_again(number),
            Timer::CheckWaits(number) => self.check_waits(number),
            Timer::Setup => self.lost(None),
            Timer::Reconnect => self.open(),
            Timer::Heartbeat => self.heartbeat(),
            Timer::Renew => self.renew(),
        }
    }

    fn end(&mut self) {
        if let Some(link) = self.link.take() {
            link.close();
        }
        self.end_calls();
        for inbox in self.subscriptions.inboxes() {
            inbox.end(None);
        }
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            // Requests fail because their channels are dropped.
            if let Command::Subscribe { inbox, .. } = command {
                inbox.end(None);
            }
        }
        self.status.send_replace(Status::Closed);
    }

    /// A new id for a request of this task; those of the application are even.
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

/// Also runs if the task panics or is aborted, so that no caller waits forever.
impl Drop for Driver {
    fn drop(&mut self) {
        self.end();
    }
}

async fn next(link: &mut Option<Link>) -> Option<ServerMessage> {
    match link {
        Some(link) => link.next().await,
        None => std::future::pending().await,
    }
}

async fn fetched(fetching: &mut Option<TokenFetch>) -> Result<Option<String>> {
    match fetching {
        Some(fetching) => (&mut fetching.token).await,
        None => std::future::pending().await,
    }
}
