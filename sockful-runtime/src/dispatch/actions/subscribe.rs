//! `subscribe` and `unsubscribe`.

pub(in crate::dispatch) mod scope;

use crate::core::error::{Error, ErrorKind, Fault, Result};
use crate::core::json;
use crate::dispatch::outcome::SubscriptionChange;
use crate::engine::call::context::Context;
use crate::engine::session::Session;
use crate::live::{
    Delivery, EventEncoder, NewSubscription, RemainingRecords, ResumeRequest, Window,
};
use crate::model::definition::Parent;
use crate::model::resource_model::Model;
use crate::protocol::frame;
use crate::protocol::payload::Payload;
use crate::protocol::reply;
use crate::protocol::reply::{Body, Continuation, Done, Selection, Subscribed};
use crate::query;
use crate::query::{Path, QueryFilter};
use scope::{SubscriptionRequest, SubscriptionScope};
use std::sync::Arc;

/// Begins a subscription, to the children of one record if `parent` is given.
pub(in crate::dispatch) async fn begin(
    session: &Session,
    context: &Context,
    model: &Model,
    parent: Option<&Parent>,
    ack: &str,
    payload: &Payload,
) -> Result<(Done, SubscriptionChange)> {
    let app = &session.app;
    let mut given = payload.object()?;
    let link = parent.map(|parent| app.relations.link(model.index, parent));
    let link = link.transpose()?;
    let of = link.map(|link| &app.models[link.to]);
    let mut filters = Vec::new();
    let mut parent = None;
    if let (Some(link), Some(of)) = (link, of) {
        let id = link.parent_id(model, of, &given)?.into_owned();
        given.remove(model.definition.properties[link.parent.property].name);
        filters.push(QueryFilter::children_of(link, of, &id));
        parent = Some((of.index, id.into()));
    }
    let from = given.take("$from").map(parse_from).transpose()?;
    let is_count = query::is_count(&given)?;
    let select = given.take("$select");
    let select = select.map(|raw| query::select(model, raw)).transpose()?;
    let window = query::window(model, &given, app.config.live.max_window)?;
    let window = window.map(|(order, limit)| Arc::new(Window::new(order, limit)));
    let relations = app.relation_scope();
    let relations = match window {
        Some(_) => relations.unavailable_in("a live window"),
        None if is_count => relations.unavailable_in("a live count"),
        None => relations,
    };
    filters.push(query::conditions(model, &given, relations)?);
    drop(given);
    let request = SubscriptionRequest {
        resource: model.index,
        filter: QueryFilter::all_of(filters),
        parent,
        window,
        is_count,
    };
    let scope = SubscriptionScope::evaluate(context, request)?;

    let requested = of.unwrap_or(model).definition.name;
    let resources = [requested, model.definition.name];
    let max = app.config.live.max_subscriptions;
    let ack_id = session.subscriptions.reserve(ack, resources, max)?;
    let broker = &app.broker;
    let handle = scope.register(session, context).await?;
    let query = &handle.query;
    let caller = &scope.access.caller;
    let same = (&select, &session.app.description.digest, caller);
    // A window or a count is always sent again.
    let is_resumable = !query.is_kept();
    let resumed = match from.filter(|_| is_resumable) {
        Some(from) => broker.can_resume(from, query, same).await?,
        None => None,
    };
    let resumed = match (from, resumed) {
        (Some(from), Some(at)) => handle.resume(from.seq).await?.then_some(at),
        _ => None,
    };
    let selection = Selection::of(model.definition, select.clone());
    let (body, seq, at, remaining) = match from {
        Some(ResumeRequest { seq, .. }) if resumed.is_some() => {
            let nothing = RemainingRecords::default();
            (b"{\"resumed\":true}".to_vec(), seq, resumed, nothing)
        }
        _ => {
            let result = handle.initial_result().await?;
            let (seq, at, count) = (result.seq, result.at, result.count);
            let mut records = RemainingRecords::new(result);
            let room = reply::room(app.config.request.max_reply);
            let first = match count {
                Some(count) => format!("{{\"count\":{count}}}").into_bytes(),
                None => records.take_first(room, &selection),
            };
            (first, seq, at, records)
        }
    };
    let subscribed = Subscribed {
        resume: is_resumable.then(|| broker.resume_token(query, seq, same).to_string()),
        at: at.filter(|_| remaining.is_empty()),
        more: !remaining.is_empty(),
    };
    let done = Done::new(Body::Json(body), seq).with(Continuation {
        subscribed: Some(subscribed),
        ..Continuation::default()
    });
    let subscription = NewSubscription {
        handle,
        encoder: EventEncoder {
            ack_id,
            definition: model.definition,
            selection,
            positions: Arc::clone(&broker.positions),
        },
        seq,
        remaining: Delivery::remaining(remaining, seq, at),
        scope,
    };
    Ok((done, SubscriptionChange::Begin(Box::new(subscription))))
}

/// Ends a subscription that was started by a request to this resource or that covers its records.
pub(in crate::dispatch) fn end(
    session: &Session,
    model: &Model,
    payload: &Payload,
) -> Result<(Done, SubscriptionChange)> {
    let given = payload.object()?;
    let refuse = |rule, message: &'static str| {
        Error::invalid(vec![Fault::new("subscription", rule, message)])
    };
    let ack = given
        .take("subscription")
        .ok_or_else(|| refuse("required", "is required: the ack_id of the subscription"))?;
    given.finish()?;
    if !frame::is_ack_id(ack) {
        return Err(refuse("type", "is not the ack_id of a subscription"));
    }
    if !session.subscriptions.contains(ack, model.definition.name) {
        let message = "this connection has no such subscription";
        return Err(Error::new(ErrorKind::NotFound, message));
    }
    let done = Done::bare(Body::Json(b"null".to_vec()));
    Ok((done, SubscriptionChange::End(ack.into())))
}

/// Parses the value of `$from`: where a subscription continues.
fn parse_from(raw: &str) -> Result<ResumeRequest<'_>> {
    let path = Path::Root;
    let path = path.key("$from");
    let given = path.object(
        raw,
        "such as {\"resume\": \"…\", \"seq\": 41, \"at\": \"…\"}",
    )?;
    let text = |raw: &&str| raw.starts_with('"');
    let token = given.take("resume").filter(text);
    let token = token.ok_or_else(|| {
        path.key("resume")
            .refuse("`resume` must be the string from the reply to `subscribe`")
    })?;
    let seq = given.take("seq").filter(|raw| json::is_exact(raw));
    let seq = seq.and_then(|raw| raw.parse().ok()).ok_or_else(|| {
        path.key("seq")
            .refuse("`seq` must be the number of the last commit received")
    })?;
    let at = given.take("at");
    if at.is_some_and(|at| !text(&at)) {
        let message = "`at` must be the string received with the last `seq`";
        return Err(path.key("at").refuse(message));
    }
    if let Some(fault) = given.unknown().next() {
        let message = format!("`{}` is not allowed here", fault.path);
        return Err(path.key(&fault.path).refuse(message));
    }
    Ok(ResumeRequest {
        token: token.trim_matches('"'),
        seq,
        at: at.map(|at| at.trim_matches('"')),
    })
}
