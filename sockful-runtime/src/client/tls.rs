//! TLS of the client.

use super::link::ByteStream;
use crate::core::error::{Error, ErrorKind, Result};
use http::Uri;
use std::fmt;
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

#[derive(Clone)]
pub(super) struct ClientTls(TlsConnector);

impl ClientTls {
    /// Trusts the certificates that browsers trust.
    pub(super) fn usual() -> Self {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
        Self::of(roots.collect())
    }

    /// Trusts only these certificates.
    pub(super) fn trusting(pem: &str) -> Result<Self> {
        let invalid =
            |why: String| Error::new(ErrorKind::Invalid, format!("invalid certificate: {why}"));
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|error| invalid(error.to_string()))?;
            let added = roots.add(certificate);
            added.map_err(|error| invalid(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(invalid("the PEM contains no certificate".to_owned()));
        }
        Ok(Self::of(roots))
    }

    fn of(roots: RootCertStore) -> Self {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions();
        // The provider has cipher suites for the protocol versions that the library enables by default.
        let config = config.unwrap_or_else(|error| unreachable!("{error}"));
        let config = config.with_root_certificates(roots).with_no_client_auth();
        Self(TlsConnector::from(Arc::new(config)))
    }

    pub(super) async fn connect(
        &self,
        uri: &Uri,
        io: Box<dyn ByteStream>,
    ) -> Result<Box<dyn ByteStream>> {
        let host = uri.host().unwrap_or_default();
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let failed =
            |why: String| Error::new(ErrorKind::Unavailable, format!("TLS setup failed: {why}"));
        let name = ServerName::try_from(host).map_err(|error| failed(error.to_string()))?;
        let stream = self.0.connect(name, io).await;
        Ok(Box::new(stream.map_err(|error| failed(error.to_string()))?))
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientTls")
    }
}
