//! The subscriptions of one connection: whose turn it is to be told, and what.

mod telling;

use super::socket::Socket;
use crate::core::error::Result;
use crate::dispatch;
use crate::engine::session::Session;
use crate::live::{
    Delivery, InitialResult, NextEvents, SortedVecMap, Subscription, SubscriptionAccess,
    SubscriptionHandle, TransientEvent,
};
use futures_util::FutureExt;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use telling::{CatchingUp, Caught, Kept, Telling};
use tokio::io::{AsyncRead, AsyncWrite};

/// Tells subscriptions what they wait for, in turn, one frame at a time.
pub(super) struct Live {
    session: Arc<Session>,
    subscriptions: SortedVecMap<Kept>,
    /// Who the subscriptions were judged for, by the number of the identity.
    turn: u64,
    /// Whether there ever was one.
    is_used: bool,
    /// Those that have not been told all of what they begin with.
    starting: VecDeque<Telling>,
    /// Events that are in no commit.
    unlogged: VecDeque<TransientEvent>,
    /// Those that have something to be told.
    ready: VecDeque<u64>,
    /// What is being told.
    current: Option<Telling>,
    /// Those that must catch up, and the one that does.
    behind: VecDeque<u64>,
    catching_up: Option<CatchingUp>,
}

impl Live {
    pub(super) fn new(session: Arc<Session>) -> Self {
        Self {
            turn: session.identity().generation(),
            session,
            subscriptions: SortedVecMap::new(),
            is_used: false,
            starting: VecDeque::new(),
            unlogged: VecDeque::new(),
            ready: VecDeque::new(),
            current: None,
            behind: VecDeque::new(),
            catching_up: None,
        }
    }

    /// Begins a subscription, whose reply is written.
    pub(super) fn begin(&mut self, mut subscription: Subscription, seq: u64) {
        let id = subscription.handle.id();
        let nothing = Delivery::remaining(VecDeque::new(), seq);
        let first = std::mem::replace(&mut subscription.first, nothing);
        let is_stale = self.is_stale(&subscription);
        let kept = Kept {
            subscription,
            is_stale,
        };
        self.subscriptions.insert(id, kept);
        self.is_used = true;
        if is_stale {
            self.behind.push_back(id);
        } else if first.is_done() {
            // Something may have come while the reply was made.
            self.ready.push_back(id);
        } else {
            self.starting.push_back(Telling {
                id,
                from: seq.saturating_sub(1),
                delivery: first,
                more: true,
            });
        }
    }

    /// Ends the subscription of this `ack_id`: nothing more of it is told.
    pub(super) fn end(&mut self, ack: &str) {
        let is_meant = |kept: &Kept| &*kept.subscription.encoder.ack_id.ack_id == ack;
        let ended = self.subscriptions.iter().find(|(_, it)| is_meant(it));
        let id = ended.map(|(id, _)| id);
        if let Some(id) = id {
            self.remove(id);
        }
    }

    /// Looks at all of them again, where the client has become somebody else: whoever is told
    /// something else now begins anew, and is told nothing before.
    pub(super) fn review(&mut self) {
        self.turn = self.session.identity().generation();
        let stale = self.subscriptions.iter();
        let stale = stale.filter(|(_, kept)| kept.is_stale || self.is_stale(&kept.subscription));
        let stale: Vec<_> = stale.map(|(id, _)| id).collect();
        for &id in &stale {
            self.drop_untold(id);
            self.behind.push_back(id);
            if let Some(kept) = self.subscriptions.get_mut(id) {
                kept.is_stale = true;
            }
        }
    }

    /// Whether the client would be told something else by now.
    fn is_stale(&self, subscription: &Subscription) -> bool {
        let seen = dispatch::seen(&self.session.context(0), &subscription.request);
        !seen.is_ok_and(|seen| seen == subscription.access)
    }

    /// How many subscriptions have not been told all of what they begin with.
    pub(super) fn starting(&self) -> usize {
        self.starting.len()
    }

