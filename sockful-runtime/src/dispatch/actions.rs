//! The actions that every resource has.

mod get;
mod list;
mod projection;
pub(super) mod relations;
pub(super) mod subscribe;

pub(super) use get::try_get_now;

use crate::core::error::Error;
use crate::engine::call::context::Context;
use crate::engine::call::write::{Write, WriteKind};
use crate::engine::table::CoreAction;
use crate::model::reader::Origin;
use crate::model::resource_model::Model;
use crate::protocol::payload::Payload;
use crate::protocol::reply::{Body, Done, Reply};
use crate::query;
use futures_util::FutureExt;

/// The error if an action that needs a connection is run without one.
const NEEDS_CONNECTION: &str = "subscriptions need a connection";

pub(super) async fn run(
    context: &Context,
    model: &Model,
    action: CoreAction,
    payload: &Payload,
    if_rev: Option<u64>,
) -> Reply {
    let action = match action {
        CoreAction::Get => return get::run(context, model, payload).boxed().await,
        CoreAction::Find => return list::run(context, model, payload).boxed().await,
        CoreAction::Count => return count(context, model, payload).await,
        CoreAction::Create => WriteKind::Create,
        CoreAction::Update => WriteKind::Update,
        CoreAction::Save => WriteKind::Save,
        CoreAction::Destroy => WriteKind::Destroy,
        CoreAction::Subscribe | CoreAction::Unsubscribe => {
            return Err(Error::internal(NEEDS_CONNECTION));
        }
    };
    let write = Write::new(model, action, payload, Origin::Client);
    Write { if_rev, ..write }.run(context).await
}

async fn count(context: &Context, model: &Model, payload: &Payload) -> Reply {
    let scope = context.app().relation_scope();
    let filter = query::conditions(model, &payload.object()?, scope)?;
    let filter = context.narrow(model.index, filter)?;
    let view = context.store().count(model.index, filter).await?;
    Ok(Done::new(
        Body::Json(view.value.count.to_string().into_bytes()),
        view.seq,
    ))
}
