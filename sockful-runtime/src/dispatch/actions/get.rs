//! Reads one or several records by their ids.

use super::projection::{Projection, Rendered};
use crate::core::config::MAX_IDS;
use crate::core::error::{Error, ErrorKind, Fault, Result};
use crate::core::json;
use crate::core::json::members;
use crate::core::json::object::Object;
use crate::engine::call::context::Context;
use crate::model::key;
use crate::model::record::Record;
use crate::model::resource_model::Model;
use crate::protocol::payload::Payload;
use crate::protocol::reply;
use crate::protocol::reply::{Body, Continuation, Done, Reply, Selection};
use crate::query;
use crate::query::ReadFilter;
use crate::store::Store;
use futures_util::future::Either;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::yield_now;

/// How many records that are larger than a reply are read before the task yields.
const IDS_PER_YIELD: usize = 256;

/// The records that a `get` requests.
enum GetTarget<'a> {
    One(Cow<'a, str>),
    Several(Vec<Box<str>>),
}

pub(super) async fn run(context: &Context, model: &Model, payload: &Payload) -> Reply {
    let given = payload.object()?;
    let projection = Projection::take(context.app(), model, &given)?;
    let asked = GetTarget::take(model, &given)?;
    given.finish()?;
    drop(given);
    match asked {
        GetTarget::One(id) => projection.one(context, model, &id, |_| true).await,
        GetTarget::Several(ids) => several(context, model, ids, projection).await,
    }
}

/// Replies to a `get` of one record if the store has the record in memory.
pub(in crate::dispatch) fn try_get_now(
    store: &dyn Store,
    model: &Model,
    payload: &Payload,
    read_filter: &ReadFilter,
) -> Option<Reply> {
    let (id, selection) = match single_get(model, payload) {
        Ok(Some(asked)) => asked,
        Ok(None) => return None,
        Err(error) => return Some(Err(error)),
    };
    match store.get(model.index, &id) {
        Either::Left(answer) => Some(answer.into_inner().and_then(|view| {
            let record = view.value.filter(|record| read_filter.allows(record));
            let record = record.ok_or_else(|| Error::not_found(model.definition.name))?;
            Ok(Done::new(Body::Record(record, selection), view.seq))
        })),
        Either::Right(_) => None,
    }
}

/// The id and the selection of a `get` of one record without includes.
fn single_get<'a>(
    model: &Model,
    payload: &'a Payload,
) -> Result<Option<(Cow<'a, str>, Selection)>> {
    // Most requests contain only the id and do not need an object.
    if let Some(raw) = members::only_string(payload.text(), model.id_name()) {
        let id = model.canonical_id(Some(raw))?;
        return Ok(Some((id, Selection::All)));
    }
    let given = payload.object()?;
    if given.take("$with").is_some() {
        return Ok(None);
    }
    let select = given.take("$select");
    let select = select.map(|raw| query::select(model, raw)).transpose()?;
    let GetTarget::One(id) = GetTarget::take(model, &given)? else {
        return Ok(None);
    };
    given.finish()?;
    Ok(Some((id, Selection::of(model.definition, select))))
}

