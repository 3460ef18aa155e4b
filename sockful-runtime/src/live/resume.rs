//! Resume tokens, which let a client continue a subscription on another connection.

use super::broker::Broker;
use super::live_query::LiveQuery;
use crate::core::error::Result;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Identifies the history of the store and the query, so that a later subscription is known to be
/// the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ResumeToken {
    /// The commit that the subscription began at.
    since: u64,
    /// Its tag, which differs from that of another commit with the same number.
    tag: u64,
    digest: u64,
}

impl Broker {
    /// The token of a subscription that begins at commit `since`. `context` must be the same when
    /// it is resumed.
    pub(crate) async fn resume_token(
        &self,
        query: &LiveQuery,
        since: u64,
        context: impl Hash,
    ) -> Result<ResumeToken> {
        Ok(ResumeToken {
            since,
            tag: self.tag(since).await.unwrap_or_default(),
            digest: self.digest(query, context),
        })
    }

    /// Whether the subscription of `token` can continue behind commit `seq` without a gap.
    pub(crate) async fn can_resume(
        &self,
        token: &str,
        seq: u64,
        query: &LiveQuery,
        context: impl Hash,
    ) -> Result<bool> {
        let Some(token) = ResumeToken::parse(token) else {
            return Ok(false);
        };
        if token.digest != self.digest(query, context) || seq < token.since {
            return Ok(false);
        }
        // After the history was rewound, another commit has the number.
        if self
            .tag(token.since)
            .await
            .is_some_and(|tag| tag != token.tag)
        {
            return Ok(false);
        }
        let is_there = seq <= self.store.head().await?;
        Ok(is_there && self.store.log(seq, 1).await.is_ok())
    }

    /// The tag of a commit, if the log still has it.
    async fn tag(&self, seq: u64) -> Option<u64> {
        let log = self.store.log(seq.checked_sub(1)?, 1).await.ok()?;
        log.first().map(|committed| committed.tag)
    }

    fn digest(&self, query: &LiveQuery, context: impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.store.epoch().hash(&mut hasher);
        query.resource.hash(&mut hasher);
        query.canonical().hash(&mut hasher);
        context.hash(&mut hasher);
        hasher.finish()
    }
}

impl ResumeToken {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut part = |radix| u64::from_str_radix(parts.next()?, radix).ok();
        let parsed = Self {
            since: part(10)?,
            tag: part(16)?,
            digest: part(16)?,
        };
        // Another spelling of the same numbers is not a token of this server.
        (parsed.to_string() == text).then_some(parsed)
    }
}

impl fmt::Display for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:x}-{:x}", self.since, self.tag, self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resume_token_parses_only_its_own_spelling() {
        let token = ResumeToken {
            since: 41,
            tag: u64::MAX,
            digest: 7,
        };
        let text = token.to_string();
        assert_eq!(ResumeToken::parse(&text), Some(token));
        for text in [
            "", "41", "41-1", "41-1-2-3", "+41-1-2", "041-1-2", "41-G-2", "41-A-2",
        ] {
            assert_eq!(ResumeToken::parse(text), None, "{text}");
        }
    }
}
