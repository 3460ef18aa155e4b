//! What a caller sees of what a subscription asks for, today and when it has become somebody else.

use crate::core::error::Result;
use crate::engine::call::context::Context;
use crate::engine::session::Session;
use crate::live::{
    InitialResult, LiveQuery, SubscriptionAccess, SubscriptionHandle, SubscriptionRequest,
};
use std::sync::Arc;

/// What the caller sees of what is asked for.
///
/// # Errors
///
/// Where it may not ask.
pub(crate) fn seen(context: &Context, request: &SubscriptionRequest) -> Result<SubscriptionAccess> {
    let parent = request.parent.as_ref();
    let parent = parent.map(|(resource, _)| context.read_filter(*resource));
    Ok(SubscriptionAccess {
        caller: context.caller().map(Into::into),
        read_filter: context.read_filter(request.resource)?,
        parent: parent.transpose()?,
    })
}

/// Joins the hub for what the caller sees of it.
pub(super) async fn join(
    session: &Session,
    context: &Context,
    request: &SubscriptionRequest,
    access: &SubscriptionAccess,
) -> Result<SubscriptionHandle> {
    let app = &session.app;
    if let Some((resource, id)) = &request.parent {
        context.see(&app.models[*resource], id).await?;
    }
    let query = Arc::new(LiveQuery {
        resource: request.resource,
        filter: request.filter.clone(),
        read_filter: access.read_filter.clone(),
    });
    SubscriptionHandle::register(&app.broker, &session.subscriptions, query).await
}

/// Begins a subscription anew for who the client has become.
///
/// # Errors
///
/// Where that one may not have it: then it ends.
pub(crate) async fn begin_anew(
    session: &Session,
    request: &SubscriptionRequest,
) -> Result<(SubscriptionHandle, SubscriptionAccess, InitialResult)> {
    let context = session.context(0);
    let access = seen(&context, request)?;
    let handle = join(session, &context, request, &access).await?;
    let result = handle.initial_result().await?;
    Ok((handle, access, result))
}
