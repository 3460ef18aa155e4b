//! What is served over HTTP, and limits of its requests.

use std::time::Duration;

/// What is served over HTTP, and limits of its requests.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HttpConfig {
    /// Serve the routes over HTTP too, below `/api`. Default: true.
    pub enabled: bool,
    /// Serve the explorer at `/`: a page to read records, call actions and send frames. It shows only what
    /// its user may read. Default: true in builds with debug assertions, false in release builds.
    pub explorer: bool,
    /// The bytes of the head of an HTTP request, at least 8,192. Default: 16,384.
    #[doc(hidden)]
    pub max_header_bytes: usize,
    /// The number of headers of an HTTP request. Default: 64.
    #[doc(hidden)]
    pub max_headers: usize,
    /// How long the head of an HTTP request may take to arrive. Default: 10 s.
    #[doc(hidden)]
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
