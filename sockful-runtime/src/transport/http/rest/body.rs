//! Reads the body of a request as JSON.

use super::form;
use crate::core::config::Config;
use crate::core::error::{Error, ErrorKind, without_line};
use crate::core::json::byte_order_mark;
use crate::transport::http::RequestBody;
use crate::transport::http::refusal::HttpError;
use http_body_util::{BodyExt, Limited};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE};
use hyper::{HeaderMap, Method, StatusCode};
use serde_json::value::RawValue;
use tokio::time::timeout;

/// The format of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyFormat {
    Json,
    MergePatch,
    Form,
}

/// A body that was read.
#[derive(Debug)]
pub(super) struct RestBody {
    /// The payload of the request, as JSON.
    pub(super) payload: String,
    /// Whether it is a merge patch (RFC 7396).
    pub(super) is_merge_patch: bool,
}

/// Reads a body. The fields of a form are read according to `schema`, the schema of the payload.
///
/// # Errors
///
/// If the body is too large, does not arrive in time, or has a type that `method` does not accept.
pub(super) async fn read<'a>(
    body: impl RequestBody,
    method: &Method,
    headers: &HeaderMap,
    config: &Config,
    schema: impl FnOnce() -> form::Schema<'a>,
) -> Result<RestBody, HttpError> {
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
        Ok(Err(_)) => return Err(bad(StatusCode::BAD_REQUEST, "the body is incomplete")),
        Err(_) => {
            return Err(bad(StatusCode::REQUEST_TIMEOUT, "the body timed out"));
        }
    };
    let mut read = RestBody {
        payload: "null".to_owned(),
        is_merge_patch: false,
    };
    if bytes.is_empty() {
        return Ok(read);
    }
    let format = format(method, headers)?;
    if let Some(mark) = byte_order_mark(&bytes) {
        let text =
            format!("the body starts with a byte-order mark ({mark}); send UTF-8 without one");
        return Err(Error::new(ErrorKind::BadFrame, text).into());
    }
    let text = str::from_utf8(&bytes);
    let text = text.map_err(|_| bad(StatusCode::BAD_REQUEST, "the body is not UTF-8"))?;
    // curl declares every body as a form unless it has another option.
    if format == BodyFormat::Form && !text.trim_start().starts_with(['{', '[']) {
        read.payload = form::payload(text, schema());
        return Ok(read);
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => raw.get().clone_into(&mut read.payload),
        Err(error) => {
            let wrong = format!("the body is not JSON: {}", without_line(&error));
            return Err(Error::new(ErrorKind::BadFrame, wrong).into());
        }
    }
    read.is_merge_patch = format == BodyFormat::MergePatch;
    Ok(read)
}

fn format(method: &Method, headers: &HeaderMap) -> Result<BodyFormat, HttpError> {
    let refuse = |text| Err(bad(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    let value = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if value(CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return refuse("compressed bodies are not supported");
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
        "application/merge-patch+json" if *method == Method::PATCH => Ok(BodyFormat::MergePatch),
        _ if *method == Method::PATCH => refuse(
            "the body of a PATCH must be application/merge-patch+json, application/json or \
                application/x-www-form-urlencoded",
        ),
        // Other formats based on JSON are read as JSON, except patches, which are not records.
        _ if kind.ends_with("+json") && !kind.contains("patch") => Ok(BodyFormat::Json),
        _ => refuse("the body must be application/json or application/x-www-form-urlencoded"),
    }
}

fn bad(status: StatusCode, text: &'static str) -> HttpError {
    HttpError::with(status, Error::new(ErrorKind::BadFrame, text))
}
