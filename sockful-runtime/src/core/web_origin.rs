//! Web origins: scheme, host and port of the page that a request comes from.

use http::Uri;

/// The origin of a web page, such as `https://app.example.com`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WebOrigin {
    scheme: String,
    host: String,
    port: u16,
}

impl WebOrigin {
    /// Parses a scheme, a host and an optional port. Returns `None` if `text` has any other part.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
        let port = match scheme {
            "http" => 80,
            "https" => 443,
            _ => authority.port_u16()?,
        };
        // `Uri` drops a fragment without an error.
        let is_bare = !text.contains(['@', '#']) && uri.path() == "/" && uri.query().is_none();
        is_bare.then(|| Self {
            scheme: scheme.to_ascii_lowercase(),
            host: authority.host().to_ascii_lowercase(),
            port: authority.port_u16().unwrap_or(port),
        })
    }

    /// The scheme, in lower case.
    pub(crate) fn scheme(&self) -> &str {
        &self.scheme
    }
}
