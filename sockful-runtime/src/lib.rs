//! The runtime of sockful. An implementation detail: depend on `sockful`, which documents what is public.

mod app;
mod asyncapi;
#[cfg(feature = "client")]
pub mod client;
mod clock;
pub mod codec;
mod command;
pub mod commit;
pub mod compatibility;
pub mod completion;
mod components;
mod config;
mod connection;
mod context;
pub mod declared;
mod description;
mod dispatch;
mod documents;
mod error;
pub mod event;
mod files;
mod finite;
mod frame;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod hub;
mod identity;
mod include;
mod json;
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
mod object;
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
mod scan;
mod server;
mod session;
mod shutdown;
pub mod store;
#[cfg(any(feature = "client", feature = "store-suite"))]
pub mod testing;
mod text;
pub mod typed;
mod typescript;
mod unit;
pub mod whole;
mod wide;
mod write;

pub use config::Config;
pub use context::{Context, hook};
#[doc(hidden)]
pub use description::record_schema;
pub use error::{Error, ErrorKind, Fault, Outcome, Result};
pub use identity::{Credentials, Identity};
pub use records::{Find, Records};
pub use reply::{Done, Reply, Told};
#[doc(hidden)]
pub use schemars;
#[cfg(feature = "tower")]
pub use server::MountedServer;
#[cfg(feature = "tls")]
pub use server::TlsConfig;
pub use server::{Server, ServerHandle};
pub use shutdown::shutdown_signal;
