//! What lies between a connection and TCP.

#[cfg(feature = "tls")]
use super::tls::TlsConfig;

/// What lies between a connection and TCP.
#[derive(Clone, Debug)]
pub(super) enum Layer {
    /// Nothing.
    None,
    /// TLS.
    #[cfg(feature = "tls")]
    Tls(TlsConfig),
}

impl Layer {
    /// Whether what is written is what a client reads.
    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}
