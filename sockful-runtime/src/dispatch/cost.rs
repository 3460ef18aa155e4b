//! What a request costs of those that its caller may make.

use super::system::System;
use super::{Job, Target};
use crate::core::config::MAX_WRITES;
use crate::core::json;
use crate::engine::table::{Action, CoreAction};

/// What one record costs that is read or written by its id.
const ONE: u32 = 1;

/// What a request costs that may look at many records, or that runs the application's own code.
pub(crate) const MANY: u32 = 5;

impl Job<'_> {
    /// How many of the requests it counts as that its caller may make.
    pub(crate) fn cost(&self) -> u32 {
        let route = match self.target {
            Target::System(System::Commit) => return writes(self.payload),
            Target::System(System::Authenticate | System::Changes) => return MANY,
            Target::System(_) => return ONE,
            Target::Route(route) => route,
        };
        match route.action {
            // Of several by their ids.
            Action::CoreAction(CoreAction::Get) if self.payload.contains('[') => MANY,
            Action::CoreAction(CoreAction::Find | CoreAction::Count | CoreAction::Subscribe)
            | Action::Remote(_) => MANY,
            Action::CoreAction(_) => ONE,
            Action::Relation(relation, _) => match relation.core() {
                "find" | "subscribe" => MANY,
                _ => ONE,
            },
        }
    }
}

/// How many writes are in one commit, as far as it may have them.
fn writes(payload: &str) -> u32 {
    let writes = json::items(payload).clamp(1, MAX_WRITES);
    u32::try_from(writes).unwrap_or(u32::MAX)
}
