//! Which HTTP endpoints are served, and limits of HTTP requests.

use super::check::{check_counts, check_durations, invalid};
use super::duration;
use crate::core::error::Result;
use serde::Deserialize;
use std::time::Duration;

/// The smallest buffer that hyper accepts.
const MIN_HEADER_BYTES: usize = 8 * 1024;

/// Which HTTP endpoints are served, and limits of HTTP requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct HttpConfig {
    /// Serve the routes over HTTP as well, below `/api`. Default: true.
    pub enabled: bool,
    /// Serve the explorer at `/`, a page that reads records, calls actions and sends frames. It shows
    /// only what its user may read. Default: true in builds with debug assertions, false in release
    /// builds.
    pub explorer: bool,
    /// The maximum size of the head of an HTTP request in bytes, at least 8,192. Default: 16,384.
    #[doc(hidden)]
    pub max_header_bytes: usize,
    /// The maximum number of headers of an HTTP request. Default: 64.
    #[doc(hidden)]
    pub max_headers: usize,
    /// How long the head of an HTTP request may take to arrive. Default: 10 s.
    #[doc(hidden)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub handshake_timeout: Duration,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            explorer: cfg!(debug_assertions),
            max_header_bytes: 16 * 1024,
            max_headers: 64,
            handshake_timeout: Duration::from_secs(10),
        }
    }
}

impl HttpConfig {
    /// Checks the range of each setting.
    pub(super) fn check(&self) -> Result<()> {
        check_counts(&[
            ("http.max_header_bytes", self.max_header_bytes),
            ("http.max_headers", self.max_headers),
        ])?;
        if self.max_header_bytes < MIN_HEADER_BYTES {
            let rule = format_args!("must be at least {MIN_HEADER_BYTES}");
            return Err(invalid(
                "http.max_header_bytes",
                self.max_header_bytes,
                rule,
            ));
        }
        check_durations(&[("http.handshake_timeout", self.handshake_timeout)])
    }
}
