//! Test helpers: clients without sockets, and the conformance test for stores.

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(any(all(feature = "client", feature = "server"), feature = "fuzzing"))]
pub(crate) mod in_process;
#[cfg(all(feature = "client", feature = "server"))]
mod local;

#[cfg(feature = "store-conformance")]
pub use crate::store::conformance::check as store_conformance;
#[cfg(all(feature = "client", feature = "server"))]
pub use local::{builder, connect};
