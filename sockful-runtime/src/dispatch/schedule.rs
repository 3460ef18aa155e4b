//! What is to be known of a request that can't be done at once.

use super::system::System;
use super::{Address, Job, Target};
use crate::core::config::A_YEAR;
use crate::engine::session::Session;
use crate::engine::table::{Action, CoreAction};
use std::time::Duration;
use tokio::time::Instant;

/// What is to be known of a job that can't be done at once.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) address: Address,
    pub(crate) timeout: Duration,
    pub(crate) is_list: bool,
}

impl Profile {
    /// When the time of a job is over that was read just now.
    pub(crate) fn deadline(&self) -> Instant {
        let now = Instant::now();
        now.checked_add(self.timeout).unwrap_or(now + A_YEAR)
    }
}

impl Job<'_> {
    /// What it addresses, and how long it may take.
    pub(crate) fn profile(&self, session: &Session) -> Profile {
        let mut timeout = session.config().request_timeout;
        let (mut address, mut is_list) = (Address::None, false);
        match self.target {
            Target::System(System::Commit) => address = Address::Everything,
            Target::System(System::Authenticate) => address = Address::Barrier,
            _ => {}
        }
        if let Target::Route(route) = self.target {
            let model = session.app.model(route.resource);
            address = Address::of(model, route, self.payload, self.head.ack());
            match route.action {
                Action::CoreAction(action) => {
                    is_list = matches!(action, CoreAction::Find | CoreAction::Subscribe)
                        || matches!(address, Address::Several { .. });
                }
                Action::Remote(remote) => timeout = remote.timeout.unwrap_or(timeout),
                Action::Relation(relation, _) => {
                    is_list = matches!(relation.core(), "find" | "subscribe");
                }
            }
        }
        let timeout = self
            .options
            .timeout()
            .map_or(timeout, |asked| timeout.min(asked));
        Profile {
            address,
            timeout,
            is_list,
        }
    }
}
