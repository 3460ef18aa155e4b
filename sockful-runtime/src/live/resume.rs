//! Positions and resume tokens, by which a client continues a subscription on another connection.

use super::broker::Broker;
use super::live_query::LiveQuery;
use crate::core::error::Result;
use crate::protocol::position::PositionProof;
use futures_util::FutureExt;
use futures_util::future::Either;
use std::fmt;
use std::hash::Hash;

/// Separates resume tokens from other values that are authenticated with the secret of the store.
const RESUME: &[u8; 24] = b"sockful resume token v1\0";

/// Identifies the query of a subscription and the commit that it began at, so that a later
/// subscription can be recognized as the same one. Clients cannot forge it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ResumeToken {
    since: u64,
    proof: PositionProof,
}

/// The request of a client to continue a subscription.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResumeRequest<'a> {
    pub(crate) token: &'a str,
    /// The last commit that the client received.
    pub(crate) seq: u64,
    /// The proof of this position. Clients of older servers do not send it.
    pub(crate) at: Option<&'a str>,
}

impl Broker {
    /// The token of a subscription that begins at commit `since`. `context` must be the same when
    /// it is resumed.
    pub(crate) fn resume_token(
        &self,
        query: &LiveQuery,
        since: u64,
        context: impl Hash,
    ) -> ResumeToken {
        let (epoch, canonical) = (self.store.epoch(), query.canonical());
        let bound = (since, epoch, query.resource, canonical, context);
        ResumeToken {
            since,
            proof: self.positions.value(RESUME, bound),
        }
    }

    /// Whether a subscription can continue at the position of `request` without a gap. Returns the proof
    /// of the position if so.
    ///
    /// The log decides: the commit at this position must be the one that the client received. It is
    /// a different one if the file was replaced by a copy or rolled back.
    pub(crate) async fn can_resume(
        &self,
        request: ResumeRequest<'_>,
        query: &LiveQuery,
        context: impl Hash,
    ) -> Result<Option<PositionProof>> {
        let ResumeRequest { token, seq, at } = request;
        let since = ResumeToken::since(token).filter(|since| *since <= seq);
        let (Some(since), Some(at)) = (since, at) else {
            return Ok(None);
        };
        let own = self.resume_token(query, since, context);
        if !own.is(token) || seq > self.store.head().await? {
            return Ok(None);
        }
        let position = self.position(seq).await;
        let position = position.filter(|position| position.is(at));
        let reaches = position.is_some() && self.store.log(seq, 1).await.is_ok();
        Ok(position.filter(|_| reaches))
    }

    /// The proof of the position after commit `seq`, if the log still has this commit.
    pub(crate) async fn position(&self, seq: u64) -> Option<PositionProof> {
        let Some(before) = seq.checked_sub(1) else {
            return Some(self.positions.position(0, 0));
        };
        note_log_read();
        let log = self.store.log(before, 1).await.ok()?;
        let committed = log.first().filter(|committed| committed.seq == seq)?;
        Some(committed.proof(&self.positions))
    }

    /// Returns the same proof if this commit is in memory.
    pub(crate) fn recent_position(&self, seq: u64) -> Option<PositionProof> {
        let committed = self.state().recent.get(seq).cloned();
        if let Some(committed) = committed {
            return Some(committed.proof(&self.positions));
        }
        let Some(before) = seq.checked_sub(1) else {
            return Some(self.positions.position(0, 0));
        };
        note_log_read();
        let Either::Left(log) = self.store.log(before, 1) else {
            return None;
        };
        let log = log.now_or_never()?.ok()?;
        let committed = log.first().filter(|committed| committed.seq == seq)?;
        Some(committed.proof(&self.positions))
    }
}

#[cfg(test)]
thread_local! {
    /// How often the log was read to prove a position.
    pub(crate) static LOG_READS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn note_log_read() {
    #[cfg(test)]
    LOG_READS.set(LOG_READS.get() + 1);
}

impl ResumeToken {
    /// The commit that the subscription of a token began at, as stated in the token.
    fn since(token: &str) -> Option<u64> {
        token.split_once('-')?.0.parse().ok()
    }

    /// Whether `token`, as sent by a client, is this token. Other spellings do not match.
    fn is(&self, token: &str) -> bool {
        let since = self.since.to_string();
        let proof = token
            .strip_prefix(&*since)
            .and_then(|it| it.strip_prefix('-'));
        proof.is_some_and(|proof| self.proof.is(proof))
    }
}

impl fmt::Display for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.since, self.proof.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::position::PositionKey;

    #[test]
    fn resume_token_rejects_other_spellings() {
        let key = PositionKey::new([7; 32]);
        let token = ResumeToken {
            since: 41,
            proof: key.value(RESUME, 41_u64),
        };
        let text = token.to_string();
        assert_eq!(ResumeToken::since(&text), Some(41));
        assert!(token.is(&text));
        let proof = token.proof.as_str();
        for text in [
            String::new(),
            "41".to_owned(),
            "41-".to_owned(),
            format!("041-{proof}"),
            format!("+41-{proof}"),
            format!("40-{proof}"),
            format!("{text}-"),
            text.to_lowercase() + "A",
        ] {
            assert!(!token.is(&text), "{text}");
        }
    }
}
