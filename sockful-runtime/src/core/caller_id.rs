//! The caller that a share of a common limit belongs to.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The caller that a share of a common limit belongs to. Requests of equal callers are counted
/// together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum CallerId {
    /// The application's own code.
    Application,
    /// The key of an identity, on all its connections.
    Key(Arc<str>),
    /// Unauthenticated callers at one address.
    Address(IpAddr),
    /// An unauthenticated caller on one connection from the machine itself, where a proxy may connect
    /// for many clients.
    Connection(u64),
}

impl CallerId {
    /// A caller without an identity, at an address that is not the machine itself.
    pub(crate) fn unauthenticated(address: Option<IpAddr>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        address.map_or_else(
            || Self::Connection(NEXT.fetch_add(1, Relaxed)),
            Self::Address,
        )
    }
}
