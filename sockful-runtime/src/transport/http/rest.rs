//! The REST routes: a method and a path become a request for an action, and the payload of its
//! reply becomes the response.

mod address;
mod answer;
mod body;
mod form;
mod members;
mod options;
mod parameters;
mod target;

pub(crate) use address::is_rest_path;

use crate::core::error::{Error, ErrorKind, Fault, Outcome};
use crate::core::json::object::Object;
use crate::core::shutdown::Shutdown;
use crate::dispatch::Request;
use crate::engine::session::Session;
use crate::transport::http::auth_headers::authenticate_headers;
use crate::transport::http::cors;
use crate::transport::http::origin;
use crate::transport::http::refusal::{ACCEPT_PATCH, HttpError, PATCHES};
use crate::transport::http::sse::Position;
use crate::transport::http::{Body, Listener, RequestBody};
use crate::transport::websocket;
use address::RestPath;
use answer::ResponseContext;
use hyper::header::{ACCEPT, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Response, StatusCode, Uri};
use members::{ObjectWriter, merged, text};
use std::pin::pin;
use std::sync::Arc;
use target::RestTarget;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// The header by which a browser reports how far it has read a stream.
const LAST_EVENT_ID: &str = "last-event-id";

/// Responds to a request whose path [belongs to the REST routes](is_rest_path). A stream of events gets
/// its permit from `enter`. Once `cut` completes, an unfinished request is answered with 503.
pub(crate) async fn answer<G: Send + 'static>(
    session: Arc<Session>,
    parts: Parts,
    body: impl RequestBody,
    listener: Listener,
    enter: impl FnOnce() -> Result<(G, Shutdown), Error>,
    cut: impl Future<Output = ()>,
) -> Response<Body> {
    if let Err(refused) = origin::check(&parts.headers, &session.app.site_access, listener) {
        return *refused;
    }
    let (method, headers) = (parts.method.clone(), parts.headers.clone());
    let mut response = if method == Method::OPTIONS {
        cors::preflight(&methods(&session, &parts.uri), &headers)
    } else {
        let answered = respond(&session, parts, body, enter, cut).await;
        answered.unwrap_or_else(answer::failure)
    };
    if method == Method::PATCH && response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        let types = HeaderValue::from_static(PATCHES);
        response.headers_mut().insert(ACCEPT_PATCH, types);
    }
    cors::open(&mut response, &headers);
    response
}

async fn respond<G: Send + 'static>(
    session: &Arc<Session>,
    parts: Parts,
    body: impl RequestBody,
    enter: impl FnOnce() -> Result<(G, Shutdown), Error>,
    cut: impl Future<Output = ()>,
) -> Result<Response<Body>, HttpError> {
    let Parts {
        method,
        uri,
        headers,
        ..
    } = parts;
    let place = RestPath::parse(uri.path())?;
    let is_live = method == Method::GET && wants_events(&headers);
    let method = if method == Method::HEAD {
        Method::GET
    } else {
        method
    };
    let app = session.app.clone();
    let Some(target) = RestTarget::of(&app, &place, &method) else {
        return Err(unsupported(session, &place));
    };
    authenticate_headers(session, &headers).await?;
    let mut cut = pin!(cut);
    let mut is_merge_patch = false;
    let payload = match (target.query_model, uri.query()) {
        (Some(model), query) => {
            parameters::payload(query.unwrap_or_default(), model, app.relation_scope())?
        }
        (None, Some(query)) if !query.is_empty() => return Err(no_parameters().into()),
        (None, _) if method == Method::GET => "null".to_owned(),
        (None, _) => {
            let schema =
                || form::Schema::of(app.description.value(), &target.resource, &target.action);
            let read = body::read(body, &method, &headers, session.config(), schema);
            let body = tokio::select! {
                biased;
                body = read => body?,
                () = &mut cut => return Err(Error::shutting_down(Outcome::NotApplied).into()),
            };
            is_merge_patch = body.is_merge_patch;
            body.payload
        }
    };
    let mut payload = merged(&target.path_properties, payload)?;
    let options = options::of(&headers, &method)?;
    if let Some(action) = target.live.filter(|_| is_live) {
        if let Some(from) = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()) {
            payload = resuming(&payload, from);
        }
        let frame = frame(&target.resource, action, &payload, &options);
        return crate::transport::http::sse::respond(session.clone(), frame, enter()?).await;
    }
    let (resource, action) = (&target.resource, &target.action);
    let mut request = Request::from_parts(session, resource, action, payload, &options)?;
    if is_merge_patch {
        request = request.merging();
    }
    let reply = websocket::answer(session, request, cut).await;
    let context = ResponseContext {
        method,
        uri,
        headers,
        target,
    };
    Ok(context.answer(reply, session.config().request.max_reply))
}

/// The methods that an address supports.
fn methods(session: &Session, address: &Uri) -> Vec<Method> {
    let place = RestPath::parse(address.path());
    place.map_or_else(
        |_| Vec::new(),
        |place| RestTarget::methods(&session.app, &place),
    )
}

/// The frame that starts a subscription.
fn frame(resource: &str, action: &str, payload: &str, options: &str) -> Utf8Bytes {
    let (resource, action) = (text(resource), text(action));
    format!("[{resource},{action},{payload},0,{options}]").into()
}

/// The error for a method that a path does not support.
fn unsupported(session: &Session, place: &RestPath) -> HttpError {
    let methods = RestTarget::methods(&session.app, place);
    if !methods.is_empty() {
        let error = Error::new(
            ErrorKind::UnknownAction,
            "this method is not allowed at this address",
        );
        return HttpError::Method(methods, Box::new(error));
    }
    match place.resource() {
        Some(resource) if session.app.resources.position(resource).is_none() => {
            Error::new(ErrorKind::UnknownResource, "resource not found").into()
        }
        _ => address::unknown_path().into(),
    }
}

fn no_parameters() -> Error {
    Error::invalid(vec![Fault::new(
        "",
        "parameters",
        "query parameters are not allowed on a write or a method call; put them into the body",
    )])
}

/// Whether the request accepts server-sent events.
fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter();
    let accepted = accepted.filter_map(|value| value.to_str().ok());
    let mut kinds = accepted.flat_map(|value| value.split(','));
    kinds.any(|kind| {
        let kind = kind.split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("text/event-stream")
    })
}

/// The payload of a subscription that resumes after the event with this id.
fn resuming(payload: &str, id: &str) -> String {
    let (Some(Position { resume, seq, at }), Ok(query)) =
        (Position::parse(id), Object::parse(payload))
    else {
        return payload.to_owned();
    };
    let mut from = ObjectWriter::of("resume", &text(resume));
    from.push("seq", &seq.to_string());
    from.push("at", &text(at));
    let mut members = ObjectWriter::of("$from", &from.to_json());
    for (name, raw) in query.take_rest() {
        members.push(name, raw);
    }
    members.to_json()
}
