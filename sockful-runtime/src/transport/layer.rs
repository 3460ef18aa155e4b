//! What lies between a connection and TCP.

#[cfg(feature = "tls")]
use crate::transport::tls::TlsConfig;

/// What lies between a connection and TCP.
#[derive(Clone, Debug)]
pub(crate) enum Transport {
    /// Nothing.
    None,
    /// TLS.
    #[cfg(feature = "tls")]
    Tls(TlsConfig),
}

impl Transport {
    /// Whether what is written is what a client reads.
    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}
