//! Which records a request addresses: what decides whether two requests may overlap.

use crate::core::json::object::Object;
use crate::engine::call::method::Takes;
use crate::engine::table::{Action, CoreAction, Route};
use crate::model::definition::Relation;
use crate::model::key;
use crate::model::resource_model::Model;

/// The records that a request addresses, and whether it writes them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// None in particular.
    None,
    /// One, by its id.
    One {
        resource: usize,
        id: Box<str>,
        writes: bool,
    },
    /// Several of a resource, to be read.
    Several { resource: usize },
    /// Any, to be written.
    Everything,
    /// Nothing after it begins before it is done; what began before goes on.
    Barrier,
    /// A subscription of the connection, by its `ack_id`.
    Subscription(Box<str>),
}

impl Address {
    pub(super) fn of(model: &Model, route: &Route, payload: &str, ack: Option<&str>) -> Self {
        let writes = match route.action {
            Action::CoreAction(CoreAction::Find | CoreAction::Count)
            | Action::Relation(Relation::List | Relation::By, _) => return Self::None,
            Action::CoreAction(CoreAction::Subscribe)
            | Action::Relation(Relation::Subscribe, _) => {
                return Self::Subscription(ack.unwrap_or_default().into());
            }
            Action::CoreAction(CoreAction::Unsubscribe) => {
                let outcome = Object::parse(payload).ok();
                let outcome = outcome.and_then(|given| given.take("subscription"));
                return outcome.map_or(Self::None, |ack| Self::Subscription(ack.into()));
            }
            Action::Relation(relation, _) => relation.core() != "get",
            Action::CoreAction(CoreAction::Get) => false,
            Action::CoreAction(
                CoreAction::Create | CoreAction::Update | CoreAction::Save | CoreAction::Destroy,
            ) => true,
            Action::Remote(remote) if remote.takes == Takes::Nothing => return Self::None,
            Action::Remote(remote) => remote.takes == Takes::Mut,
        };
        let Ok(given) = Object::parse(payload) else {
            return Self::None;
        };
        let resource = model.index;
        match given.take(model.id_name()) {
            Some(raw) if raw.starts_with('[') => Self::Several { resource },
            Some(raw) => {
                key::canonical(raw, model.definition.key).map_or(Self::None, |id| Self::One {
                    resource,
                    id: id.into(),
                    writes,
                })
            }
            None => Self::None,
        }
    }

    /// Whether two requests of one connection must run one after the other.
    pub(crate) fn conflicts_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Barrier, _) => true,
            (_, Self::Barrier) => false,
            (
                Self::One {
                    resource,
                    id,
                    writes,
                },
                Self::One {
                    resource: other_resource,
                    id: other_id,
                    writes: other_writes,
                },
            ) => (*writes || *other_writes) && resource == other_resource && id == other_id,
            (
                Self::One {
                    resource, writes, ..
                },
                Self::Several { resource: several },
            )
            | (
                Self::Several { resource: several },
                Self::One {
                    resource, writes, ..
                },
            ) => *writes && resource == several,
            (Self::Subscription(one), Self::Subscription(other)) => one == other,
            (Self::Everything, other) | (other, Self::Everything) => {
                !matches!(other, Self::None | Self::Subscription(_))
            }
            _ => false,
        }
    }
}
