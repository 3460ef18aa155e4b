//! What is remembered of a request that took effect, so that a retry of it is answered and not run.

pub(crate) mod index;

use crate::model::record::Record;
use std::sync::Arc;
use uuid::Uuid;

/// What a retry of the request will be told, given to the store with the commit that the request
/// makes and kept in the same step.
#[derive(Clone, Debug)]
pub struct Completion {
    /// Who asked; empty for callers without an identity, who are one in this.
    pub caller: Arc<str>,
    /// The request's `key`.
    pub key: Uuid,
    /// What tells the request from another with the same key.
    pub fingerprint: u128,
    /// When it is committed, in milliseconds since 1970 by the server's clock.
    pub at: u64,
    /// The result that is reported to the caller.
    pub report: Report,
}

/// A result, before the commit that it reports has a number.
///
/// A position is that of an operation in the commit. It stands for the operation's record as it is
/// after the commit, or as it was where the commit removes it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Report {
    /// The record at this position, as it may be sent, and its resource's place in the served list.
    Record(usize, usize),
    /// Something else.
    Json {
        /// The result, as JSON.
        json: Arc<str>,
        /// The position of the record whose revision stands beside it.
        about: Option<usize>,
    },
    /// A list of these, none of which is a list itself.
    List(Vec<Self>),
}

/// A request that took effect, as a store remembers it.
#[derive(Clone, Debug)]
pub struct Completed {
    /// What tells the request from another with the same key.
    pub fingerprint: u128,
    /// The number of the commit that it made.
    pub seq: u64,
    /// The revision that was reported, where one was.
    pub rev: Option<u64>,
    /// The result that was reported.
    pub reported: Reported,
}

/// A result that was reported.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Reported {
    /// The record of the resource at this place in the served list, as it may be sent.
    Record(usize, Arc<Record>),
    /// This JSON.
    Json(Arc<str>),
    /// A list of these.
    List(Vec<Self>),
}

/// What a store knows of a request by its key.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// It took effect.
    Completed(Completed),
    /// It did not: it surely would be remembered.
    Unknown,
    /// It may have taken effect: what is as old is no longer remembered.
    Forgotten,
}

impl Completion {
    /// The positions of the operations whose records are reported, or whose revisions are.
    pub fn about(&self) -> Vec<usize> {
        self.report.about()
    }
}

impl Report {
    fn about(&self) -> Vec<usize> {
        match self {
            Self::Record(at, _) => vec![*at],
            Self::Json { about, .. } => about.iter().copied().collect(),
            Self::List(list) => list.iter().flat_map(Self::about).collect(),
        }
    }

    /// What was reported, and the revision beside it; `about` gives the record of each position.
    fn reported(
        &self,
        about: &mut impl Iterator<Item = Arc<Record>>,
    ) -> Option<(Reported, Option<u64>)> {
        Some(match self {
            Self::Record(_, resource) => {
                let record = about.next()?;
                let rev = record.shown_rev();
                (Reported::Record(*resource, record), rev)
            }
            Self::Json { json, about: at } => {
                let record = at.and_then(|_| about.next());
                let rev = record.and_then(|record| record.shown_rev());
                (Reported::Json(Arc::clone(json)), rev)
            }
            Self::List(list) => {
                let each = list.iter().map(|one| Some(one.reported(about)?.0));
                (Reported::List(each.collect::<Option<_>>()?), None)
            }
        })
    }
}

impl Completed {
    /// Makes what is remembered of a commit's completion out of the records that it is
    /// [about](Completion::about).
    pub fn new(
        completion: &Completion,
        seq: u64,
        about: impl IntoIterator<Item = Arc<Record>>,
    ) -> Option<Self> {
        let (reported, rev) = completion.report.reported(&mut about.into_iter())?;
        Some(Self {
            fingerprint: completion.fingerprint,
            seq,
            rev,
            reported,
        })
    }

    /// How much memory it keeps alive, about, in bytes.
    pub fn weight(&self) -> usize {
        self.reported.weight()
    }
}

impl Reported {
    fn weight(&self) -> usize {
        match self {
            Self::Record(_, record) => record.weight(),
            Self::Json(json) => json.len(),
            Self::List(list) => list.iter().map(Self::weight).sum(),
        }
    }
}

/// The time that a `UUIDv7` was made at, in milliseconds since 1970.
pub(crate) fn time(key: Uuid) -> u64 {
    let (most, _) = key.as_u64_pair();
    most >> 16
}
