//! Which clients may connect, and what they may read without an identity.

use super::check::invalid;
use crate::core::error::Result;
use crate::core::web_origin::{OriginPattern, host_and_port};
use serde::Deserialize;

/// Which clients may connect, and what they may read without an identity.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AccessConfig {
    /// The origins whose pages may connect, in addition to the server's own host. Default: none.
    ///
    /// - `https://app.example.com` is one origin, and so is one of another scheme, such as
    ///   `capacitor://localhost` or `tauri://localhost`.
    /// - `https://*.example.com` is each host with exactly one more label. It matches neither
    ///   `https://example.com` nor `https://a.b.example.com`.
    /// - `null` is the origin of sandboxed frames, `data:` URLs and local files. Any site can create
    ///   such a frame, so allow it only if callers are not identified by cookies.
    pub allowed_origins: Vec<String>,
    /// Allow the pages that development servers serve on this machine, such as
    /// `http://localhost:5173`. Default: true in builds with debug assertions, false in release builds.
    pub loopback_origins: bool,
    /// The host names that the server is reached by, without a port, such as `api.example.com` or
    /// `*.example.com`. Default: none.
    ///
    /// A request with another name in its `Host` header is rejected with 421, so that a web page cannot
    /// reach the server through a name of its own that resolves to the server's address (DNS
    /// rebinding). IP addresses and `localhost` are always allowed.
    ///
    /// If the list is empty, the check applies only to listeners on a loopback address. If a proxy
    /// makes such a server public, add the public name to this list.
    pub hosts: Vec<String>,
    /// Serve the description of the API to unauthenticated clients, on a server that authenticates
    /// them. Default: false.
    pub public_schema: bool,
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self {
            allowed_origins: Vec::new(),
            loopback_origins: cfg!(debug_assertions),
            hosts: Vec::new(),
            public_schema: false,
        }
    }
}

impl AccessConfig {
    /// Checks the range of each setting.
    pub(super) fn check(&self) -> Result<()> {
        for text in &self.allowed_origins {
            if let Err(rule) = OriginPattern::parse(text) {
                return Err(invalid(
                    "access.allowed_origins",
                    format_args!("{text:?}"),
                    rule,
                ));
            }
        }
        for text in &self.hosts {
            let name = text.strip_prefix("*.").unwrap_or(text);
            if !matches!(host_and_port(name), Some((_, None))) {
                let rule = "not a host name; write one without a port, such as `api.example.com`";
                return Err(invalid("access.hosts", format_args!("{text:?}"), rule));
            }
        }
        Ok(())
    }
}
