//! Who a client is by its handshake.

use crate::dispatch::MANY;
use crate::error::ErrorKind;
use crate::http::{self, Body};
use crate::identity::Credentials;
use crate::session::Session;
use hyper::header::{HeaderValue, WWW_AUTHENTICATE};
use hyper::{HeaderMap, Response, StatusCode};

/// Has the application say who the client is that sent these headers.
///
/// # Errors
///
/// The refusal: where it has an `Authorization` that is refused, and where nobody can say now. A
/// cookie that is refused makes it nobody: it may be another application's, and a page is not told
/// why a handshake fails.
pub(super) async fn introduce(
    session: &Session,
    headers: HeaderMap,
) -> Result<(), Box<Response<Body>>> {
    let credentials = Credentials::of_handshake(headers, session.peer.address());
    if !credentials.are_shown() {
        return Ok(());
    }
    // To ask costs the application something, and may be asked over and over on one connection.
    if let Err(wait) = session.bucket.take(MANY) {
        let error = session.app.shared.rates.refusal(wait);
        return Err(Box::new(http::plain(
            StatusCode::TOO_MANY_REQUESTS,
            format!("{error}\n"),
        )));
    }
    let has_authorization = credentials.has_authorization();
    let Err(mut error) = session.authenticate(Some(credentials)).await else {
        return Ok(());
    };
    let refuse = |status, text: String| Err(Box::new(http::plain(status, text)));
    match error.kind() {
        ErrorKind::Internal => {
            let (id, cause) = error.tell_id();
            let address = session.peer.address();
            tracing::error!(%id, ?address, cause, "nobody could say who a client is");
            let text = format!("something went wrong on the server ({id})\n");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, text)
        }
        ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::RateLimited => {
            refuse(StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n"))
        }
        _ if has_authorization => {
            let mut response = http::plain(StatusCode::UNAUTHORIZED, format!("{error}\n"));
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
            Err(Box::new(response))
        }
        _ => Ok(()),
    }
}
