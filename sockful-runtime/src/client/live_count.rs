//! A live query as the current number of records.

use super::event::RawEvent;
use super::subscription::SubscriptionReader;
use crate::core::error::Result;
use std::fmt;
use std::future::poll_fn;

/// The current number of records that match a filter.
///
/// It changes only while [`changed`](Self::changed) is awaited.
pub struct LiveCount {
    reader: SubscriptionReader,
    count: Option<u64>,
}

impl LiveCount {
    pub(super) fn new(reader: SubscriptionReader) -> Self {
        Self {
            reader,
            count: None,
        }
    }

    /// Waits for the next number and returns it; the first time, the initial one. Numbers that were
    /// correct only for a short time may be left out. Returns `None` when the client is closed.
    ///
    /// # Errors
    ///
    /// The reason why the server rejects or ends the subscription. The number stays as it was.
    pub async fn changed(&mut self) -> Option<Result<u64>> {
        loop {
            let commit = match poll_fn(|cx| self.reader.poll_commit(cx)).await? {
                Ok(commit) => commit,
                Err(error) => return Some(Err(error)),
            };
            let mut counts = commit.iter().filter_map(RawEvent::count);
            if let Some(count) = counts.next_back() {
                self.count = Some(count);
                return Some(Ok(count));
            }
        }
    }

    /// Returns the number of records; `None` before the initial one has arrived.
    pub fn get(&self) -> Option<u64> {
        self.count
    }
}

impl fmt::Debug for LiveCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LiveCount").field(&self.count).finish()
    }
}
