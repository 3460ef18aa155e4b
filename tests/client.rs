//! The Rust client.

mod fault_proxy;
mod frame_faults;
mod identity;
mod live_queries;
mod network_faults;
mod relations;
mod remote_methods;
mod requests;
mod resources;
mod retries;
mod scripted_server;
mod tls;
mod typed_queries;
