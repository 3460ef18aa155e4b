//! Who a client is by the headers of its handshake, or of its request over HTTP.

use crate::core::error::{Error, ErrorKind, Result};
use crate::dispatch::MANY;
use crate::engine::auth::credentials::Credentials;
use crate::engine::session::Session;
use hyper::HeaderMap;
use tokio::time::timeout;

/// Has the application say who the client is that sent these headers, where it asks that at all.
///
/// # Errors
///
/// Where it has an `Authorization` that is refused, and where nobody can say now. A cookie that is
/// refused makes it nobody: it may be another application's, and a page is not told why a handshake
/// fails.
pub(crate) async fn introduce(session: &Session, headers: &HeaderMap) -> Result<()> {
    if !session.has_authenticator() {
        return Ok(());
    }
    let credentials = Credentials::of_handshake(headers.clone(), session.peer.address());
    if !credentials.are_shown() {
        return Ok(());
    }
    // To ask costs the application something, and may be asked over and over on one connection.
    let too_soon = |wait| session.app.rates.refusal(wait);
    session.bucket.take(MANY).map_err(too_soon)?;
    let has_authorization = credentials.has_authorization();
    let patience = session.config().http.handshake_timeout;
    let asked = timeout(patience, session.authenticate(Some(credentials)));
    let late = |_| {
        let text = "nobody could say in time who this is";
        Err(Error::new(ErrorKind::Unavailable, text))
    };
    let Err(mut error) = asked.await.unwrap_or_else(late) else {
        return Ok(());
    };
    match error.kind() {
        ErrorKind::Internal => {
            let (id, cause) = error.assign_id();
            let address = session.peer.address();
            tracing::error!(%id, ?address, cause, "nobody could say who a client is");
            Err(error)
        }
        ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::RateLimited => Err(error),
        ErrorKind::Unauthenticated if has_authorization => Err(error),
        _ if has_authorization => Err(Error::new(ErrorKind::Unauthenticated, error.to_string())),
        _ => Ok(()),
    }
}
