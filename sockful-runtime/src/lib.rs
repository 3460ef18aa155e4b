//! The runtime of sockful. An implementation detail: depend on `sockful`, which documents what is public.

mod app;
mod asyncapi;
#[cfg(feature = "client")]
pub mod client;
pub mod codec;
mod command;
pub mod commit;
pub mod compatibility;
pub mod completion;
mod components;
mod connection;
mod context;
pub mod core;
pub mod declared;
mod description;
mod dispatch;
mod documents;
pub mod event;
mod files;
mod frame;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod hub;
mod identity;
mod include;
#[cfg(feature = "jwt")]
pub mod jwt;
pub mod key;
mod keys;
mod lanes;
#[cfg(any(feature = "client", feature = "fuzzing"))]
mod local;
mod mirror;
pub mod model;
mod moment;
pub mod must;
mod openapi;
mod origin;
mod policies;
pub mod policy;
pub mod query;
mod rates;
pub mod reader;
pub mod record;
mod records;
mod related;
mod relations;
pub mod remote;
mod reply;
pub mod resource;
pub mod routes;
mod rules;
#[cfg(any(test, feature = "store-suite"))]
mod sample;
mod server;
mod session;
pub mod store;
#[cfg(any(feature = "client", feature = "store-suite"))]
pub mod testing;
pub mod typed;
mod typescript;
mod unit;
pub mod whole;
mod write;

pub use crate::context::{Context, hook};
pub use crate::core::config::Config;
pub use crate::core::error::{Error, ErrorKind, Fault, Outcome, Result};
pub use crate::core::shutdown::shutdown_signal;
#[doc(hidden)]
pub use crate::description::record_schema;
pub use crate::identity::{Credentials, Identity};
pub use crate::records::{Find, Records};
pub use crate::reply::{Done, Reply, Told};
#[cfg(feature = "tower")]
pub use crate::server::MountedServer;
#[cfg(feature = "tls")]
pub use crate::server::TlsConfig;
pub use crate::server::{Server, ServerHandle};
#[doc(hidden)]
pub use schemars;
