//! An event that will be part of a commit, or will be sent to the current subscribers.

use crate::store::commit::Operation;

/// An event of a record, with its data as JSON.
#[derive(Clone, Debug)]
pub(crate) struct Emission {
    pub(crate) resource: usize,
    pub(crate) id: Box<str>,
    pub(crate) event: usize,
    pub(crate) data: Box<str>,
}

impl Emission {
    /// Converts the event into an operation of a commit.
    pub(crate) fn operation(self) -> Operation {
        let Self {
            resource,
            id,
            event,
            data,
        } = self;
        Operation::Emit {
            resource,
            id,
            event,
            data,
        }
    }
}
