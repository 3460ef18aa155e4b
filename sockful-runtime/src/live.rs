//! Live subscriptions: which commits concern them, and what their connections are sent.
//!
//! One task reads the store's log and evaluates each commit once for all subscriptions of equal
//! queries. A subscription is a position in the log: a client that reads slowly costs no memory, and
//! the commits that it missed are read from the recent commits in memory or from the log.

mod broker;
mod change_kind;
mod connection_subscriptions;
mod delivery;
mod delivery_queue;
mod evaluation;
mod event_encoder;
mod group_count;
mod initial_result;
mod live_query;
mod query_group;
mod query_groups;
mod query_index;
mod related;
mod relation_state;
mod replay;
mod resume;
mod share;
mod sorted_vec_map;
mod subscription_handle;
#[cfg(test)]
mod tests;
mod window;
mod window_group;

pub(crate) use broker::Broker;
pub(crate) use connection_subscriptions::ConnectionSubscriptions;
pub(crate) use delivery::{Delivery, RemainingRecords};
pub(crate) use delivery_queue::{DeliveryQueue, NewSubscription, RestartedSubscription};
pub(crate) use event_encoder::EventEncoder;
pub(crate) use live_query::LiveQuery;
#[cfg(test)]
pub(crate) use resume::LOG_READS;
pub(crate) use resume::ResumeRequest;
pub(crate) use subscription_handle::SubscriptionHandle;
pub(crate) use window::Window;
