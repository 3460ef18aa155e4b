//! Web origins: scheme, host and port of the page that a request comes from.

use std::net::{IpAddr, Ipv6Addr};

/// The origin of a web page, such as `https://app.example.com` or `tauri://localhost`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebOrigin {
    scheme: String,
    /// The host, in lower case.
    host: String,
    /// The port; `None` for the default port of a scheme whose default is unknown.
    port: Option<u16>,
}

impl WebOrigin {
    /// Parses a scheme, a host and an optional port. Returns `None` if `text` has any other part.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(is_name);
        let (host, port) = host_and_port(authority)?;
        is_scheme.then(|| Self {
            host,
            port: port.or_else(|| default_port(&scheme)),
            scheme,
        })
    }

    /// Returns the scheme, in lower case.
    pub(crate) fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Returns whether this machine itself serves the page, as a development server does.
    pub(crate) fn is_loopback(&self) -> bool {
        matches!(&*self.scheme, "http" | "https") && is_loopback(&self.host)
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

/// An entry of `access.allowed_origins`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OriginPattern {
    /// One origin.
    Exact(WebOrigin),
    /// All hosts with exactly one label in front of the host of this origin: `https://*.example.com`.
    Subdomains(WebOrigin),
    /// Pages with the opaque origin `null`, such as those of a sandboxed frame.
    Null,
}

impl OriginPattern {
    /// Parses an entry.
    ///
    /// # Errors
    ///
    /// Returns a description of what is wrong with the entry.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        const RULE: &str = "not an origin; write one such as `https://app.example.com`";
        const WILDCARD: &str =
            "`*` replaces one label at the front of a host, as in `https://*.example.com`";
        if text == "null" {
            return Ok(Self::Null);
        }
        let text = text.strip_suffix('/').unwrap_or(text);
        let (scheme, authority) = text.split_once("://").ok_or(match text {
            "*" => WILDCARD,
            _ => RULE,
        })?;
        let (parent, is_wildcard) = match authority.strip_prefix("*.") {
            Some(parent) => (parent, true),
            None => (authority, false),
        };
        if parent.contains('*') {
            return Err(WILDCARD);
        }
        let origin = WebOrigin::parse(&format!("{scheme}://{parent}")).ok_or(RULE)?;
        if matches!(origin.scheme(), "ws" | "wss") {
            return Err("the origin of a page begins with `https://` or `http://`");
        }
        if !is_wildcard {
            return Ok(Self::Exact(origin));
        }
        let is_name = origin.host == "localhost" || origin.host.contains('.');
        if !is_name || is_address(&origin.host) {
            return Err(WILDCARD);
        }
        Ok(Self::Subdomains(origin))
    }

    /// Returns whether the entry matches this origin; `None` is the origin `null`.
    pub(crate) fn matches(&self, origin: Option<&WebOrigin>) -> bool {
        match (self, origin) {
            (Self::Null, origin) => origin.is_none(),
            (_, None) => false,
            (Self::Exact(allowed), Some(origin)) => allowed == origin,
            (Self::Subdomains(parent), Some(origin)) => {
                (&parent.scheme, parent.port) == (&origin.scheme, origin.port)
                    && is_child(&origin.host, &parent.host)
            }
        }
    }
}

/// Returns whether a host is `parent` with exactly one label in front.
pub(crate) fn is_child(host: &str, parent: &str) -> bool {
    let label = host.split_once('.');
    label.is_some_and(|(label, rest)| !label.is_empty() && rest == parent)
}

/// Splits a `Host` header into the host, in lower case, and the port. Returns `None` if `authority` has
/// any other part.
pub(crate) fn host_and_port(authority: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        (format!("[{address}]"), port)
    } else {
        let end = authority.find(':').unwrap_or(authority.len());
        let (host, port) = authority.split_at(end);
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if host.is_empty() || !host.bytes().all(is_part) {
            return None;
        }
        (host.to_ascii_lowercase(), port)
    };
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => None,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok()?)
        }
        _ => return None,
    };
    Some((host, port))
}

/// Returns whether a host is an IP address instead of a name.
pub(crate) fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<IpAddr>().is_ok()
}

/// Returns whether a host, in lower case, always means this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address = address.parse::<IpAddr>();
    host == "localhost"
        || host.ends_with(".localhost")
        || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, origin: &str) -> bool {
        let pattern =
            OriginPattern::parse(pattern).unwrap_or_else(|why| panic!("{pattern}: {why}"));
        match origin {
            "null" => pattern.matches(None),
            _ => WebOrigin::parse(origin).is_some_and(|origin| pattern.matches(Some(&origin))),
        }
    }

    #[test]
    fn exact_pattern_matches_one_origin() {
        for (pattern, origin) in [
            ("https://app.example.com", "https://app.example.com"),
            ("https://app.example.com/", "HTTPS://APP.example.com:443"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("tauri://localhost", "tauri://localhost"),
            ("chrome-extension://abc", "chrome-extension://abc"),
            ("app://one:7", "app://one:7"),
            ("http://[::1]:5173", "http://[0:0::1]:5173"),
            ("null", "null"),
        ] {
            assert!(matches(pattern, origin), "{pattern} {origin}");
        }
        for (pattern, origin) in [
            ("capacitor://localhost", "tauri://localhost"),
            ("capacitor://localhost", "http://localhost"),
            ("capacitor://localhost", "capacitor://localhost:80"),
            ("capacitor://localhost", "null"),
            ("null", "https://null"),
        ] {
            assert!(!matches(pattern, origin), "{pattern} {origin}");
        }
    }

    #[test]
    fn wildcard_matches_one_leading_label() {
        for origin in ["https://a.example.com", "https://A-1.EXAMPLE.com:443"] {
            assert!(matches("https://*.example.com", origin), "{origin}");
        }
        for origin in [
            "https://example.com",
            "https://.example.com",
            "https://a.b.example.com",
            "https://aexample.com",
            "https://a.example.com.evil.org",
            "https://a.example.com:444",
            "http://a.example.com",
            "null",
        ] {
            assert!(!matches("https://*.example.com", origin), "{origin}");
        }
        assert!(matches(
            "http://*.localhost:5173",
            "http://a.localhost:5173"
        ));
    }

    #[test]
    fn pattern_that_matches_nothing_is_rejected() {
        for text in [
            "",
            "*",
            "https://*",
            "https://*.com",
            "https://*.*.example.com",
            "https://a.*.example.com",
            "https://a*.example.com",
            "https://example.*",
            "https://*.127.0.0.1",
            "*.example.com",
            "*://example.com",
            "app.example.com",
            "wss://example.com",
            "https://",
            "https://example.com/path",
            "https://example.com?x",
            "https://user@example.com",
            "https://example.com:port",
            "https://exa mple.com",
            "Null",
        ] {
            assert!(OriginPattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn loopback_hosts_are_recognized() {
        for host in [
            "localhost",
            "a.localhost",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "localhost.evil.com",
            "127.0.0.1.evil.com",
            "10.0.0.1",
            "evil.com",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
