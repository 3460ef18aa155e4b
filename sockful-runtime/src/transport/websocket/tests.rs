//! What can't be seen from outside, or not without waiting.

mod commits;
mod disconnects;
mod slow_store;
mod timeouts;
mod write_conflicts;
