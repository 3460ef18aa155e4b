//! What a caller sees of what a subscription asks for, today and when it has become somebody else.

use crate::core::error::Result;
use crate::engine::call::context::Context;
use crate::engine::session::Session;
use crate::live::{Asked, Interest, Member, Seen, Whole};
use std::sync::Arc;

/// What the caller sees of what is asked for.
///
/// # Errors
///
/// Where it may not ask.
pub(crate) fn seen(context: &Context, asked: &Asked) -> Result<Seen> {
    let parent = asked.parent.as_ref();
    let parent = parent.map(|(resource, _)| context.read_filter(*resource));
    Ok(Seen {
        caller: context.caller().map(Into::into),
        read_filter: context.read_filter(asked.resource)?,
        parent: parent.transpose()?,
    })
}

/// Joins the hub for what the caller sees of it.
pub(super) async fn join(
    session: &Session,
    context: &Context,
    asked: &Asked,
    seen: &Seen,
) -> Result<Member> {
    let app = &session.app;
    if let Some((resource, id)) = &asked.parent {
        context.see(&app.models[*resource], id).await?;
    }
    let interest = Arc::new(Interest {
        resource: asked.resource,
        filter: asked.filter.clone(),
        read_filter: seen.read_filter.clone(),
    });
    app.broker.join(&session.outlet, interest).await
}

/// Begins a subscription anew for who the client has become.
///
/// # Errors
///
/// Where that one may not have it: then it ends.
pub(crate) async fn begin_anew(session: &Session, asked: &Asked) -> Result<(Member, Seen, Whole)> {
    let context = session.context(0);
    let seen = seen(&context, asked)?;
    let member = join(session, &context, asked, &seen).await?;
    let whole = member.whole().await?;
    Ok((member, seen, whole))
}
