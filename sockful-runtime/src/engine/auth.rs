//! Who the caller is and what the caller may do.

pub(crate) mod authenticator;
pub(crate) mod caller;
pub(crate) mod credentials;
pub(crate) mod identity;
pub(crate) mod identity_registry;
#[cfg(feature = "jwt")]
pub mod jwt;
pub(crate) mod policies;
pub mod policy;
pub(crate) mod session_identity;
