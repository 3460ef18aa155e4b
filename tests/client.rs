//! The Rust client.

mod fault_proxy;
mod identity;
mod live_queries;
mod network_faults;
mod relations;
mod remote_methods;
mod requests;
mod resources;
mod retries;
mod tls;
mod typed_queries;
