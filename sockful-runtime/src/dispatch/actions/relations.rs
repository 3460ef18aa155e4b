//! The actions that relations add: on the children of a record, and on its parent.

use super::projection::Projection;
use super::{NEEDS_CONNECTION, list};
use crate::core::error::{Error, ErrorKind};
use crate::engine::call::context::Context;
use crate::engine::call::write::{Write, WriteKind};
use crate::model::definition::{Parent, Relation};
use crate::model::reader::Origin;
use crate::model::record::Record;
use crate::model::relation::RelationLink;
use crate::model::resource_model::Model;
use crate::protocol::payload::Payload;
use crate::protocol::reply::Reply;
use crate::query;
use crate::query::QueryFilter;

/// Runs an action of a relation. `child` is the resource that declares it.
pub(in crate::dispatch) async fn run(
    context: &Context,
    child: &Model,
    relation: Relation,
    parent: &Parent,
    payload: &Payload,
    if_rev: Option<u64>,
) -> Reply {
    let link = context.app().relations.link(child.index, parent)?;
    let action = match relation {
        Relation::Get => return get(context, child, link, payload).await,
        Relation::Parent => return parent_of(context, child, link, payload).await,
        Relation::List | Relation::By => {
            return children(context, child, link, relation, payload).await;
        }
        Relation::Create => WriteKind::Create,
        Relation::Update => WriteKind::Update,
        Relation::Destroy => WriteKind::Destroy,
        Relation::Subscribe => return Err(Error::internal(NEEDS_CONNECTION)),
    };
    let write = Write {
        if_rev,
        through: Some(link),
        ..Write::new(child, action, payload, Origin::Client)
    };
    write.run(context).await
}

/// Reads one child if it belongs to the given parent.
async fn get(context: &Context, child: &Model, link: &RelationLink, payload: &Payload) -> Reply {
    let given = payload.object()?;
    let of = context.model(link.to);
    let parent = link.parent_id(child, of, &given)?;
    let projection = Projection::take(context.app(), child, &given)?;
    let id = child.id(&given)?;
    given.finish()?;
    drop(given);
    // The parents of the children are hidden as well if the caller cannot read the parent.
    if context.read_filter(of.index)?.filter().is_some() {
        context.check_readable(of, &parent).await?;
    }
    let is_its = |record: &Record| link.parent_of(of, record).as_deref() == Some(&*parent);
    projection.one(context, child, &id, is_its).await
}

/// Reads the parent of one child.
async fn parent_of(
    context: &Context,
    child: &Model,
    link: &RelationLink,
    payload: &Payload,
) -> Reply {
    let of = context.model(link.to);
    if !of.definition.serves("get") {
        let message = format!("`{}` can't be read alone", of.definition.name);
        return Err(Error::new(ErrorKind::UnknownAction, message));
    }
    let given = payload.object()?;
    let projection = Projection::take(context.app(), of, &given)?;
    let id = child.id(&given)?;
    given.finish()?;
    drop(given);
    let read_filter = context.read_filter(child.index)?;
    let stored = context.store().get(child.index, &id).await?.value;
    let stored = stored.filter(|stored| read_filter.allows(stored));
    let stored = stored.ok_or_else(|| Error::not_found(child.definition.name))?;
    let parent = link.parent_of(of, &stored);
    let parent = parent.ok_or_else(|| Error::not_found(of.definition.name))?;
    projection.one(context, of, &parent, |_| true).await
}

/// Lists the children of one parent. The parent must exist if the request addresses it.
async fn children(
    context: &Context,
    child: &Model,
    link: &RelationLink,
    relation: Relation,
    payload: &Payload,
) -> Reply {
    let mut given = payload.object()?;
    let (of, config) = (context.model(link.to), &context.app().config);
    let parent = link.parent_id(child, of, &given)?.into_owned();
    given.remove(child.definition.properties[link.parent.property].name);
    let projection = Projection::take(context.app(), child, &given)?;
    let mut query = query::parse(child, &given, context.app().relation_scope(), config)?;
    drop(given);
    let its = QueryFilter::children_of(link, of, &parent);
    query.filter = QueryFilter::all_of(vec![its, query.filter]);
    if relation == Relation::List {
        context.check_readable(of, &parent).await?;
    }
    list::list(context, child, query, projection).await
}
