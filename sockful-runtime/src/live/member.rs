//! A subscription's place in the hub: how it takes what comes next, and catches up.

use super::replay::Replay;
use super::{Delivery, Hub, Interest, Next, PAGE, State, Whole};
use crate::core::error::{Error, ErrorKind, Result};
use crate::store::Expired;
use std::sync::Arc;

/// How many commits a subscription is handed at once: as many are held for one that takes no more.
const AT_ONCE: usize = 32;

/// A subscription's place in the hub.
#[derive(Debug)]
pub(crate) struct Member {
    pub(super) hub: Arc<Hub>,
    pub(crate) interest: Arc<Interest>,
    pub(super) group: u64,
    pub(super) id: u64,
    /// The newest commit of which it was not told because it was not there yet.
    pub(super) joined: u64,
}

impl Member {
    /// Its number, which no other subscription of this server has.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// All records that are of interest, which it is told of from then on.
    pub(crate) async fn whole(&self) -> Result<Whole> {
        let whole = self.hub.whole(&self.interest).await?;
        self.start_at(whole.seq);
        Ok(whole)
    }

    /// Sets what the subscriber has been told of already: everything up to commit `seq`.
    pub(crate) fn start_at(&self, seq: u64) {
        let (most, is_before) = (self.hub.limits.fold_after, seq < self.joined);
        if let Some(group) = self.hub.state().groups.group(self.group) {
            group.start_at(self.id, seq, is_before, most);
        }
    }

    /// Up to which commit it has taken everything, where there is something that it has not.
    pub(crate) fn waits_at(&self) -> Option<u64> {
        self.hub.state().groups.group(self.group)?.waits_at(self.id)
    }

    /// Takes what comes next.
    pub(crate) fn take(&self) -> Next {
        let mut state = self.hub.state();
        let State { recent, groups, .. } = &mut *state;
        let most = self.hub.limits.fold_after;
        let group = groups.group(self.group);
        group.map_or(Next::Nothing, |group| {
            group.next(self.id, most, AT_ONCE, recent)
        })
    }

    /// Makes up for what it has missed, up to now: commit by commit where that is little, all at
    /// once where it is much, and from the beginning where the log does not reach back or is too
    /// long. Where it can't go on it ends.
    pub(crate) async fn catch_up(&self) -> Delivery {
        let hub = &*self.hub;
        let (from, head, recent) = {
            let mut state = hub.state();
            let head = state.recent.head();
            let group = state.groups.group(self.group);
            let from = group.map_or(head, |group| group.jump(self.id, head));
            (from, head, state.recent.after(from, usize::MAX))
        };
        let replay = Replay::new(self.interest.clone(), hub.limits.fold_after);
        let made = match recent {
            Ok(recent) => replay.all(recent, head).await,
            Err(Expired) => self.replay_log(replay, from, head).await,
        };
        made.unwrap_or_else(|error| self.ended(error))
    }

    /// The end of it, and why.
    pub(crate) fn ended(&self, mut error: Error) -> Delivery {
        if error.kind() == ErrorKind::Internal {
            let (id, cause) = error.tell_id();
            tracing::error!(%id, cause, "a subscription ended");
        }
        let head = self.hub.state().recent.head();
        Delivery::ended(error, head)
    }

    async fn replay_log(&self, mut replay: Replay, from: u64, head: u64) -> Result<Delivery> {
        let hub = &*self.hub;
        let is_far =
            usize::try_from(head - from).map_or(true, |missed| missed > hub.limits.replayed);
        if is_far {
            return Ok(Delivery::anew(self.whole().await?));
        }
        let mut at = from;
        while at < head {
            let page = hub.store.log(at, PAGE).await.unwrap_or_default();
            // Where the log does not reach back, and where there is as much to tell of as from the beginning.
            let (Some(last), true) = (page.last(), replay.len() <= hub.limits.records) else {
                return Ok(Delivery::anew(self.whole().await?));
            };
            at = last.seq;
            replay.add(page.into_iter().filter(|it| it.seq <= head));
            tokio::task::yield_now().await;
        }
        Ok(replay.finish(head))
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.hub.state().groups.leave(self.group, self.id);
    }
}
