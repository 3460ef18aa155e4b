//! The share of a caller in the limit of evaluated queries.

use crate::core::caller_id::CallerId;
use std::collections::BTreeMap;

/// How many units a query counts, and against which caller.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) units: usize,
    pub(super) owner: CallerId,
    /// The number of subscriptions of each caller.
    pub(super) callers: BTreeMap<CallerId, usize>,
}

/// Units of the limit that pass from one caller to another, or are returned.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PassedShare {
    pub(super) units: usize,
    pub(super) from: CallerId,
    pub(super) to: Option<CallerId>,
}
