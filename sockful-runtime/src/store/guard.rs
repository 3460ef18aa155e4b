//! Guards: the lists that a call has read and that its commit depends on.

use crate::model::record::Record;
use crate::query::{Cursor, QueryFilter, QueryOrder};

/// A list or a count that a call has read, and that must not change before the call commits.
///
/// The commit is [rejected](crate::store::commit::Rejected::GuardFailed) if a commit after `read_seq`
/// changed a record of the resource that is in the guarded part of the list before or after the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The index of the resource in the served list.
    pub resource: usize,
    /// The conditions of the list.
    pub filter: QueryFilter,
    /// The part of the list that was read; `None` for all of it.
    pub range: Option<GuardedRange>,
    /// The number of the newest commit in the list.
    pub read_seq: u64,
}

/// A part of an ordered list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardedRange {
    /// The order of the list.
    pub order: Vec<QueryOrder>,
    /// The position after which the part begins; `None` for the start of the list.
    pub after: Option<Cursor>,
    /// The last position of the part; `None` for the end of the list.
    pub last: Option<Cursor>,
}

impl Guard {
    /// Returns whether the record is in the guarded part of the list.
    pub(super) fn covers(&self, record: &Record) -> bool {
        let is_in_range = |range: &GuardedRange| {
            let (after, last) = (range.after.as_ref(), range.last.as_ref());
            after.is_none_or(|it| it.compare(&range.order, record).is_gt())
                && last.is_none_or(|it| it.compare(&range.order, record).is_le())
        };
        self.filter.matches(record) && self.range.as_ref().is_none_or(is_in_range)
    }
}