async fn several(
    context: &Context,
    model: &Model,
    ids: Vec<Box<str>>,
    projection: Projection,
) -> Reply {
    let read_filter = context.read_filter(model.index)?;
    let seen = |record: Option<Arc<Record>>| record.filter(|record| read_filter.allows(record));
    let max_reply = context.app().config.request.max_reply;
    let room = reply::room(max_reply);
    let (ids_once, places) = distinct(&ids);
    let asked = ids_once.len();
    // The records that the caller may read, if the reply has room for them. Others take none.
    let visible = |found: Vec<Option<Arc<Record>>>| -> Result<Vec<_>> {
        let found: Vec<_> = found.into_iter().map(seen).collect();
        let sizes = found.iter().flatten().map(|record| record.sent().len());
        if matches!(projection.selection, Selection::All) && sizes.sum::<usize>() > room {
            return Err(Error::too_large("the result", "max_reply", max_reply));
        }
        Ok(found)
    };
    let expanded = |found: Vec<Option<Arc<Record>>>| -> Vec<_> {
        places.iter().map(|&place| found[place].clone()).collect()
    };
    if projection.includes.is_empty() {
        let read = context
            .store()
            .get_many(model.index, ids_once.clone(), room);
        let view = read.await?;
        let found = visible(view.value)?;
        if found.len() == asked {
            let body = Body::Records(expanded(found), projection.selection);
            return Ok(Done::new(body, view.seq));
        }
    }
    let snapshot = projection.snapshot(context, model, &[]).await?;
    let mut found = Vec::new();
    if !projection.includes.is_empty() {
        let read = snapshot.get_many(model.index, ids_once.clone(), room);
        found = visible(read.await?)?;
    }
    let mut written = Rendered::new(context);
    if found.len() == asked {
        let found = expanded(found);
        projection
            .write(context, &*snapshot, &found, &mut written)
            .await?;
    } else {
        // The records are larger than a reply, but the visible ones and what is selected of them may
        // fit.
        drop(found);
        let mut rest = ids_once.as_slice();
        while !rest.is_empty() {
            let next = rest[..IDS_PER_YIELD.min(rest.len())].to_vec();
            let some = snapshot.get_many(model.index, next, room).await?;
            let some: Vec<_> = some.into_iter().map(seen).collect();
            let expected = written.len() + some.len();
            let write = projection.write(context, &*snapshot, &some, &mut written);
            write.await?;
            if written.len() < expected {
                break;
            }
            // A store stops when the room is used up, at the latest after one record.
            if some.is_empty() {
                break;
            }
            rest = &rest[some.len()..];
            yield_now().await;
        }
        written.expand(&places);
    }
    let (list, cut) = written.list(context, ids.len())?;
    let continuation = Continuation {
        cut,
        ..Continuation::default()
    };
    Ok(Done::new(list, snapshot.seq()).with(continuation))
}

/// The ids without duplicates, and the index of each id in them.
fn distinct(ids: &[Box<str>]) -> (Vec<Box<str>>, Vec<usize>) {
    let (mut known, mut distinct) = (HashMap::new(), Vec::with_capacity(ids.len()));
    let mut places = Vec::with_capacity(ids.len());
    for id in ids {
        let place = known.entry(&**id).or_insert_with(|| {
            distinct.push(id.clone());
            distinct.len() - 1
        });
        places.push(*place);
    }
    (distinct, places)
}

impl<'a> GetTarget<'a> {
    fn take(model: &Model, given: &Object<'a>) -> Result<Self> {
        match given.take(model.id_name()) {
            Some(raw) if raw.starts_with('[') => ids(model, raw).map(Self::Several),
            _ => model.id(given).map(Self::One),
        }
    }
}

/// The ids of a `get` of several records.
fn ids(model: &Model, raw: &str) -> Result<Vec<Box<str>>> {
    let raws = json::list(raw).map_err(Error::internal)?;
    if raws.len() > MAX_IDS {
        return Err(Error::new(ErrorKind::TooMany, "too many ids in one `get`")
            .with_limit("max_ids", MAX_IDS));
    }
    let mut faults = Vec::new();
    let ids = raws.iter().enumerate().filter_map(|(at, raw)| {
        match key::canonical(raw.get(), model.definition.key) {
            Ok(id) => Some(id.into()),
            Err(fault) => {
                faults.push(Fault {
                    path: format!("{}[{at}]", model.id_name()),
                    ..fault
                });
                None
            }
        }
    });
    let ids = ids.collect();
    if faults.is_empty() {
        Ok(ids)
    } else {
        Err(Error::invalid(faults))
    }
}

#[cfg(test)]
mod tests {
    use crate::core::config::Config;
    use crate::store::conformance::sample::{Serving, TOYS};
    use serde_json::json;

    #[tokio::test]
    async fn get_of_too_large_records_takes_no_snapshot() {
        let mut config = Config::default();
        config.request.max_reply = 8 * 1024;
        let serving = Serving::start(TOYS, config).await;
        let ids = ["a", "b", "c"];
        for id in ids {
            let sample = json!({"id": id, "kind": "k".repeat(6 * 1024)});
            let reply = serving.ask(json!(["sample", "create", sample, 1])).await;
            assert!(reply["ok"].is_object(), "{reply}");
        }
        serving.take_calls();
        let get = json!(["sample", "get", {"id": ids}, 1]);
        assert_eq!(serving.ask(get).await["err"]["code"], "too_large");
        assert_eq!(serving.take_calls(), ["get_many"]);
        // The selected properties fit.
        let get = json!(["sample", "get", {"id": ids, "$select": ["id"]}, 1]);
        let reply = serving.ask(get).await;
        assert_eq!(reply["ok"].as_array().map(Vec::len), Some(3), "{reply}");
    }
}
