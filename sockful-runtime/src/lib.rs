//! The runtime of sockful. An implementation detail: depend on `sockful`, which documents what is public.

#[cfg(feature = "client")]
pub mod client;
pub mod core;
mod dispatch;
pub mod engine;
mod live;
pub mod macro_support;
pub mod model;
pub mod protocol;
pub mod query;
mod server;
pub mod spec;
pub mod store;
#[cfg(any(feature = "client", feature = "store-conformance", feature = "fuzzing"))]
pub mod testing;
pub mod transport;

#[doc(hidden)]
pub use crate::core::bigint::WideInteger;
pub use crate::core::config::{self, Config};
pub use crate::core::error::{Error, ErrorKind, Fault, Outcome, Result};
pub use crate::core::shutdown::shutdown_signal;
pub use crate::engine::auth::credentials::Credentials;
pub use crate::engine::auth::identity::Identity;
pub use crate::engine::call::context::Context;
pub use crate::engine::call::hook;
pub use crate::engine::call::records::{Find, Records};
#[doc(hidden)]
pub use crate::model::schema::record::record_schema;
pub use crate::protocol::reply::{Done, EncodedOutput, Reply};
#[cfg(feature = "tower")]
pub use crate::server::MountedServer;
pub use crate::server::{Server, ServerHandle};
#[cfg(feature = "tls")]
pub use crate::transport::tls::TlsConfig;
#[doc(hidden)]
pub use schemars;
