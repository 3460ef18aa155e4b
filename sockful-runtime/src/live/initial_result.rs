//! The records that a subscription begins with.

use super::related::ResolvedQuery;
use crate::model::record::Record;
use crate::protocol::position::PositionProof;
use std::sync::Arc;

/// All records that match a live query at one commit, shared by all subscriptions of the query that
/// begin there.
#[derive(Debug)]
pub(crate) struct InitialResult {
    pub(crate) records: Vec<Arc<Record>>,
    pub(crate) seq: u64,
    /// The proof of the position after commit `seq`, if the log still has it.
    pub(crate) at: Option<PositionProof>,
    /// The query at that commit, if it has conditions over relations.
    pub(super) resolved: Option<Arc<ResolvedQuery>>,
    /// The number of records, for a query that sends nothing else; there are no records then.
    pub(crate) count: Option<usize>,
}