    /// Waits until there is something to be told.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_used {
            return Poll::Pending;
        }
        // Whoever has something to tell is asked again before anybody waits.
        let _ = self
            .session
            .subscriptions
            .poll_ready(cx, &mut self.ready, &mut self.unlogged);
        if self.current.is_none() {
            self.poll_catching_up(cx);
        }
        let has_some = self.current.is_some()
            || !self.starting.is_empty()
            || !self.unlogged.is_empty()
            || !self.ready.is_empty();
        if has_some {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn poll_catching_up(&mut self, cx: &mut Context<'_>) {
        while self.catching_up.is_none()
            && let Some(id) = self.behind.pop_front()
        {
            let Some(Kept {
                subscription,
                is_stale,
            }) = self.subscriptions.get(id)
            else {
                continue;
            };
            let member = subscription.handle.clone();
            let from = member.pending_position().unwrap_or_default();
            let future = if *is_stale {
                let (session, asked) = (self.session.clone(), subscription.request.clone());
                async move { Caught::Anew(dispatch::begin_anew(&session, &asked).await) }.boxed()
            } else {
                async move { Caught::Missed(member.catch_up().await) }.boxed()
            };
            self.catching_up = Some(CatchingUp { id, from, future });
        }
        if let Some(CatchingUp { id, from, future }) = &mut self.catching_up
            && let Poll::Ready(caught) = future.poll_unpin(cx)
        {
            let (id, from) = (*id, *from);
            self.catching_up = None;
            self.current = match caught {
                Caught::Missed(delivery) => Some(Telling {
                    id,
                    from,
                    delivery,
                    more: true,
                }),
                Caught::Anew(begun) => self.begun_anew(id, from, begun),
            };
        }
    }

    /// What a subscription is told that has begun anew, or could not.
    fn begun_anew(
        &mut self,
        id: u64,
        from: u64,
        begun: Result<(SubscriptionHandle, SubscriptionAccess, InitialResult)>,
    ) -> Option<Telling> {
        let mut kept = self.subscriptions.remove(id)?;
        let (id, delivery) = match begun {
            Ok((member, seen, whole)) => {
                kept.subscription.handle = Arc::new(member);
                kept.subscription.access = seen;
                kept.is_stale = false;
                let id = kept.subscription.handle.id();
                (id, Delivery::reset(whole))
            }
            Err(error) => (id, kept.subscription.handle.ended(error)),
        };
        self.subscriptions.insert(id, kept);
        Some(Telling {
            id,
            from,
            delivery,
            more: true,
        })
    }

    /// Writes the next frame behind what waits to be sent; `false` where there is none.
    pub(super) fn tell<S>(&mut self, socket: &mut Socket<S>) -> bool
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        while !self.has_current() {
            let Some(id) = self.ready.pop_front() else {
                return false;
            };
            // What has been missed comes before what is new, and asks again when it is told.
            if self.is_catching_up(id) {
                continue;
            }
            let Some(kept) = self.subscriptions.get(id) else {
                continue;
            };
            match kept.subscription.handle.take() {
                NextEvents::Nothing => {}
                NextEvents::Behind => self.behind.push_back(id),
                NextEvents::Commits { matches, more } => {
                    self.current = Some(Telling {
                        id,
                        from: matches.first().map_or(0, |hit| hit.committed.seq - 1),
                        delivery: Delivery::commits(matches),
                        more,
                    });
                }
            }
        }
        // What was taken may have come after it became somebody else.
        if self.turn != self.session.identity().generation() {
            self.review();
        } else if let Some(Telling { id, delivery, .. }) = &mut self.current
            && let Some(kept) = self.subscriptions.get(*id)
        {
            socket.push(|out| delivery.write(&kept.subscription.encoder, out));
        }
        true
    }

    /// Up to which commit, `head` at most, all of them have been told everything.
    pub(super) fn told_up_to(&self, head: u64) -> u64 {
        let telling = self.current.iter().chain(&self.starting);
        let telling = telling.map(Telling::told_up_to);
        let catching_up = self.catching_up.iter().map(|it| it.from);
        let members = self
            .subscriptions
            .iter()
            .map(|(_, it)| &it.subscription.handle);
        let waiting = members.filter_map(|member| member.pending_position());
        let all = telling.chain(catching_up).chain(waiting);
        all.fold(head, u64::min)
    }

    /// Whether something is being told, or can be at once.
    fn has_current(&mut self) -> bool {
        if self
            .current
            .as_ref()
            .is_some_and(|it| !it.delivery.is_done())
        {
            return true;
        }
        let next = self.starting.pop_front().or_else(|| self.next_unlogged());
        match std::mem::replace(&mut self.current, next) {
            Some(Telling {
                id,
                delivery: Delivery::Ended { .. },
                ..
            }) => self.remove(id),
            // There is more of it, but others come first.
            Some(Telling { id, more: true, .. }) => self.ready.push_back(id),
            _ => {}
        }
        self.current.is_some()
    }

    fn is_catching_up(&self, id: u64) -> bool {
        let now = self.catching_up.as_ref().map(|it| it.id);
        now == Some(id) || self.behind.contains(&id)
    }

    fn next_unlogged(&mut self) -> Option<Telling> {
        while let Some((id, event)) = self.unlogged.pop_front() {
            if self.subscriptions.get(id).is_some_and(|it| !it.is_stale) {
                return Some(Telling {
                    id,
                    from: u64::MAX,
                    delivery: Delivery::Transient(Some(event)),
                    more: false,
                });
            }
        }
        None
    }

    fn remove(&mut self, id: u64) {
        self.subscriptions.remove(id);
        self.drop_untold(id);
    }

    /// Drops whatever one has still to be told.
    fn drop_untold(&mut self, id: u64) {
        self.current.take_if(|telling| telling.id == id);
        self.starting.retain(|telling| telling.id != id);
        self.behind.retain(|&behind| behind != id);
        self.catching_up.take_if(|it| it.id == id);
    }
}
