//! The client in Rust.

mod conditions;
mod faults;
mod identity;
mod live;
mod proxy;
mod relations;
mod remotes;
mod requests;
mod retries;
mod secure;
mod zoo;
