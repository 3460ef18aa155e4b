//! Lists the records that match a filter, as many as fit in a reply.

use super::projection::{Projection, Rendered};
use crate::engine::call::context::Context;
use crate::model::record::Record;
use crate::model::resource_model::Model;
use crate::protocol::payload::Payload;
use crate::protocol::reply;
use crate::protocol::reply::{Body, Continuation, Done, Reply, Selection};
use crate::query;
use crate::query::QueryOrder;
use std::sync::Arc;

pub(super) async fn run(context: &Context, model: &Model, payload: &Payload) -> Reply {
    let given = payload.object()?;
    let projection = Projection::take(context.app(), model, &given)?;
    let (scope, config) = (context.app().relation_scope(), &context.app().config);
    let query = query::parse(model, &given, scope, config)?;
    drop(given);
    list(context, model, query, projection).await
}

/// The limit for records of which only properties are selected, as a multiple of the reply limit.
const SELECTED: usize = 16;

/// The records that match a query, as many as fit in a reply.
pub(super) async fn list(
    context: &Context,
    model: &Model,
    mut query: query::Query,
    projection: Projection,
) -> Reply {
    query.filter = context.narrow(model.index, query.filter)?;
    let room = reply::room(context.app().config.request.max_reply);
    query.max_bytes = match projection.selection {
        Selection::All => room,
        // The selected properties may be much smaller than the records.
        Selection::Some(..) => room.saturating_mul(SELECTED),
    };
    if !projection.includes.is_empty() {
        return with_included(context, model, query, projection).await;
    }
    let order = query.order.clone();
    let view = context.store().find(model.index, query).await?;
    let (mut records, more) = (view.value.records, view.value.more);
    let sizes: Vec<_> = records
        .iter()
        .map(|it| projection.selection.len(it))
        .collect();
    let (kept, next) = page(context, model, &order, &records, more, &sizes);
    records.truncate(kept);
    let records = records.into_iter().map(Some).collect();
    let done = Done::new(Body::Records(records, projection.selection), view.seq);
    Ok(done.with(Continuation {
        next,
        ..Continuation::default()
    }))
}

async fn with_included(
    context: &Context,
    model: &Model,
    query: query::Query,
    projection: Projection,
) -> Reply {
    let order = query.order.clone();
    let also = query.filter.related_resources();
    let snapshot = projection.snapshot(context, model, &also).await?;
    let found = snapshot.find(model.index, query).await?;
    let records: Vec<_> = found.records.into_iter().map(Some).collect();
    let mut written = Rendered::new(context);
    projection
        .write(context, &*snapshot, &records, &mut written)
        .await?;
    let next = loop {
        let kept = written.len();
        let is_cut = found.more || kept < records.len();
        let last = kept.checked_sub(1).filter(|_| is_cut);
        let last = last.and_then(|at| records[at].as_deref());
        let next = last.map(|last| query::cursor_after(&order, model, last));
        // The rest is on the next page, like the records after the limit.
        if !written.make_room(next.as_ref().map_or(0, String::len)) {
            break next;
        }
    };
    // A first record that does not fit could never be sent.
    let expected = if written.len() == 0 { records.len() } else { 0 };
    let (list, cut) = written.list(context, expected)?;
    let continuation = Continuation {
        next,
        cut,
        ..Continuation::default()
    };
    Ok(Done::new(list, snapshot.seq()).with(continuation))
}

/// How many records of these sizes fit in a reply, and the cursor after them if the list continues.
fn page(
    context: &Context,
    model: &Model,
    order: &[QueryOrder],
    records: &[Arc<Record>],
    more: bool,
    sizes: &[usize],
) -> (usize, Option<String>) {
    let mut kept = sizes.len();
    loop {
        let is_cut = more || kept < sizes.len();
        let last = kept.checked_sub(1).filter(|_| is_cut);
        let next = last.map(|last| query::cursor_after(order, model, &records[last]));
        let room = reply::room(context.app().config.request.max_reply)
            .saturating_sub(next.as_ref().map_or(0, String::len));
        // The rest is on the next page, like the records after the limit.
        let fitting = fitting(&sizes[..kept], room);
        if fitting == kept || fitting == 0 {
            return (kept, next);
        }
        kept = fitting;
    }
}

/// How many of these sizes, starting with the first, fit in `room` bytes.
fn fitting(sizes: &[usize], room: usize) -> usize {
    let sums = sizes.iter().scan(0, |sum, size| {
        *sum += size + 1;
        Some(*sum)
    });
    sums.take_while(|&sum| sum <= room).count()
}
