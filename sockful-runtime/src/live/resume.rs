//! What lets a subscription go on where it was: a token that the client gives back.

use super::{Hub, Interest};
use crate::core::error::Result;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Names a history and what was asked of it, so that a later subscription is known to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resume {
    /// The commit that the subscription began at.
    since: u64,
    /// Its tag, which no other commit of its number has.
    tag: u64,
    digest: u64,
}

impl Hub {
    /// The token of a subscription that begins at commit `since`; `more` is what else must be the
    /// same for it to be resumed.
    pub(crate) async fn token(
        &self,
        interest: &Interest,
        since: u64,
        more: impl Hash,
    ) -> Result<Resume> {
        Ok(Resume {
            since,
            tag: self.tag(since).await.unwrap_or_default(),
            digest: self.digest(interest, more),
        })
    }

    /// Whether what a token was given for can go on behind commit `seq` as if it had never ended.
    pub(crate) async fn resumes(
        &self,
        token: &str,
        seq: u64,
        interest: &Interest,
        more: impl Hash,
    ) -> Result<bool> {
        let Some(token) = Resume::parse(token) else {
            return Ok(false);
        };
        if token.digest != self.digest(interest, more) || seq < token.since {
            return Ok(false);
        }
        // Of a history that was rewound another commit has the number.
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

    fn digest(&self, interest: &Interest, more: impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.store.epoch().hash(&mut hasher);
        interest.resource.hash(&mut hasher);
        interest.canonical().hash(&mut hasher);
        more.hash(&mut hasher);
        hasher.finish()
    }
}

impl Resume {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut part = |radix| u64::from_str_radix(parts.next()?, radix).ok();
        let resume = Self {
            since: part(10)?,
            tag: part(16)?,
            digest: part(16)?,
        };
        // However else it may be spelt, it is not what was given.
        (resume.to_string() == text).then_some(resume)
    }
}

impl fmt::Display for Resume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:x}-{:x}", self.since, self.tag, self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_in_no_other_spelling() {
        let resume = Resume {
            since: 41,
            tag: u64::MAX,
            digest: 7,
        };
        let text = resume.to_string();
        assert_eq!(Resume::parse(&text), Some(resume));
        for text in [
            "", "41", "41-1", "41-1-2-3", "+41-1-2", "041-1-2", "41-G-2", "41-A-2",
        ] {
            assert_eq!(Resume::parse(text), None, "{text}");
        }
    }
}
