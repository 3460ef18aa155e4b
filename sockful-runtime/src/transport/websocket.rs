//! A WebSocket connection: reads requests, runs them and writes replies, in one task with one
//! writer.

mod finish;
mod heartbeat;
mod identity_watch;
mod pipe;
mod rate_charge;
mod requests;
mod socket;
mod subscriptions;
#[cfg(test)]
mod tests;
mod wake_set;

pub(crate) use requests::answer;

use crate::core::error::Outcome;
use crate::core::shutdown::Shutdown;
use crate::dispatch;
use crate::dispatch::{Answered, Request, RequestOutcome, SubscriptionChange, SubscriptionScope};
use crate::engine::session::Session;
use crate::live::NewSubscription;
use crate::protocol::reply;
use crate::protocol::reply::{Done, Reply};
use crate::store::scan;
use heartbeat::{Beat, Heartbeat};
use identity_watch::IdentityWatch;
use requests::Requests;
use socket::{CloseReason, Incoming, Socket};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use subscriptions::SessionSubscriptions;
use tokio::io::{AsyncRead, AsyncWrite};
use wake_set::{WakeSet, WakeSource};

/// The close reason of all connections when the server stops.
const SHUTTING_DOWN: CloseReason = CloseReason::ByUs(1001, "the server is shutting down");

/// Serves a connection after its handshake until it ends. `part` contains the bytes that were read
/// beyond the handshake.
///
/// Scans of its requests and subscriptions are attributed to its client.
pub(crate) fn run<S>(
    session: Arc<Session>,
    io: S,
    part: Vec<u8>,
    shutdown: Shutdown,
) -> impl Future<Output = ()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let client = session.clone();
    scan::for_client(client, serve(session, io, part, shutdown))
}

async fn serve<S>(session: Arc<Session>, io: S, part: Vec<u8>, shutdown: Shutdown)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (
        wake_set,
        [
            read_source,
            heartbeat_source,
            shutdown_source,
            identity_source,
        ],
    ) = WakeSet::new();
    let mut connection = Connection {
        socket: Socket::new(io, part, session.config()).await,
        requests: Requests::new(session.clone()),
        subscriptions: SessionSubscriptions::new(session.clone()),
        identity_watch: IdentityWatch::new(session.clone(), identity_source),
        heartbeat: Heartbeat::new(session.config(), heartbeat_source),
        session,
        bad_frames: 0,
        is_draining: false,
        was_paused: false,
        wake_set,
        read_source,
        shutdown_source,
        has_delivered: false,
    };
    let end = connection.serve(&shutdown).await;
    if end != CloseReason::Lost {
        connection.finish().await;
    }
    connection.requests.abandon();
    let config = connection.session.config();
    connection.socket.close(end, config).await;
    // Held until here: a server that stops waits until the peer has read the close.
    drop(shutdown);
}

struct Connection<S> {
    socket: Socket<S>,
    requests: Requests,
    subscriptions: SessionSubscriptions,
    identity_watch: IdentityWatch,
    heartbeat: Heartbeat,
    session: Arc<Session>,
    bad_frames: usize,
    /// Whether the server is stopping: running requests are finished and nothing more is read.
    is_draining: bool,
    /// Whether reading was paused because there was no room for another request or reply.
    was_paused: bool,
    wake_set: WakeSet,
    /// Woken when there may be more to read.
    read_source: WakeSource,
    /// Woken when the server may have started to stop.
    shutdown_source: WakeSource,
    /// Whether events were written last, in which case requests come first now.
    has_delivered: bool,
}

