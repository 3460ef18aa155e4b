//! The web pages that may connect, and the host names that the server is reached by.

use crate::core::bounded_text::prefix;
use crate::core::config::AccessConfig;
use crate::core::web_origin::{OriginPattern, WebOrigin, is_address, is_child, is_loopback};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The maximum number of rejected origins and hosts that are logged, since a client can invent any
/// number of them.
const MAX_LOGGED: usize = 64;

/// The maximum number of logged bytes of one origin or host.
const MAX_LOGGED_BYTES: usize = 128;

/// The parsed rules of [`AccessConfig`] about origins and hosts.
#[derive(Debug)]
pub(crate) struct SiteAccess {
    origins: Vec<OriginPattern>,
    allows_loopback: bool,
    /// The host names, in lower case and without a port.
    hosts: Vec<String>,
    logged: Mutex<BTreeSet<String>>,
}

impl SiteAccess {
    /// Parses the rules of a validated configuration.
    pub(crate) fn new(config: &AccessConfig) -> Self {
        let origins = config.allowed_origins.iter();
        Self {
            origins: origins
                .filter_map(|text| OriginPattern::parse(text).ok())
                .collect(),
            allows_loopback: config.loopback_origins,
            hosts: config
                .hosts
                .iter()
                .map(|host| host.to_ascii_lowercase())
                .collect(),
            logged: Mutex::default(),
        }
    }

    /// Returns whether the settings allow pages of this origin; `None` is the origin `null`.
    pub(crate) fn allows_origin(&self, origin: Option<&WebOrigin>) -> bool {
        self.allows_loopback && origin.is_some_and(WebOrigin::is_loopback)
            || self.origins.iter().any(|pattern| pattern.matches(origin))
    }

    /// Returns whether the server may be reached by this host name, which is in lower case and has no
    /// port.
    ///
    /// If an attacker resolves a host name to this server's address, the `Host` header of the
    /// attacker's page has that name. No such page can have an IP address as its host.
    pub(crate) fn allows_host(&self, host: &str, is_loopback_listener: bool) -> bool {
        if self.hosts.is_empty() && !is_loopback_listener {
            return true;
        }
        is_address(host)
            || is_loopback(host)
            || self
                .hosts
                .iter()
                .any(|allowed| match allowed.strip_prefix("*.") {
                    Some(parent) => is_child(host, parent),
                    None => allowed == host,
                })
    }

    /// Returns the text to log for a rejected origin or host; `None` if it has been logged, or if too
    /// many have.
    pub(crate) fn first_refusal(&self, text: &str) -> Option<String> {
        let text = prefix(text, MAX_LOGGED_BYTES).to_owned();
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        (logged.len() < MAX_LOGGED && logged.insert(text.clone())).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(hosts: &[&str]) -> SiteAccess {
        SiteAccess::new(&AccessConfig {
            hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
            ..AccessConfig::default()
        })
    }

    #[test]
    fn loopback_listener_is_reached_by_its_own_names() {
        let access = access(&[]);
        for host in [
            "localhost",
            "a.localhost",
            "127.0.0.1",
            "[::1]",
            "192.168.0.7",
        ] {
            assert!(access.allows_host(host, true), "{host}");
        }
        for host in ["evil.com", "localhost.evil.com", "127.0.0.1.nip.io"] {
            assert!(!access.allows_host(host, true), "{host}");
            assert!(access.allows_host(host, false), "{host}");
        }
    }

    #[test]
    fn hosts_are_checked_on_every_listener_if_set() {
        let access = access(&["Api.Example.com", "*.example.org"]);
        for is_loopback in [true, false] {
            for host in ["api.example.com", "a.example.org", "localhost", "10.0.0.1"] {
                assert!(access.allows_host(host, is_loopback), "{host}");
            }
            for host in [
                "example.com",
                "example.org",
                "a.b.example.org",
                ".example.org",
                "evil.com",
            ] {
                assert!(!access.allows_host(host, is_loopback), "{host}");
            }
        }
    }

    #[test]
    fn refusals_are_logged_once_and_not_without_end() {
        let access = access(&[]);
        assert_eq!(
            access.first_refusal("https://a.com").as_deref(),
            Some("https://a.com")
        );
        assert_eq!(access.first_refusal("https://a.com"), None);
        assert_eq!(
            access.first_refusal(&"x".repeat(10_000)).map(|it| it.len()),
            Some(128)
        );
        let replaced = access.first_refusal(&"\u{fffd}".repeat(10_000));
        assert_eq!(replaced.map(|it| it.len()), Some(126));
        let more = (0..1_000).filter_map(|n| access.first_refusal(&n.to_string()));
        assert_eq!(more.count(), MAX_LOGGED - 3);
    }
}
