//! The credentials by which a client authenticates.

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE, HeaderName};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// The credentials by which a client authenticates: the headers and cookies of its handshake, or
/// the token of a later `["sockful", "authenticate", {"token": …}]`.
#[derive(Clone)]
pub struct Credentials {
    headers: Arc<HeaderMap>,
    token: Option<String>,
    peer: Option<SocketAddr>,
}

impl Credentials {
    /// The credentials of a handshake.
    pub(crate) fn of_handshake(headers: HeaderMap, peer: Option<SocketAddr>) -> Self {
        let token = None;
        Self {
            headers: Arc::new(headers),
            token,
            peer,
        }
    }

    /// The credentials of a request on an open connection.
    pub(crate) fn of_token(token: String, peer: Option<SocketAddr>) -> Self {
        Self {
            headers: Arc::default(),
            token: Some(token),
            peer,
        }
    }

    /// Whether there is anything that could authenticate the client.
    pub(crate) fn are_shown(&self) -> bool {
        self.token.is_some() || self.has_authorization() || self.headers.contains_key(COOKIE)
    }

    /// Whether the handshake has an `Authorization` header.
    pub(crate) fn has_authorization(&self) -> bool {
        self.headers.contains_key(AUTHORIZATION)
    }

    /// Returns the token of the request, or the bearer token in the `Authorization` header of the
    /// handshake.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref().or_else(|| {
            let (scheme, token) = self.header(AUTHORIZATION.as_str())?.split_once(' ')?;
            let is_bearer = scheme.eq_ignore_ascii_case("bearer");
            is_bearer.then(|| token.trim_start())
        })
    }

    /// Returns the first header of the handshake with this name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the first cookie of the handshake with this name.
    ///
    /// A browser sends cookies regardless of which page opens the connection. They are protected
    /// because handshakes from pages of other origins are refused, see
    /// [`access.allowed_origins`](crate::config::AccessConfig::allowed_origins).
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let lines = self.headers.get_all(COOKIE).into_iter();
        let pairs = lines.filter_map(|line| line.to_str().ok());
        let mut pairs = pairs
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(key, _)| *key == name)?;
        let unquoted = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        Some(unquoted.unwrap_or(value))
    }

    /// Returns the address that the client connects from, which is that of the proxy if there is
    /// one.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }
}

/// Omits all values, because they are secrets.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("Credentials")
            .field("headers", &names)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("peer", &self.peer)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::HeaderValue;

    fn shown(headers: &[(&'static str, &'static str)]) -> Credentials {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        Credentials::of_handshake(map, None)
    }

    #[test]
    fn token_comes_from_message_or_bearer_header() {
        let token = |text| shown(&[("authorization", text)]).token().map(str::to_owned);
        assert_eq!(token("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(token("bearer  abc").as_deref(), Some("abc"));
        assert_eq!(token("Basic abc"), None);
        assert_eq!(token("Bearer"), None);
        let later = Credentials::of_token("xyz".to_owned(), None);
        assert_eq!(later.token(), Some("xyz"));
    }

    #[test]
    fn cookie_matches_whole_name_in_any_header() {
        let cookies = [("cookie", "a=1; bb=\"2\""), ("cookie", "b=3;c=x=y")];
        let shown = shown(&cookies);
        let values = ["a", "b", "bb", "c", "d"].map(|name| shown.cookie(name));
        assert_eq!(values, [Some("1"), Some("3"), Some("2"), Some("x=y"), None]);
    }

    #[test]
    fn debug_hides_credentials() {
        let shown = shown(&[("authorization", "Bearer s3cret"), ("cookie", "sid=s3cret")]);
        let later = Credentials::of_token("s3cret".to_owned(), None);
        for text in [format!("{shown:?}"), format!("{later:?}")] {
            assert!(!text.contains("s3cret"), "{text}");
        }
    }
}
