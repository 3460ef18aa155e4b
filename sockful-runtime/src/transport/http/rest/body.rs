//! The body of a request, as JSON.

use super::form;
use crate::core::config::Config;
use crate::core::error::{Error, ErrorKind, without_line};
use crate::transport::http::RequestBody;
use crate::transport::http::refusal::HttpError;
use http_body_util::{BodyExt, Limited};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE};
use hyper::{HeaderMap, StatusCode};
use serde_json::value::RawValue;
use tokio::time::timeout;

/// What a body may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyFormat {
    Json,
    Form,
}

/// Reads a body; `schema` is what it is to be, by which the fields of a form are read.
///
/// # Errors
///
/// Where it is too large, does not come in time, or is neither JSON nor a form.
pub(super) async fn read<'a>(
    body: impl RequestBody,
    headers: &HeaderMap,
    config: &Config,
    schema: impl FnOnce() -> form::Schema<'a>,
) -> Result<String, HttpError> {
    let whole = timeout(
        config.http.handshake_timeout,
        Limited::new(body, config.connection.max_frame).collect(),
    );
    let bytes = match whole.await {
        Ok(Ok(whole)) => whole.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return Err(
                Error::too_large("the body", "max_frame", config.connection.max_frame).into(),
            );
        }
        Ok(Err(_)) => return Err(bad(StatusCode::BAD_REQUEST, "the body did not come whole")),
        Err(_) => {
            return Err(bad(
                StatusCode::REQUEST_TIMEOUT,
                "the body did not come in time",
            ));
        }
    };
    if bytes.is_empty() {
        return Ok("null".to_owned());
    }
    let text = str::from_utf8(&bytes);
    let text = text.map_err(|_| bad(StatusCode::BAD_REQUEST, "the body is not UTF-8"))?;
    match kind(headers)? {
        // It is what curl calls everything by itself.
        BodyFormat::Form if !text.trim_start().starts_with(['{', '[']) => {
            Ok(form::payload(text, schema()))
        }
        BodyFormat::Json | BodyFormat::Form => match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) => Ok(raw.get().to_owned()),
            Err(error) => {
                let wrong = format!("the body is not JSON: {}", without_line(&error));
                Err(Error::new(ErrorKind::BadFrame, wrong).into())
            }
        },
    }
}

fn kind(headers: &HeaderMap) -> Result<BodyFormat, HttpError> {
    let refuse = |text| Err(bad(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    let value = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if value(CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return refuse("a body is not compressed here");
    }
    let Some(kind) = value(CONTENT_TYPE) else {
        return Ok(BodyFormat::Json);
    };
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => Ok(BodyFormat::Json),
        "application/x-www-form-urlencoded" => Ok(BodyFormat::Form),
        _ if kind.ends_with("+json") => Ok(BodyFormat::Json),
        _ => refuse("a body is application/json or application/x-www-form-urlencoded"),
    }
}

fn bad(status: StatusCode, text: &'static str) -> HttpError {
    HttpError::with(status, Error::new(ErrorKind::BadFrame, text))
}
