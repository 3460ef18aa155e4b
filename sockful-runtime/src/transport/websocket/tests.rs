//! Tests of behaviour that cannot be observed from outside, or not without waiting.

mod commits;
mod disconnects;
mod ping;
mod slow_store;
mod timeouts;
mod write_conflicts;
