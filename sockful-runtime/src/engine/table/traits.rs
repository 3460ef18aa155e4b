//! The properties of actions that dispatch depends on, as part of the constant routes.

use super::{Action, CoreAction};
use crate::engine::call::method::Receiver;
use crate::model::definition::Relation;

/// The properties of an action that dispatch needs before it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent property of an action"
)]
pub struct ActionTraits {
    /// Whether it changes or removes an existing record: the option `if_rev` is allowed.
    pub changes_record: bool,
    /// Whether it may have an effect that a retry must not repeat: the option `key` is allowed.
    pub takes_key: bool,
    /// Whether it may read many records: a connection may run a limited number of such requests at
    /// a time.
    pub is_list: bool,
    /// Whether it continues after its reply, under the request's `ack_id`.
    pub is_streaming: bool,
    /// How many requests it counts as.
    pub cost: Cost,
    /// Which requests of the same connection it must not overlap with.
    pub conflicts: ConflictScope,
}

/// The cost of an action in requests, for the caller's rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// One: it reads or writes one record by its id.
    One,
    /// Several: it may read many records, or runs application code.
    Many,
    /// One for a single id, several for a list of ids.
    ByIds,
    /// One for each write that it lists.
    ByWrites,
}

/// The target of a request, which decides whether two requests of a connection may overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictScope {
    /// No specific record.
    None,
    /// The record, or the records, whose id is in the payload.
    Record {
        /// Whether it may change the record.
        writes: bool,
    },
    /// The subscription with the request's own `ack_id`.
    Subscription,
    /// The subscription that the payload refers to.
    NamedSubscription,
    /// Any record, for writing.
    Everything,
    /// Everything: no later request starts before it is done.
    Barrier,
}

impl ActionTraits {
    /// An action that reads one record.
    pub(crate) const READ: Self = Self {
        changes_record: false,
        takes_key: false,
        is_list: false,
        is_streaming: false,
        cost: Cost::One,
        conflicts: ConflictScope::Record { writes: false },
    };

    /// An action that addresses no record.
    pub(crate) const PLAIN: Self = Self {
        conflicts: ConflictScope::None,
        ..Self::READ
    };

    const WRITE: Self = Self {
        changes_record: true,
        takes_key: true,
        conflicts: ConflictScope::Record { writes: true },
        ..Self::READ
    };

    const LIST: Self = Self {
        is_list: true,
        cost: Cost::Many,
        ..Self::PLAIN
    };
}

impl Action {
    /// The properties of this action.
    pub(crate) const fn traits(self) -> ActionTraits {
        match self {
            Self::Core(action) => action.traits(),
            Self::Remote(remote) => ActionTraits {
                changes_record: matches!(remote.receiver, Receiver::Mut),
                takes_key: true,
                cost: Cost::Many,
                conflicts: match remote.receiver {
                    Receiver::None => ConflictScope::None,
                    Receiver::Ref => ConflictScope::Record { writes: false },
                    Receiver::Mut => ConflictScope::Record { writes: true },
                },
                ..ActionTraits::READ
            },
            Self::Relation(relation, _) => relation_traits(relation),
        }
    }
}

impl CoreAction {
    const fn traits(self) -> ActionTraits {
        match self {
            Self::Create => ActionTraits {
                changes_record: false,
                ..ActionTraits::WRITE
            },
            Self::Update | Self::Save | Self::Destroy => ActionTraits::WRITE,
            Self::Get => ActionTraits {
                cost: Cost::ByIds,
                ..ActionTraits::READ
            },
            Self::Find | Self::Count => ActionTraits::LIST,
            Self::Subscribe => ActionTraits {
                is_streaming: true,
                conflicts: ConflictScope::Subscription,
                ..ActionTraits::LIST
            },
            Self::Unsubscribe => ActionTraits {
                conflicts: ConflictScope::NamedSubscription,
                ..ActionTraits::PLAIN
            },
        }
    }
}

/// The properties of the core action that a relation's route maps to.
const fn relation_traits(relation: Relation) -> ActionTraits {
    match relation {
        Relation::Parent | Relation::Get => ActionTraits::READ,
        Relation::By | Relation::List => CoreAction::Find.traits(),
        Relation::Create => CoreAction::Create.traits(),
        Relation::Update => CoreAction::Update.traits(),
        Relation::Destroy => CoreAction::Destroy.traits(),
        Relation::Subscribe => CoreAction::Subscribe.traits(),
    }
}
