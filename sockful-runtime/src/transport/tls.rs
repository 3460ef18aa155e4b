//! TLS: certificates, and the handshake.

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

/// Who a server is to clients that come by TLS: a chain of certificates and its private key.
///
/// TLS 1.2 and 1.3 are spoken, and HTTP/1.1 within.
#[derive(Clone)]
pub struct TlsConfig(TlsAcceptor);

impl TlsConfig {
    /// From PEM files: the certificate with those that lead to its authority behind it, and its
    /// private key in PKCS#8, PKCS#1 or SEC1.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`], naming the file, where one can't be read or is not what it should be.
    pub fn from_pem_files(chain: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self> {
        let read = |path: &Path| {
            let refuse =
                |error| Error::new(ErrorKind::Invalid, format!("{}: {error}", path.display()));
            std::fs::read(path).map_err(refuse)
        };
        Self::from_pem(read(chain.as_ref())?, read(key.as_ref())?)
    }

    /// From the contents of such files.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] where there is no certificate or no key in them, or the two don't belong
    /// together.
    pub fn from_pem(chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self> {
        let refuse = |why: String| Error::new(ErrorKind::Invalid, why);
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain.as_ref())
            .collect::<Result<_, _>>()
            .map_err(|error| refuse(format!("the certificates are no PEM: {error}")))?;
        if chain.is_empty() {
            return Err(refuse("there is no certificate in what is given".into()));
        }
        let key = PrivateKeyDer::from_pem_slice(key.as_ref()).map_err(|error| {
            refuse(format!("there is no private key in what is given: {error}"))
        })?;
        let config = Self::server_config(chain, key)
            .map_err(|error| refuse(format!("certificate and key do not serve: {error}")))?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    fn server_config(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<ServerConfig, rustls::Error> {
        // Named, as an application may have another one installed for itself.
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Shakes hands; `None` where that fails, or takes longer than `patience`.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
        patience: Duration,
    ) -> Option<TlsStream<TcpStream>> {
        // Boxed, so that a connection does not hold room for its beginning all its life.
        match timeout(patience, Box::pin(self.0.accept(stream))).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
            Err(_) => None,
        }
    }
}

/// Shows no key.
impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfig").finish_non_exhaustive()
    }
}
