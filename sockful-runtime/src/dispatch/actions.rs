//! The actions that every resource has.

mod writes;

pub(crate) use writes::{create, destroy, update};

use crate::config::MAX_IDS;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Fault, Result};
use crate::key;
use crate::model::Model;
use crate::object::Object;
use crate::query;
use crate::reader::Giver;
use crate::record::Record;
use crate::reply::{self, Body, Done, Reply, Selection};
use crate::routes::Core;
use crate::store::{Store, View};
use futures_util::future::Either;
use std::borrow::Cow;
use std::sync::Arc;
use writes::save;

pub(super) async fn run(
    context: &Context,
    model: &Model,
    action: Core,
    payload: &str,
    if_rev: Option<u64>,
) -> Reply {
    match action {
        Core::Get => get(context, model, payload).await,
        Core::Find => find(context, model, payload).await,
        Core::Count => count(context, model, payload).await,
        Core::Create => create(context, model, payload, Giver::Client).await,
        Core::Update => update(context, model, payload, Giver::Client, if_rev).await,
        Core::Save => save(context, model, payload, Giver::Client, if_rev).await,
        Core::Destroy => destroy(context, model, payload, if_rev).await,
    }
}

/// What a `get` asks for.
enum Asked<'a> {
    One(Cow<'a, str>),
    Several(Vec<Box<str>>),
}

pub(crate) async fn get(context: &Context, model: &Model, payload: &str) -> Reply {
    let (asked, selection) = asked(model, payload)?;
    match asked {
        Asked::One(id) => one(
            model,
            context.store().get(model.index, &id).await?,
            selection,
        ),
        Asked::Several(ids) => {
            let view = context.store().get_many(model.index, ids).await?;
            Ok(Done::new(Body::Records(view.value, selection), view.seq))
        }
    }
}

/// A `get` of one record, where the store has the answer at hand.
pub(super) fn get_at_hand(store: &dyn Store, model: &Model, payload: &str) -> Option<Reply> {
    let (id, selection) = match asked(model, payload) {
        Ok((Asked::One(id), selection)) => (id, selection),
        Ok((Asked::Several(_), _)) => return None,
        Err(error) => return Some(Err(error)),
    };
    match store.get(model.index, &id) {
        Either::Left(answer) => Some(
            answer
                .into_inner()
                .and_then(|view| one(model, view, selection)),
        ),
        Either::Right(_) => None,
    }
}

fn asked<'a>(model: &Model, payload: &'a str) -> Result<(Asked<'a>, Selection)> {
    let given = Object::parse(payload)?;
    let selection = match given.take("$select") {
        Some(raw) => selection(model, Some(query::select(model, raw)?)),
        None => Selection::All,
    };
    let asked = match given.take(model.id_name()) {
        Some(raw) if raw.starts_with('[') => Asked::Several(ids(model, raw)?),
        _ => Asked::One(id(model, &given)?),
    };
    no_more(&given)?;
    Ok((asked, selection))
}

fn one(model: &Model, view: View<Option<Arc<Record>>>, selection: Selection) -> Reply {
    let record = view
        .value
        .ok_or_else(|| Error::not_found(model.declared.name))?;
    Ok(Done::new(Body::Record(record, selection), view.seq))
}

/// Takes the id out of a payload.
pub(super) fn id<'a>(model: &Model, given: &Object<'a>) -> Result<Cow<'a, str>> {
    let id = match given.take(model.id_name()) {
        Some(raw) => key::canonical(raw, model.declared.key),
        None => Err(Fault::new("", "required", "is required")),
    };
    id.map_err(|fault| {
        Error::invalid(vec![Fault {
            path: model.id_name().to_owned(),
            ..fault
        }])
    })
}

/// The ids of a `get` of several.
fn ids(model: &Model, raw: &str) -> Result<Vec<Box<str>>> {
    let raws: Vec<&serde_json::value::RawValue> =
        serde_json::from_str(raw).map_err(Error::internal)?;
    if raws.len() > MAX_IDS {
        return Err(
            Error::new(ErrorKind::TooMany, "more ids than one `get` may ask for")
                .limit("max_ids", MAX_IDS),
        );
    }
    let mut faults = Vec::new();
    let ids = raws.iter().enumerate().filter_map(|(at, raw)| {
        match key::canonical(raw.get(), model.declared.key) {
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

async fn find(context: &Context, model: &Model, payload: &str) -> Reply {
    let query::Asked { query, select } =
        query::parse(model, &Object::parse(payload)?, &context.shared().config)?;
    let (selection, order) = (selection(model, select), query.order.clone());
    let view = context.store().find(model.index, query).await?;
    let mut records = view.value.records;
    let mut more = view.value.more;
    let next = loop {
        let next = records
            .last()
            .filter(|_| more)
            .map(|last| query::cursor_after(&order, model, last));
        let room = reply::room(context.shared().config.max_reply)
            .saturating_sub(next.as_ref().map_or(0, String::len));
        let fitting = fitting(&records, &selection, room);
        if fitting == records.len() || fitting == 0 {
            break next;
        }
        // The rest comes with the next page, like what is behind the limit.
        records.truncate(fitting);
        more = true;
    };
    let records = records.into_iter().map(Some).collect();
    Ok(Done {
        next,
        ..Done::new(Body::Records(records, selection), view.seq)
    })
}

/// How many records fit into `room` bytes, from the first.
fn fitting(records: &[Arc<Record>], selection: &Selection, room: usize) -> usize {
    let sizes = records.iter().scan(0, |sum, record| {
        *sum += selection.len(record) + 1;
        Some(*sum)
    });
    sizes.take_while(|&sum| sum <= room).count()
}

async fn count(context: &Context, model: &Model, payload: &str) -> Reply {
    let filter = query::conditions(model, &Object::parse(payload)?)?;
    let view = context.store().count(model.index, filter).await?;
    Ok(Done::new(
        Body::Json(view.value.count.to_string().into_bytes()),
        view.seq,
    ))
}

pub(super) fn no_more(given: &Object<'_>) -> Result<()> {
    let faults: Vec<Fault> = given.unknown().collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::invalid(faults))
    }
}

fn selection(model: &Model, select: Option<Vec<usize>>) -> Selection {
    select.map_or(Selection::All, |positions| {
        Selection::Some(model.declared, positions.into())
    })
}
