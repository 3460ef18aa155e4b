//! Turns a reply into an HTTP response.

use super::parameters;
use super::target::{Created, CreatedPlace, RestTarget};
use crate::core::error::{Error, ErrorKind};
use crate::model::key;
use crate::protocol::reply;
use crate::protocol::reply::{Done, Reply};
use crate::transport::http;
use crate::transport::http::Body;
use crate::transport::http::refusal::{HttpError, allowed};
use bytes::Bytes;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH, LINK, LOCATION,
    RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{HeaderMap, Method, Response, StatusCode, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters of an id that are percent-encoded in a path.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The parts of a request that its response depends on.
pub(super) struct ResponseContext<'a> {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) target: RestTarget<'a>,
}

impl ResponseContext<'_> {
    /// The response for a reply.
    pub(super) fn answer(&self, reply: Reply, max_reply: usize) -> Response<Body> {
        let (body, reply) = reply::payload(reply, max_reply);
        let done = match reply {
            Ok(done) => done,
            Err(error) => return error_response(&error, self.status(&error), body.into()),
        };
        let tag = self.tag(&done);
        let is_read = self.method == Method::GET;
        let is_known = |tag: &String| is_read && http::is_known(&self.headers, tag);
        let mut response = if tag.as_ref().is_some_and(is_known) {
            let mut response = Response::new(Body::default());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            json(StatusCode::OK, body.into())
        };
        if let Some(tag) = tag {
            set(&mut response, ETAG, &tag);
            set(&mut response, CACHE_CONTROL, "no-cache");
        }
        let after = |next: &str| parameters::after(self.uri.query().unwrap_or_default(), next);
        if is_read && let Some(query) = done.next().and_then(after) {
            set(&mut response, LINK, &format!("<?{query}>; rel=\"next\""));
        }
        if let Some(created) = self.target.creates {
            *response.status_mut() = StatusCode::CREATED;
            if let Some(location) = self.location(&done, created) {
                set(&mut response, LOCATION, &location);
            }
        }
        response
    }

    /// The entity tag: the revision of the record, if the result is exactly one record and
    /// complete.
    fn tag(&self, done: &Done) -> Option<String> {
        let (_, rev) = done.record().zip(done.rev)?;
        Some(format!("\"{rev}\"")).filter(|_| done.cut().is_none() && !self.includes())
    }

    /// Whether the result includes related records, which change independently.
    fn includes(&self) -> bool {
        let query = self.uri.query().unwrap_or_default();
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.any(|(key, value)| key == "$with" || value.contains("$with"))
    }

    /// The address of the created record, relative to that of the request, because the path at
    /// which the server is mounted is not known here.
    fn location(&self, done: &Done, created: Created<'_>) -> Option<String> {
        let definition = created.model.definition;
        let id = key::json(done.record()?.id(), definition.key);
        let id = serde_json::from_str::<String>(&id).unwrap_or(id);
        let id = utf8_percent_encode(&id, ENCODED);
        let path = self.uri.path();
        // An address that ends with a slash is resolved like a folder.
        let (path, is_folder) = match path.strip_suffix('/') {
            Some(path) => (path, true),
            None => (path, false),
        };
        let up = if is_folder { "../" } else { "" };
        match created.place {
            CreatedPlace::Below if is_folder => Some(format!("./{id}")),
            CreatedPlace::Below => Some(format!("{}/{id}", path.rsplit('/').next()?)),
            CreatedPlace::Beside => Some(format!("{up}./{id}")),
            CreatedPlace::Child if definition.serves("get") => {
                Some(format!("{up}../{}/{id}", definition.name))
            }
            CreatedPlace::Child => None,
        }
    }

    fn status(&self, error: &Error) -> StatusCode {
        let is_revision = error.kind() == ErrorKind::Conflict && error.path() == Some("if_rev");
        if is_revision && self.headers.contains_key(IF_MATCH) {
            return StatusCode::PRECONDITION_FAILED;
        }
        http::status(error)
    }
}

/// The response for a failed request.
pub(super) fn failure(refusal: HttpError) -> Response<Body> {
    let (status, error, methods) = match refusal {
        HttpError::Error(status, error) => (status, error, Vec::new()),
        HttpError::Method(methods, error) => (Some(StatusCode::METHOD_NOT_ALLOWED), error, methods),
    };
    let status = status.unwrap_or_else(|| http::status(&error));
    let mut response = error_response(&error, status, reply::refusal(&error).into());
    if !methods.is_empty() {
        response.headers_mut().insert(ALLOW, allowed(&methods));
    }
    response
}

/// The response for an error whose JSON is `body`.
fn error_response(error: &Error, status: StatusCode, body: Bytes) -> Response<Body> {
    let mut response = json(status, body);
    if status == StatusCode::UNAUTHORIZED {
        set(&mut response, WWW_AUTHENTICATE, "Bearer");
    }
    if let Some(wait) = http::retry_after(error) {
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    response
}

fn json(status: StatusCode, body: Bytes) -> Response<Body> {
    let mut response = Response::new(http::full_body(body));
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, "application/json");
    set(&mut response, CACHE_CONTROL, "no-store");
    set(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

/// Sets a header. A value that is not valid in a header is omitted.
fn set(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
