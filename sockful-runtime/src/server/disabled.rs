//! Stubs for methods whose feature is disabled.
//!
//! Without them the compiler would only report that there is no such method. The bounds are unmet
//! by design; `for<'a>` defers their check to the call.

#[cfg(not(feature = "tls"))]
use crate::core::feature::TlsFeature;
#[cfg(not(feature = "tower"))]
use crate::core::feature::TowerFeature;
use crate::server::{Server, ServerHandle};
use std::convert::Infallible;
use std::future::Ready;

type Never = Ready<crate::Result<Infallible>>;

#[cfg(not(feature = "tower"))]
impl Server {
    #[doc(hidden)]
    pub fn into_service(self) -> Never
    where
        for<'a> Self: TowerFeature,
    {
        unreachable!()
    }
}

#[cfg(not(feature = "tower"))]
impl ServerHandle {
    #[doc(hidden)]
    pub fn service(&self) -> Infallible
    where
        for<'a> Self: TowerFeature,
    {
        unreachable!()
    }
}

#[cfg(not(feature = "tls"))]
impl Server {
    #[doc(hidden)]
    pub fn listen_tls<A, T>(self, _address: A, _tls: T) -> Never
    where
        for<'a> Self: TlsFeature,
    {
        unreachable!()
    }
}

#[cfg(not(feature = "tls"))]
impl ServerHandle {
    #[doc(hidden)]
    pub fn listen_tls<A, T>(&self, _address: A, _tls: T) -> Never
    where
        for<'a> Self: TlsFeature,
    {
        unreachable!()
    }

    #[doc(hidden)]
    pub fn serve_tls<L, T, S>(&self, _listener: L, _tls: T, _shutdown: S) -> Never
    where
        for<'a> Self: TlsFeature,
    {
        unreachable!()
    }
}
