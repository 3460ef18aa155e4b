//! Lists: records that meet conditions, as many as a reply has room for.

use super::wanted::Projection;
use crate::engine::call::context::Context;
use crate::model::record::Record;
use crate::model::resource_model::Model;
use crate::protocol::payload::Payload;
use crate::protocol::reply;
use crate::protocol::reply::{Body, Continuation, Done, Reply};
use crate::query;
use crate::query::QueryOrder;

pub(super) async fn run(context: &Context, model: &Model, payload: &Payload) -> Reply {
    let given = payload.object()?;
    let wanted = Projection::take(context.app(), model, &given)?;
    let query = query::parse(model, &given, &context.app().config)?;
    drop(given);
    list(context, model, query, wanted).await
}

/// The records that a query asks for, as many as a reply has room for.
pub(super) async fn list(
    context: &Context,
    model: &Model,
    mut query: query::Query,
    wanted: Projection,
) -> Reply {
    query.filter = context.read_filter(model.index)?.narrow(query.filter);
    if !wanted.includes.is_empty() {
        return with_included(context, model, query, wanted).await;
    }
    let order = query.order.clone();
    let view = context.store().find(model.index, query).await?;
    context.note_visited(view.value.visited);
    let (mut records, more) = (view.value.records, view.value.more);
    let sizes: Vec<_> = records.iter().map(|it| wanted.selection.len(it)).collect();
    let (kept, next) = page(
        context,
        model,
        &order,
        |at| Some(&*records[at]),
        more,
        &sizes,
    );
    records.truncate(kept);
    let records = records.into_iter().map(Some).collect();
    let done = Done::new(Body::Records(records, wanted.selection), view.seq);
    Ok(done.with(Continuation {
        next,
        ..Continuation::default()
    }))
}

async fn with_included(
    context: &Context,
    model: &Model,
    query: query::Query,
    wanted: Projection,
) -> Reply {
    let order = query.order.clone();
    let snapshot = wanted.snapshot(context, model).await?;
    let found = snapshot.find(model.index, query).await?;
    context.note_visited(found.visited);
    let mut more = found.more;
    let mut records: Vec<_> = found.records.into_iter().map(Some).collect();
    loop {
        let written = wanted.write(context, &*snapshot, &records).await?;
        let last = |at: usize| records[at].as_deref();
        let (kept, next) = page(context, model, &order, last, more, &written.sizes());
        if kept == records.len() {
            let continuation = Continuation {
                next,
                cut: written.cut.clone(),
                ..Continuation::default()
            };
            return Ok(Done::new(written.list(), snapshot.seq()).with(continuation));
        }
        // What is included in the rest comes with the next page, too.
        records.truncate(kept);
        more = true;
    }
}

/// How many of the records of these sizes a reply has room for, and where the list goes on behind
/// them; `record` gives the one at a place.
fn page<'r>(
    context: &Context,
    model: &Model,
    order: &[QueryOrder],
    record: impl Fn(usize) -> Option<&'r Record>,
    more: bool,
    sizes: &[usize],
) -> (usize, Option<String>) {
    let mut kept = sizes.len();
    loop {
        let is_cut = more || kept < sizes.len();
        let last = kept.checked_sub(1).filter(|_| is_cut).and_then(&record);
        let next = last.map(|last| query::cursor_after(order, model, last));
        let room = reply::room(context.app().config.request.max_reply)
            .saturating_sub(next.as_ref().map_or(0, String::len));
        // The rest comes with the next page, like what is behind the limit.
        let fitting = fitting(&sizes[..kept], room);
        if fitting == kept || fitting == 0 {
            return (kept, next);
        }
        kept = fitting;
    }
}

/// How many of these sizes fit into `room` bytes, from the first.
fn fitting(sizes: &[usize], room: usize) -> usize {
    let sums = sizes.iter().scan(0, |sum, size| {
        *sum += size + 1;
        Some(*sum)
    });
    sums.take_while(|&sum| sum <= room).count()
}
