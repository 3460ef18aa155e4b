//! Conflict keys: the target of a request, which decides whether two requests may overlap.

use super::Request;
use super::request::Target;
use crate::engine::session::Session;
use crate::engine::table::ConflictScope;
use crate::model::key;

/// The records that a request addresses, and whether it writes them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ConflictKey {
    /// No specific record.
    None,
    /// One record, by its id.
    One {
        resource: usize,
        id: Box<str>,
        writes: bool,
    },
    /// Several records of a resource, for reading.
    Several { resource: usize },
    /// Any record, for writing.
    Everything,
    /// No later request starts before it is done. Earlier requests continue.
    Barrier,
    /// A subscription of the connection, by its `ack_id`.
    Subscription(Box<str>),
}

impl ConflictKey {
    pub(super) fn of(request: &Request, session: &Session) -> Self {
        match request.target.traits().conflicts {
            ConflictScope::None => Self::None,
            ConflictScope::Everything => Self::Everything,
            ConflictScope::Barrier => Self::Barrier,
            ConflictScope::Subscription => {
                Self::Subscription(request.head().ack().unwrap_or_default().into())
            }
            ConflictScope::NamedSubscription => {
                let given = request.payload.object().ok();
                let named = given.and_then(|given| given.take("subscription"));
                named.map_or(Self::None, |ack| Self::Subscription(ack.into()))
            }
            ConflictScope::Record { writes } => Self::record(request, session, writes),
        }
    }

    fn record(request: &Request, session: &Session, writes: bool) -> Self {
        let (Target::Route(route), Ok(given)) = (request.target, request.payload.object()) else {
            return Self::None;
        };
        let model = session.app.model(route.resource);
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
