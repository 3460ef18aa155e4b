//! The runtime of sockful. An implementation detail: depend on `sockful`, which documents what is public.
#![cfg_attr(docsrs, feature(doc_cfg))]
// The folders below `engine` are the same with and without the server; a client uses part of them.
#![cfg_attr(
    not(feature = "server"),
    allow(dead_code, unreachable_pub, unused_imports)
)]

#[cfg(feature = "client")]
pub mod client;
pub mod core;
#[cfg(feature = "server")]
mod dispatch;
pub mod engine;
#[cfg(feature = "server")]
mod live;
pub mod macro_support;
pub mod model;
pub mod protocol;
pub mod query;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
pub mod spec;
#[cfg(feature = "server")]
pub mod store;
#[cfg(any(
    all(feature = "client", feature = "server"),
    feature = "store-conformance",
    feature = "fuzzing"
))]
pub mod testing;
#[cfg(feature = "server")]
pub mod transport;

#[doc(hidden)]
pub use crate::core::bigint::WideInteger;
#[cfg(feature = "server")]
pub use crate::core::config::{self, Config};
pub use crate::core::error::{
    AnyError, ConvertibleError, Error, ErrorKind, Fault, Outcome, Result,
};
#[cfg(feature = "server")]
pub use crate::core::shutdown::shutdown_signal;
#[cfg(feature = "server")]
pub use crate::engine::auth::credentials::Credentials;
pub use crate::engine::auth::identity::Identity;
#[cfg(feature = "server")]
pub use crate::engine::call::context::Context;
#[cfg(feature = "server")]
pub use crate::engine::call::hook;
#[cfg(feature = "server")]
pub use crate::engine::call::records::{Count, Find, Records};
#[cfg(not(feature = "server"))]
pub use crate::engine::call::without_server::{Context, Count, Find, Records};
#[doc(hidden)]
pub use crate::model::schema::record::record_schema;
#[cfg(feature = "server")]
pub use crate::protocol::reply::{Done, EncodedOutput, Reply};
#[cfg(feature = "tower")]
pub use crate::server::MountedServer;
#[cfg(feature = "server")]
pub use crate::server::{Server, ServerHandle, cli};
#[cfg(all(feature = "server", feature = "tls"))]
pub use crate::transport::tls::TlsConfig;
#[doc(hidden)]
pub use schemars;

/// Passes on the items of an expansion that need the server.
///
/// The derive cannot decide this itself: the features of a proc macro are those of all crates that
/// are built for the host, such as a build script which uses the server.
#[cfg(feature = "server")]
#[doc(hidden)]
#[macro_export]
macro_rules! __server {
    ($($item:tt)*) => { $($item)* };
}

/// Drops the items of an expansion that need the server.
#[cfg(not(feature = "server"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __server {
    ($($item:tt)*) => {};
}

/// Passes on the items of an expansion that need the client.
#[cfg(feature = "client")]
#[doc(hidden)]
#[macro_export]
macro_rules! __client {
    ($($item:tt)*) => { $($item)* };
}

/// Drops the items of an expansion that need the client.
#[cfg(not(feature = "client"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __client {
    ($($item:tt)*) => {};
}
