//! Authentication of callers, and authorization of their requests.

#[cfg(feature = "server")]
pub(crate) mod authenticator;
#[cfg(feature = "server")]
pub(crate) mod caller;
pub(crate) mod credentials;
pub(crate) mod identity;
#[cfg(feature = "server")]
pub(crate) mod identity_registry;
#[cfg(feature = "jwt")]
pub mod jwt;
#[cfg(feature = "server")]
pub(crate) mod policies;
#[cfg(feature = "server")]
pub mod policy;
#[cfg(feature = "server")]
pub(crate) mod refresh;
#[cfg(feature = "server")]
pub(crate) mod session_identity;
