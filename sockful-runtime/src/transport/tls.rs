//! TLS certificates and handshakes.

use crate::core::error::{Error, ErrorKind, Result};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// The identity of a server over TLS: a certificate chain and its private key.
///
/// Supports TLS 1.2 and 1.3, with HTTP/1.1 inside.
#[derive(Clone)]
pub struct TlsConfig(TlsAcceptor);

impl TlsConfig {
    /// Reads the configuration from PEM files: the certificate followed by its intermediate
    /// certificates, and its private key in PKCS#8, PKCS#1 or SEC1 format.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`], with the name of the file, if a file cannot be read or has invalid
    /// content.
    pub fn from_pem_files(chain: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self> {
        let read = |path: &Path| {
            let refuse =
                |error| Error::new(ErrorKind::Invalid, format!("{}: {error}", path.display()));
            std::fs::read(path).map_err(refuse)
        };
        Self::from_pem(read(chain.as_ref())?, read(key.as_ref())?)
    }

    /// Reads the configuration from the contents of PEM files.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if there is no certificate or no private key, or if the two do not
    /// match.
    pub fn from_pem(chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self> {
        let refuse = |why: String| Error::new(ErrorKind::Invalid, why);
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain.as_ref())
            .collect::<Result<_, _>>()
            .map_err(|error| refuse(format!("the certificates are not valid PEM: {error}")))?;
        if chain.is_empty() {
            return Err(refuse("the PEM contains no certificate".into()));
        }
        let key = PrivateKeyDer::from_pem_slice(key.as_ref())
            .map_err(|error| refuse(format!("the PEM contains no private key: {error}")))?;
        let config = Self::server_config(chain, key)
            .map_err(|error| refuse(format!("the certificate and key are not usable: {error}")))?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    fn server_config(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<ServerConfig, rustls::Error> {
        // Explicit, because the application may have installed another default provider.
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Performs the handshake. Returns `None` if it fails or takes longer than `patience`.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
        patience: Duration,
    ) -> Option<TlsStream<TcpStream>> {
        // Boxed, so that a connection does not reserve memory for its handshake for its whole life.
        match timeout(patience, Box::pin(self.0.accept(stream))).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%error, "TLS handshake failed");
                None
            }
            Err(_) => None,
        }
    }
}

/// Does not print the key.
impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfig").finish_non_exhaustive()
    }
}
