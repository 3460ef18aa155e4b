//! The number of records of a live count.

use super::change_kind::{ChangeKind, EventRef};

/// The number of records of a group, and the newest commit that changed it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GroupCount {
    /// `None` until it is read from the store.
    pub(super) count: Option<usize>,
    pub(super) changed: u64,
}

impl GroupCount {
    /// Applies the events of a commit. Returns whether the count changes.
    pub(super) fn apply(&mut self, seq: u64, events: &[EventRef]) -> bool {
        let Some(count) = self.count else {
            return false;
        };
        let after = change_count(count, events);
        if after == count {
            return false;
        }
        (self.count, self.changed) = (Some(after), seq);
        true
    }
}

/// The number of records after a commit with these events.
pub(super) fn change_count(count: usize, events: &[EventRef]) -> usize {
    events.iter().fold(count, |count, event| match event {
        EventRef::Changed(ChangeKind::Created, _) => count + 1,
        EventRef::Changed(ChangeKind::Destroyed | ChangeKind::Left, _) => count.saturating_sub(1),
        EventRef::Changed(ChangeKind::Updated, _) | EventRef::Emitted(_) => count,
    })
}
