//! A subscription of a connection.

use super::delivery::Delivery;
use super::event_encoder::EventEncoder;
use super::subscription_handle::SubscriptionHandle;
use crate::query::{QueryFilter, ReadFilter};
use std::sync::Arc;

/// A subscription of a connection.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) handle: Arc<SubscriptionHandle>,
    pub(crate) encoder: EventEncoder,
    /// The records that did not fit into its reply.
    pub(crate) first: Delivery,
    pub(crate) request: SubscriptionRequest,
    pub(crate) access: SubscriptionAccess,
}

/// What a client subscribes to, independent of its identity.
#[derive(Clone, Debug)]
pub(crate) struct SubscriptionRequest {
    /// The resource's index in the list of served resources.
    pub(crate) resource: usize,
    pub(crate) filter: QueryFilter,
    /// For the children of a record: the index of its resource, and its id.
    pub(crate) parent: Option<(usize, Box<str>)>,
}

/// What the caller's identity allows it to read. Two subscriptions to the same with equal access
/// cause the same events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubscriptionAccess {
    /// The caller's key.
    pub(crate) caller: Option<Box<str>>,
    pub(crate) read_filter: ReadFilter,
    /// The read filter of the parent's resource.
    pub(crate) parent: Option<ReadFilter>,
}
