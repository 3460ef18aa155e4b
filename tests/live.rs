//! Live queries: subscriptions, their events, resuming, slow readers.

mod consistency;
mod event_emission;
mod relations;
mod subscribe;
