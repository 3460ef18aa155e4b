//! Which web pages may connect. A browser sends cookies along with the handshake of any page, so the
//! server has to check the page's origin.

use super::Listener;
use crate::core::site_access::SiteAccess;
use crate::core::web_origin::WebOrigin;
use crate::transport::http;
use crate::transport::http::Body;
use hyper::header::{HOST, HeaderMap, HeaderValue, ORIGIN};
use hyper::{Response, StatusCode};

/// The response to a page that may not connect.
pub(crate) const REFUSAL: &str = "this origin is not allowed; to allow it, add it to the setting \
                `access.allowed_origins`\n";

/// The header by which a proxy reports the scheme of the original request.
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Checks that a handshake, or a request over HTTP, comes from a page of the server's own host, from an
/// allowed origin, or not from a browser. Logs the first refusal of an origin.
///
/// # Errors
///
/// The response to a page that may not connect.
pub(crate) fn check(
    headers: &HeaderMap,
    access: &SiteAccess,
    listener: Listener,
) -> Result<(), Box<Response<Body>>> {
    if is_allowed(headers, access, listener) {
        return Ok(());
    }
    let origin = headers.get(ORIGIN).map(HeaderValue::as_bytes);
    let origin = String::from_utf8_lossy(origin.unwrap_or_default());
    if let Some(origin) = access.first_refusal(&origin) {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        tracing::warn!(
            origin,
            host,
            "pages of this origin are rejected; to allow them, add it to `access.allowed_origins`"
        );
    }
    Err(Box::new(http::plain(StatusCode::FORBIDDEN, REFUSAL)))
}

/// Whether the page of a request may connect.
///
/// Origins are parsed and compared as scheme, host and port, never as the beginning of a text.
pub(crate) fn is_allowed(headers: &HeaderMap, access: &SiteAccess, listener: Listener) -> bool {
    let mut origins = headers.get_all(ORIGIN).into_iter();
    let origin = match (origins.next(), origins.next()) {
        (None, _) => return true,
        (Some(origin), None) => origin.to_str().unwrap_or_default(),
        (Some(_), Some(_)) => return false,
    };
    let origin = match WebOrigin::parse(origin) {
        None if origin == "null" => return access.allows_origin(None),
        None => return false,
        Some(origin) => origin,
    };
    is_own(&origin, headers, listener) || access.allows_origin(Some(&origin))
}

/// Whether an origin is that of the server itself: its host, its port, and `https` if it is reached by
/// TLS. A page over plain HTTP may have been changed on its way.
fn is_own(origin: &WebOrigin, headers: &HeaderMap, listener: Listener) -> bool {
    let proxy = headers.get(FORWARDED_PROTO).and_then(|it| it.to_str().ok());
    // A chain of proxies lists the scheme of the client first.
    let proxy = proxy.and_then(|it| it.split(',').next());
    let is_tls = listener.is_tls || proxy.is_some_and(|it| it.trim().eq_ignore_ascii_case("https"));
    let is_scheme = match origin.scheme() {
        "https" => true,
        "http" => !is_tls,
        _ => false,
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let own = host.and_then(|host| WebOrigin::parse(&format!("{}://{host}", origin.scheme())));
    is_scheme && own.as_ref() == Some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::config::AccessConfig;

    const PLAIN: Listener = Listener {
        is_at_root: true,
        is_tls: false,
        is_loopback: false,
    };

    fn access(is_loopback_allowed: bool) -> SiteAccess {
        let config = AccessConfig {
            loopback_origins: is_loopback_allowed,
            allowed_origins: vec![
                "https://app.example.com".to_owned(),
                "https://*.example.org".to_owned(),
                "tauri://localhost".to_owned(),
            ],
            ..AccessConfig::default()
        };
        SiteAccess::new(&config)
    }

    fn headers<const N: usize>(headers: [(&'static str, &str); N]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().expect("a header"));
        }
        map
    }

    fn allows(origin: &str) -> bool {
        let headers = headers([("host", "ok.com:8000"), ("origin", origin)]);
        is_allowed(&headers, &access(false), PLAIN)
    }

    #[test]
    fn pages_of_own_host_and_allowed_origins_may_connect() {
        for origin in [
            "http://ok.com:8000",
            "https://OK.com:8000",
            "https://app.example.com",
            "https://app.example.com:443",
            "https://a.example.org",
            "tauri://localhost",
        ] {
            assert!(allows(origin), "{origin}");
        }
    }

    #[test]
    fn pages_of_other_origins_may_not_connect() {
        for origin in [
            "http://ok.com",
            "http://ok.com:80000",
            "https://ok.com.evil.com",
            "http://ok.com:8000.evil.com",
            "http://ok.com:8000@evil.com",
            "http://app.example.com",
            "https://app.example.com.evil.com",
            "https://app.example.com:444",
            "https://example.org",
            "https://a.b.example.org",
            "tauri://ok.com:8000",
            "http://localhost:5173",
            "null",
            "",
        ] {
            assert!(!allows(origin), "{origin}");
        }
    }

    #[test]
    fn request_without_origin_may_connect() {
        assert!(is_allowed(&HeaderMap::new(), &access(false), PLAIN));
    }

    #[test]
    fn request_with_two_origins_may_not_connect() {
        let headers = headers([
            ("host", "ok.com"),
            ("origin", "http://ok.com"),
            ("origin", "http://ok.com"),
        ]);
        assert!(!is_allowed(&headers, &access(false), PLAIN));
    }

    #[test]
    fn loopback_origins_may_connect_if_allowed() {
        for (origin, expected) in [
            ("http://localhost:5173", true),
            ("https://127.0.0.1", true),
            ("http://[::1]:3000", true),
            ("http://app.localhost", true),
            ("http://localhost.evil.com", false),
            ("ionic://localhost", false),
            ("null", false),
        ] {
            let headers = headers([("host", "ok.com"), ("origin", origin)]);
            let allowed = is_allowed(&headers, &access(true), PLAIN);
            assert_eq!(allowed, expected, "{origin}");
        }
    }

    #[test]
    fn plain_http_is_not_the_same_origin_as_tls() {
        let tls = Listener {
            is_tls: true,
            ..PLAIN
        };
        for (origin, expected) in [
            ("https://ok.com", true),
            ("https://ok.com:443", true),
            ("http://ok.com", false),
            ("http://ok.com:443", false),
        ] {
            let direct = headers([("host", "ok.com"), ("origin", origin)]);
            assert_eq!(
                is_allowed(&direct, &access(false), tls),
                expected,
                "{origin}"
            );
            let proxied = headers([
                ("host", "ok.com"),
                ("origin", origin),
                ("x-forwarded-proto", "https"),
            ]);
            assert_eq!(
                is_allowed(&proxied, &access(false), PLAIN),
                expected,
                "{origin}"
            );
        }
    }
}
