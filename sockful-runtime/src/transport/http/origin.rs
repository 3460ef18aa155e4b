//! Whose pages may connect: a browser sends cookies along with any page's handshake, so the page counts.

use crate::core::web_origin::WebOrigin;
use hyper::header::{HOST, HeaderMap, ORIGIN};

/// What a page is told that may not.
pub(crate) const REFUSAL: &str =
    "a page of this origin may not connect; `allowed_origins` says which may\n";

/// Whether a handshake, or a request over HTTP, comes from the server's own host, from an origin in `allowed`, or from no
/// browser at all.
///
/// Origins are parsed and compared as scheme, host and port, never as the beginning of a text.
pub(crate) fn is_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let mut origins = headers.get_all(ORIGIN).into_iter();
    let origin = match (origins.next(), origins.next()) {
        (None, _) => return true,
        (Some(origin), None) => origin.to_str().ok().and_then(WebOrigin::parse),
        (Some(_), Some(_)) => None,
    };
    let Some(origin) = origin else { return false };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let own = host.and_then(|host| WebOrigin::parse(&format!("{}://{host}", origin.scheme())));
    own.is_some_and(|own| own == origin)
        || allowed
            .iter()
            .filter_map(|allowed| WebOrigin::parse(allowed))
            .any(|one| one == origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(origin: &str) -> bool {
        let headers = [(HOST, "ok.com:8000"), (ORIGIN, origin)];
        let headers = headers.map(|(name, value)| (name, value.parse().expect("a header")));
        is_allowed(
            &headers.into_iter().collect(),
            &["https://app.example.com".to_owned()],
        )
    }

    #[test]
    fn pages_of_the_same_host_and_of_allowed_origins_may_connect() {
        for origin in [
            "http://ok.com:8000",
            "https://OK.com:8000",
            "https://app.example.com",
            "https://app.example.com:443",
        ] {
            assert!(allows(origin), "{origin}");
        }
    }

    #[test]
    fn pages_of_any_other_origin_may_not() {
        for origin in [
            "http://ok.com",
            "http://ok.com:80000",
            "https://ok.com.evil.com",
            "http://ok.com:8000.evil.com",
            "http://ok.com:8000@evil.com",
            "http://app.example.com",
            "https://app.example.com.evil.com",
            "https://app.example.com:444",
            "null",
            "",
        ] {
            assert!(!allows(origin), "{origin}");
        }
    }

    #[test]
    fn what_is_no_browser_may_connect() {
        assert!(is_allowed(&HeaderMap::new(), &[]));
    }

    #[test]
    fn two_origins_are_none() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "ok.com".parse().expect("a header"));
        headers.append(ORIGIN, "http://ok.com".parse().expect("a header"));
        headers.append(ORIGIN, "http://ok.com".parse().expect("a header"));
        assert!(!is_allowed(&headers, &[]));
    }
}
