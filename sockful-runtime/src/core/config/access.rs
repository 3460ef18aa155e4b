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
    /// - `https://*.example.com` is each host with one more label in front. It is neither
    ///   `https://example.com` nor `https://a.b.example.com`.
    /// - `null` is the origin of sandboxed frames, `data:` URLs and local files. Any site can make such
    ///   a frame, so it may only be allowed if cookies do not identify callers.
    pub allowed_origins: Vec<String>,
    /// Allow the pages that development servers serve on this machine, such as
    /// `http://localhost:5173`. Default: true in builds with debug assertions, false in release builds.
    pub loopback_origins: bool,
    /// The host names that the server is reached by, without a port, such as `api.example.com` or
    /// `*.example.com`. Default: none.
    ///
    /// A request whose `Host` header has another name is refused with 421, so that a web page cannot
    /// reach the server by a name of its own that it resolves to the server's address. Addresses and
    /// `localhost` are always allowed.
    ///
    /// Without any host the check is made on listeners of a loopback address only. A server there
    /// that a proxy makes public needs the public name in this list.
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
