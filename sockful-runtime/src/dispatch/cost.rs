//! The cost of a request for its caller's rate limit.

use super::Request;
use crate::core::config::MAX_WRITES;
use crate::core::json;
use crate::engine::table::Cost;

/// The cost of reading or writing one record by its id.
const ONE: u32 = 1;

/// The cost of a request that may read many records, or that runs application code.
pub(crate) const MANY: u32 = 5;

impl Request {
    /// How many requests it counts as.
    pub(crate) fn cost(&self) -> u32 {
        match self.target.traits().cost {
            Cost::Many => MANY,
            Cost::ByIds if self.may_hold_list => MANY,
            Cost::One | Cost::ByIds => ONE,
            Cost::ByWrites => writes(self.payload.text()),
        }
    }
}

/// The number of writes in a commit, at most the maximum of a commit.
fn writes(payload: &str) -> u32 {
    let writes = json::count_items(payload).clamp(1, MAX_WRITES);
    u32::try_from(writes).unwrap_or(u32::MAX)
}
