//! Authenticates clients by the headers of their handshake or HTTP request.

use crate::core::error::{Error, ErrorKind, Result};
use crate::dispatch::MANY;
use crate::engine::auth::credentials::Credentials;
use crate::engine::session::Session;
use hyper::HeaderMap;
use tokio::time::timeout;

/// Authenticates the client that sent these headers, if the application has an authenticator.
///
/// # Errors
///
/// If the `Authorization` header is refused, or if the authenticator is temporarily unavailable. A
/// refused cookie leaves the client unauthenticated instead: it may belong to another application,
/// and a web page cannot learn why a handshake failed.
pub(crate) async fn authenticate_headers(session: &Session, headers: &HeaderMap) -> Result<()> {
    if !session.has_authenticator() {
        return Ok(());
    }
    let credentials = Credentials::of_handshake(headers.clone(), session.peer.address());
    if !credentials.are_shown() {
        return Ok(());
    }
    // Authentication costs the application work and can be repeated on one connection, so it counts
    // against the rate limit.
    let too_soon = |wait| session.app.rates.refusal(wait);
    session.bucket.take(MANY).map_err(too_soon)?;
    let has_authorization = credentials.has_authorization();
    let limit = session.config().http.handshake_timeout;
    let asked = timeout(limit, session.authenticate(Some(credentials)));
    let timed_out = |_| {
        let text = "authentication timed out";
        Err(Error::new(ErrorKind::Unavailable, text))
    };
    let Err(mut error) = asked.await.unwrap_or_else(timed_out) else {
        return Ok(());
    };
    match error.kind() {
        ErrorKind::Internal => {
            let (id, cause) = error.assign_id();
            let address = session.peer.address();
            tracing::error!(%id, ?address, cause, "authenticator failed");
            Err(error)
        }
        ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::RateLimited => Err(error),
        ErrorKind::Unauthenticated if has_authorization => Err(error),
        _ if has_authorization => Err(Error::new(ErrorKind::Unauthenticated, error.to_string())),
        _ => Ok(()),
    }
}
