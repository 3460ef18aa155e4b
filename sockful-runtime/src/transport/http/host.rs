//! Checks of the `Host` header.

use super::Listener;
use crate::core::site_access::SiteAccess;
use crate::core::web_origin::host_and_port;
use crate::transport::http;
use crate::transport::http::Body;
use hyper::header::HOST;
use hyper::http::request::Parts;
use hyper::{Response, StatusCode, Version};

/// Checks that a request has one valid `Host` header, and that the server may be reached by that name.
/// Logs the first refusal of a name.
///
/// # Errors
///
/// The response: 400 as RFC 9112 requires, or 421 for an unknown name.
pub(crate) fn check(
    request: &Parts,
    access: &SiteAccess,
    listener: Listener,
) -> Result<(), Box<Response<Body>>> {
    let mut headers = request.headers.get_all(HOST).into_iter();
    let (header, second) = (headers.next(), headers.next());
    if second.is_some() {
        return Err(Box::new(bad(
            "the request has more than one `Host` header\n",
        )));
    }
    let authority = match (request.uri.authority(), header) {
        // An absolute address takes precedence.
        (Some(authority), _) => authority.as_str(),
        (None, Some(header)) => header.to_str().unwrap_or("?"),
        (None, None) if request.version == Version::HTTP_11 && listener.is_at_root => {
            return Err(Box::new(bad("the `Host` header is missing\n")));
        }
        (None, None) => return Ok(()),
    };
    let Some((host, _)) = host_and_port(authority) else {
        return Err(Box::new(bad("the `Host` header is not a valid host\n")));
    };
    let is_loopback = listener.is_loopback && !listener.is_tls;
    if request.uri.path() == http::HEALTH || access.allows_host(&host, is_loopback) {
        return Ok(());
    }
    if let Some(host) = access.first_refusal(&host) {
        tracing::warn!(
            host,
            "requests for this host are rejected; to allow them, add it to `access.hosts`"
        );
    }
    let text = format!(
        "the host `{host}` is not allowed; to allow it, add it to the setting `access.hosts`\n"
    );
    Err(Box::new(http::plain(StatusCode::MISDIRECTED_REQUEST, text)))
}

fn bad(text: &'static str) -> Response<Body> {
    http::plain(StatusCode::BAD_REQUEST, text)
}
