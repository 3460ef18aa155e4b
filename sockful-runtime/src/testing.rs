//! What helps to test: clients without sockets, and what every store must do.

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(any(feature = "client", feature = "fuzzing"))]
pub(crate) mod in_process;
#[cfg(feature = "client")]
mod local;

#[cfg(feature = "store-conformance")]
pub use crate::store::conformance::check as store_conformance;
#[cfg(feature = "client")]
pub use local::{builder, connect};
