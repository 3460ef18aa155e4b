//! The runtime of sockful. An implementation detail: depend on `sockful`, which documents what is public.

mod app;
mod asyncapi;
#[cfg(feature = "client")]
pub mod client;
mod command;
mod components;
mod connection;
mod context;
pub mod core;
mod description;
mod dispatch;
mod documents;
mod files;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod identity;
mod include;
#[cfg(feature = "jwt")]
pub mod jwt;
mod keys;
mod lanes;
mod live;
#[cfg(any(feature = "client", feature = "fuzzing"))]
mod local;
mod mirror;
pub mod model;
pub mod must;
mod openapi;
mod origin;
mod policies;
pub mod policy;
pub mod protocol;
pub mod query;
mod rates;
mod records;
mod related;
pub mod remote;
pub mod routes;
mod server;
mod session;
pub mod store;
#[cfg(any(feature = "client", feature = "store-suite"))]
pub mod testing;
mod typescript;
mod unit;
mod write;

pub use crate::context::{Context, hook};
pub use crate::core::config::Config;
pub use crate::core::error::{Error, ErrorKind, Fault, Outcome, Result};
pub use crate::core::shutdown::shutdown_signal;
#[doc(hidden)]
pub use crate::description::record_schema;
pub use crate::identity::{Credentials, Identity};
pub use crate::protocol::reply::{Done, Reply, Told};
pub use crate::records::{Find, Records};
#[cfg(feature = "tower")]
pub use crate::server::MountedServer;
#[cfg(feature = "tls")]
pub use crate::server::TlsConfig;
pub use crate::server::{Server, ServerHandle};
#[doc(hidden)]
pub use schemars;
