//! The events that changes of records cause for a subscription.

/// How a change of a record affects the set of records that match a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// It entered the set.
    Created,
    /// It was in the set and still is.
    Updated,
    /// It was in the set and was destroyed.
    Destroyed,
    /// It was in the set and no longer matches.
    Left,
}

/// An event of a commit, by the position of its cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventRef {
    /// The change at this position.
    Changed(ChangeKind, usize),
    /// The declared event at this position among the emitted ones.
    Emitted(usize),
}