enum ConnectionEvent {
    Incoming(Incoming),
    Finished(Arc<Request>, RequestOutcome),
    SubscriptionsReady,
    IdentityChanged,
    Beat(Beat),
    Drain,
    Drained,
    Cut,
    Lost,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    async fn serve(&mut self, shutdown: &Shutdown) -> CloseReason {
        self.send_hello();
        let mut drain = pin!(shutdown.clone().draining());
        let mut cut = pin!(shutdown.clone().cut());
        loop {
            let event = poll_fn(|cx| {
                self.wake_set.wake(cx);
                self.poll_event(cx, drain.as_mut(), cut.as_mut())
            });
            let event = event.await;
            let end = match event {
                ConnectionEvent::Incoming(incoming) => self.take_all(incoming).await,
                ConnectionEvent::Finished(request, outcome) => {
                    self.answer(request.answered(outcome))
                }
                ConnectionEvent::SubscriptionsReady => {
                    self.deliver_events();
                    None
                }
                ConnectionEvent::IdentityChanged => {
                    self.handle_identity_change();
                    None
                }
                ConnectionEvent::Beat(Beat::Ping) => {
                    self.socket.ping();
                    None
                }
                ConnectionEvent::Beat(Beat::Silent) | ConnectionEvent::Lost => {
                    Some(CloseReason::Lost)
                }
                ConnectionEvent::Beat(Beat::Stuck) => Some(CloseReason::ByUs(
                    1013,
                    "the client does not read what is sent",
                )),
                ConnectionEvent::Drain => self.refuse_remaining(),
                ConnectionEvent::Drained => Some(SHUTTING_DOWN),
                ConnectionEvent::Cut => {
                    self.give_up();
                    Some(SHUTTING_DOWN)
                }
            };
            let end = end.or_else(|| self.start_waiting());
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// Waits for the next event. Pending output has the highest priority, reading the lowest.
    fn poll_event(
        &mut self,
        cx: &mut Context<'_>,
        drain: Pin<&mut impl Future<Output = ()>>,
        cut: Pin<&mut impl Future<Output = ()>>,
    ) -> Poll<ConnectionEvent> {
        if self.socket.pipe().waiting() > 0 {
            let flushed = self.socket.poll_flush(cx);
            if matches!(flushed, Poll::Ready(Err(_))) {
                return Poll::Ready(ConnectionEvent::Lost);
            }
        }
        let (waits, sent) = (self.socket.pipe().waiting() > 0, self.socket.pipe().sent);
        self.heartbeat.note_waiting(waits, sent);
        if self.identity_watch.poll().is_ready() {
            return Poll::Ready(ConnectionEvent::IdentityChanged);
        }
        if self.has_room_out()
            && let Poll::Ready((request, outcome)) = self.requests.poll_finished(cx)
        {
            return Poll::Ready(ConnectionEvent::Finished(request, outcome));
        }
        if self.is_draining {
            if self.requests.is_empty() && self.socket.pipe().waiting() == 0 {
                return Poll::Ready(ConnectionEvent::Drained);
            }
            if cut.poll(cx).is_ready() {
                return Poll::Ready(ConnectionEvent::Cut);
            }
        } else if self.shutdown_source.poll(|cx| drain.poll(cx)).is_ready() {
            return Poll::Ready(ConnectionEvent::Drain);
        }
        let is_reading = !self.is_draining && self.may_read();
        let received = self.socket.pipe().received;
        if let Poll::Ready(beat) = self.heartbeat.poll(received, is_reading) {
            return Poll::Ready(ConnectionEvent::Beat(beat));
        }
        let has_delivered = std::mem::take(&mut self.has_delivered);
        if !has_delivered && self.poll_subscriptions(cx).is_ready() {
            return Poll::Ready(ConnectionEvent::SubscriptionsReady);
        }
        if is_reading {
            if std::mem::take(&mut self.was_paused) {
                // Input that arrived while paused may be buffered already, and does not wake the
                // task.
                self.read_source.mark_woken();
            }
            if let Poll::Ready(incoming) = self.poll_incoming() {
                return Poll::Ready(ConnectionEvent::Incoming(incoming));
            }
        } else if !self.is_draining {
            self.was_paused = true;
            if self.poll_gone().is_ready() {
                return Poll::Ready(ConnectionEvent::Lost);
            }
        }
        if has_delivered && self.poll_subscriptions(cx).is_ready() {
            return Poll::Ready(ConnectionEvent::SubscriptionsReady);
        }
        Poll::Pending
    }

    /// Detects a disconnected peer while reading is paused.
    fn poll_gone(&mut self) -> Poll<()> {
        self.read_source.poll(|cx| self.socket.pipe().poll_gone(cx))
    }

    fn poll_incoming(&mut self) -> Poll<Incoming> {
        self.read_source.poll(|cx| self.socket.poll_incoming(cx))
    }

    /// Waits until there are events to deliver and the output buffer has room for them.
    fn poll_subscriptions(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_draining || !self.has_room_for_events() {
            return Poll::Pending;
        }
        self.subscriptions.poll(cx)
    }

    /// Whether the output buffer has room for another event.
    fn has_room_for_events(&mut self) -> bool {
        self.socket.pipe().waiting() <= self.session.config().live.max_unsent_events
    }

    /// Writes events while the output buffer has room for them.
    fn deliver_events(&mut self) {
        while self.has_room_for_events() && self.subscriptions.deliver(&mut self.socket) {}
        self.requests.lists_unsent = self.subscriptions.starting();
        self.has_delivered = true;
    }

    /// Reports an expired identity and restarts the subscriptions that depend on the old one.
    fn handle_identity_change(&mut self) {
        if self.session.identity().take_lost() {
            self.socket
                .push(|out| out.extend_from_slice(br#"["sockful","expired",{},null]"#));
        }
        self.subscriptions.restart_stale();
    }

    /// Whether there is room for another request. If not, TCP backpressure slows the peer down.
    fn may_read(&mut self) -> bool {
        self.requests.has_room() && self.has_room_out()
    }

    /// Whether the output buffer has room for another reply.
    fn has_room_out(&mut self) -> bool {
        self.socket.pipe().waiting() <= self.session.config().connection.max_outgoing
    }

    /// Processes a message and those that have arrived with it, so that all replies that are ready
    /// leave in one write. Yields to other connections after `max_batch` messages.
    async fn take_all(&mut self, first: Incoming) -> Option<CloseReason> {
        let mut next = first;
        let mut taken = 0;
        loop {
            match next {
                Incoming::Text(text) => {
                    let answered = self.requests.take(text);
                    if self.requests.is_flooded() {
                        let why = "too many rate-limited requests in a row";
                        return Some(CloseReason::ByUs(1008, why));
                    }
                    if !answered.as_ref().is_some_and(|answered| answered.bad) {
                        self.bad_frames = 0;
                    }
                    if let Some(answered) = answered
                        && let Some(end) = self.answer(answered)
                    {
                        return Some(end);
                    }
                }
                Incoming::Control => {}
                Incoming::CloseReason(end) => return Some(end),
            }
            taken += 1;
            if taken == self.session.config().connection.max_batch {
                let _ = poll_fn(|cx| Poll::Ready(self.socket.poll_flush(cx))).await;
                tokio::task::yield_now().await;
                return None;
            }
            if !self.may_read() {
                return None;
            }
            next = match self.poll_incoming() {
                Poll::Ready(incoming) => incoming,
                Poll::Pending => return None,
            };
        }
    }

    /// Starts the queued requests that need not wait any longer.
    fn start_waiting(&mut self) -> Option<CloseReason> {
        while self.has_room_out()
            && let Some((request, outcome)) = self.requests.start_next()
        {
            if let Some(outcome) = outcome
                && let Some(end) = self.answer(request.answered(outcome))
            {
                return Some(end);
            }
        }
        None
    }

    /// Answers the unfinished requests when the shutdown timeout has elapsed.
    fn give_up(&mut self) {
        for (request, outcome) in self.requests.give_up() {
            let reply = request.unavailable(&self.session, outcome);
            self.answer(request.answered(reply));
        }
    }

    /// Refuses requests that have been read but not started, and stops reading.
    fn refuse_remaining(&mut self) -> Option<CloseReason> {
        self.is_draining = true;
        self.socket.pipe().stop_reading();
        let mut end = None;
        for request in self.requests.take_waiting() {
            let reply = request.unavailable(&self.session, Outcome::NotApplied);
            end = end.or(self.answer(request.answered(reply)));
        }
        let mut cx = Context::from_waker(Waker::noop());
        while let Poll::Ready(incoming) = self.socket.poll_incoming(&mut cx) {
            match incoming {
                Incoming::Text(text) => {
                    let answered = match Request::from_frame(&self.session, text) {
                        Ok(request) => {
                            let reply = request.unavailable(&self.session, Outcome::NotApplied);
                            request.into_answered(reply)
                        }
                        Err(refused) => refused.into(),
                    };
                    end = end.or(self.answer(answered));
                }
                Incoming::Control => {}
                Incoming::CloseReason(_) => break,
            }
        }
        end
    }

    fn send_hello(&mut self) {
        let app = &self.session.app;
        // An idempotency key belongs to an identity, as does everything that is not public.
        let admitted = app.policies.admit_to(&self.session.caller(), false);
        let hello = app.hello(admitted.is_ok());
        self.socket
            .push(|out| out.extend_from_slice(hello.as_bytes()));
    }

    /// Writes a reply, if the request expects one, and applies its effect on subscriptions.
    fn answer(&mut self, mut answered: Answered) -> Option<CloseReason> {
        let RequestOutcome { reply, change } = &mut answered.outcome;
        let begun = change.take().and_then(|change| self.apply(*change, reply));
        let max_reply = self.session.config().request.max_reply;
        let head = answered.head();
        if answered.bad || head.wants_reply() {
            self.socket
                .push(|out| reply::write(out, &head, &answered.outcome.reply, max_reply));
        }
        if let Some(subscription) = begun {
            self.subscriptions.begin(subscription);
            self.requests.lists_unsent = self.subscriptions.starting();
        }
        self.bad_frames += usize::from(answered.bad);
        (self.bad_frames >= self.session.config().connection.max_bad_frames)
            .then_some(CloseReason::ByUs(1008, "too many bad frames in a row"))
    }

    /// Applies what a request changes before its reply is written. Returns the subscription that
    /// begins after it.
    fn apply(
        &mut self,
        change: SubscriptionChange,
        reply: &mut Reply,
    ) -> Option<NewSubscription<SubscriptionScope>> {
        match change {
            SubscriptionChange::Begin(subscription) => return Some(*subscription),
            SubscriptionChange::End(ack_id) => self.subscriptions.end(&ack_id),
            SubscriptionChange::ReportPosition(head) => {
                self.deliver_events();
                let position = self.subscriptions.delivered_up_to(head);
                // The reply has the proof of `head` already.
                if position != head {
                    let at = self.session.app.broker.recent_position(position);
                    *reply = Ok(Done::bare(dispatch::position(&self.session, position, at)));
                }
            }
        }
        None
    }
}
