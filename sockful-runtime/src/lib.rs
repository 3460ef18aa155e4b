//! The runtime of sockful. An implementation detail: depend on `sockful`, which documents what is public.

mod asyncapi;
#[cfg(feature = "client")]
pub mod client;
mod command;
mod components;
mod connection;
pub mod core;
mod description;
mod dispatch;
mod documents;
pub mod engine;
mod files;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod live;
#[cfg(any(feature = "client", feature = "fuzzing"))]
mod local;
mod mirror;
pub mod model;
pub mod must;
mod openapi;
mod origin;
pub mod protocol;
pub mod query;
mod related;
mod server;
pub mod store;
#[cfg(any(feature = "client", feature = "store-suite"))]
pub mod testing;
mod typescript;

pub use crate::core::config::Config;
pub use crate::core::error::{Error, ErrorKind, Fault, Outcome, Result};
pub use crate::core::shutdown::shutdown_signal;
#[doc(hidden)]
pub use crate::description::record_schema;
pub use crate::engine::auth::identity::{Credentials, Identity};
pub use crate::engine::call::context::Context;
pub use crate::engine::call::hook;
pub use crate::engine::call::records::{Find, Records};
pub use crate::protocol::reply::{Done, Reply, Told};
#[cfg(feature = "tower")]
pub use crate::server::MountedServer;
#[cfg(feature = "tls")]
pub use crate::server::TlsConfig;
pub use crate::server::{Server, ServerHandle};
#[doc(hidden)]
pub use schemars;
