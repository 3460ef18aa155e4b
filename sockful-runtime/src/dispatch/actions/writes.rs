//! The actions that write: each in the lane of its record, again where another writer came in between.

use super::{id, no_more};
use crate::commit::{Commit, Committed, Expect, Operation, Rejected};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::object::Object;
use crate::reader::Giver;
use crate::record::Record;
use crate::reply::{Body, Done, Reply, Selection};
use std::sync::Arc;

pub(crate) async fn create(context: &Context, model: &Model, payload: &str, by: Giver) -> Reply {
    let given = Object::parse(payload)?;
    let record = model.create(&given, by)?;
    let record = model.settle(record, None, &context.shared().clock);
    drop(given);
    let _lane = context.shared().lanes.take(model.index, record.id()).await;
    match put(context, model, record, Expect::Absent).await? {
        Some(done) => Ok(done),
        None => Err(Error::new(
            ErrorKind::Conflict,
            format!("a `{}` of this id exists already", model.declared.name),
        )),
    }
}

pub(crate) async fn update(
    context: &Context,
    model: &Model,
    payload: &str,
    by: Giver,
    if_rev: Option<u64>,
) -> Reply {
    let given = Object::parse(payload)?;
    let id = id(model, &given)?;
    let _lane = context.shared().lanes.take(model.index, &id).await;
    loop {
        let view = context.store().get(model.index, &id).await?;
        let stored = view
            .value
            .ok_or_else(|| Error::not_found(model.declared.name))?;
        stored.expect_rev(if_rev)?;
        let record = model.change(&given, &stored, by)?;
        if let Some(done) = replace(context, model, record, stored, view.seq).await? {
            return Ok(done);
        }
    }
}

pub(super) async fn save(
    context: &Context,
    model: &Model,
    payload: &str,
    by: Giver,
    if_rev: Option<u64>,
) -> Reply {
    let given = Object::parse(payload)?;
    if given.take(model.id_name()).is_none() && if_rev.is_none() {
        return create(context, model, payload, by).await;
    }
    let id = id(model, &given)?;
    let _lane = context.shared().lanes.take(model.index, &id).await;
    loop {
        let view = context.store().get(model.index, &id).await?;
        let done = match view.value {
            None if if_rev.is_some() => {
                let message = "the record is not there, so its revision is another";
                return Err(Error::new(ErrorKind::Conflict, message).at("if_rev"));
            }
            None => {
                let record = model.create(&given, by)?;
                let record = model.settle(record, None, &context.shared().clock);
                put(context, model, record, Expect::Absent).await?
            }
            Some(stored) => {
                stored.expect_rev(if_rev)?;
                let record = model.replace(&given, &stored, by)?;
                replace(context, model, record, stored, view.seq).await?
            }
        };
        match done {
            Some(done) => return Ok(done),
            None => context.back_off().await,
        }
    }
}

pub(crate) async fn destroy(
    context: &Context,
    model: &Model,
    payload: &str,
    if_rev: Option<u64>,
) -> Reply {
    let given = Object::parse(payload)?;
    let id = id(model, &given)?;
    no_more(&given)?;
    let _lane = context.shared().lanes.take(model.index, &id).await;
    loop {
        let view = context.store().get(model.index, &id).await?;
        let stored = view
            .value
            .ok_or_else(|| Error::not_found(model.declared.name))?;
        stored.expect_rev(if_rev)?;
        let expect = Expect::Rev(stored.rev());
        let delete = Operation::Delete {
            resource: model.index,
            id: stored.id().into(),
            expect,
        };
        match commit(context, model, delete).await? {
            Some(committed) => {
                return Ok(Done::new(
                    Body::Record(stored, Selection::All),
                    committed.seq,
                ));
            }
            None => context.back_off().await,
        }
    }
}

/// Stores `record` in the place of `stored`; one that is the same makes no commit. `None` says
/// that another writer came in between.
async fn replace(
    context: &Context,
    model: &Model,
    record: Record,
    stored: Arc<Record>,
    seq: u64,
) -> Result<Option<Done>> {
    let record = model.settle(record, Some(&stored), &context.shared().clock);
    if record.same_content(&stored) {
        return Ok(Some(Done::new(Body::Record(stored, Selection::All), seq)));
    }
    let done = put(context, model, record, Expect::Rev(stored.rev())).await?;
    if done.is_none() {
        context.back_off().await;
    }
    Ok(done)
}

async fn put(
    context: &Context,
    model: &Model,
    record: Record,
    expect: Expect,
) -> Result<Option<Done>> {
    let committed = commit(
        context,
        model,
        Operation::Put {
            resource: model.index,
            record,
            expect,
        },
    )
    .await?;
    let Some(committed) = committed else {
        return Ok(None);
    };
    let stored = committed
        .changes
        .first()
        .and_then(|change| change.after.clone());
    let stored = stored.ok_or_else(|| Error::internal("the store took a record and kept none"))?;
    Ok(Some(Done::new(
        Body::Record(stored, Selection::All),
        committed.seq,
    )))
}

/// Commits one operation; `None` says that it found something else than it expected.
async fn commit(
    context: &Context,
    model: &Model,
    operation: Operation,
) -> Result<Option<Arc<Committed>>> {
    match context
        .commit(Commit {
            operations: vec![operation],
        })
        .await
    {
        Ok(committed) => Ok(Some(committed)),
        Err(Rejected::Conflict(_)) => Ok(None),
        Err(Rejected::Taken { property, .. }) => Err(model.taken(property)),
        Err(Rejected::Failed(error)) => Err(error),
    }
}
