//! Lists and counts with conditions over relations, as a transaction sees them.
//!
//! The store evaluates the conditions on what it has. The records that the transaction has written are
//! excluded there at each relation, and decided here.

use crate::core::error::Result;
use crate::engine::call::context::Context;
use crate::engine::call::transaction::guards::ListProtection;
use crate::model::definition::ResourceDef;
use crate::model::key;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::query::{CompareOp, Fields, Query, QueryFilter, RelatedFilter};
use crate::store::{Found, View};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::HashSet;

/// Conditions over relations as a transaction sees them.
struct Seen {
    /// The conditions for the store.
    stored: QueryFilter,
    /// The related records that decide about the stored ones: resources, and conditions on their
    /// records.
    parts: Vec<(usize, QueryFilter)>,
}

/// Lists records from the store, with the transaction's own writes applied.
pub(super) async fn find(
    context: &Context,
    resource: usize,
    query: Query,
    protection: ListProtection,
) -> Result<View<Found>> {
    let (store, transaction) = (context.store(), context.transaction()?);
    if !query.filter.has_relations() {
        let found = transaction.find(store, resource, query, protection);
        return found.await;
    }
    let mut matching = HashSet::new();
    for (id, after) in transaction.written(resource)? {
        if let Some(record) = after
            && matches(context, &query.filter, &record, protection).await?
        {
            matching.insert(id);
        }
    }
    let seen = seen(context, &query.filter, protection).await?;
    let query = Query {
        filter: seen.stored,
        ..query
    };
    let is_match = |record: &Record| matching.contains(record.id());
    transaction
        .find_matching(store, resource, query, protection, &seen.parts, is_match)
        .await
}

/// Counts records of the store, with the transaction's own writes applied.
pub(super) async fn count(
    context: &Context,
    resource: usize,
    filter: QueryFilter,
    protection: ListProtection,
) -> Result<usize> {
    let (store, transaction) = (context.store(), context.transaction()?);
    if !filter.has_relations() {
        let count = transaction.count(store, resource, filter, protection);
        return count.await;
    }
    let (mut ids, mut matching) = (Vec::new(), 0);
    for (id, after) in transaction.written(resource)? {
        ids.push(id);
        if let Some(record) = after {
            matching += usize::from(matches(context, &filter, &record, protection).await?);
        }
    }
    let seen = seen(context, &filter, protection).await?;
    let definition = context.model(resource).definition;
    let stored = without(definition, seen.stored, &ids);
    let stored = transaction.count_stored(store, resource, stored, protection, &seen.parts);
    Ok(stored.await? + matching)
}

/// Returns the conditions for the store.
fn seen<'f>(
    context: &'f Context,
    filter: &'f QueryFilter,
    protection: ListProtection,
) -> BoxFuture<'f, Result<Seen>> {
    async move {
        let (mut seen, mut parts) = (Vec::new(), Vec::new());
        for related in filter.related() {
            seen.push(seen_related(context, related, protection, &mut parts).await?);
        }
        let mut seen = seen.into_iter();
        let stored = filter.with_related(&mut |related| {
            seen.next()
                .unwrap_or_else(|| QueryFilter::Related(Box::new(related.clone())))
        });
        Ok(Seen { stored, parts })
    }
    .boxed()
}

async fn seen_related(
    context: &Context,
    related: &RelatedFilter,
    protection: ListProtection,
    parts: &mut Vec<(usize, QueryFilter)>,
) -> Result<QueryFilter> {
    let to = context.app().index_of(related.resource)?;
    let mut inner = seen(context, &related.filter, protection).await?;
    parts.push((to, related.filter.without_relations()));
    parts.append(&mut inner.parts);
    let written = context.transaction()?.written(to)?;
    if written.is_empty() {
        return Ok(QueryFilter::Related(Box::new(related.with(inner.stored))));
    }
    let (mut ids, mut links) = (Vec::new(), Vec::new());
    for (id, after) in written {
        ids.push(id);
        if let Some(record) = after
            && matches(context, &related.filter, &record, protection).await?
        {
            let link = record.scalar(related.link);
            links.extend((!link.is_null()).then(|| link.into_owned()));
        }
    }
    let stored = without(related.resource, inner.stored, &ids);
    Ok(QueryFilter::Or(vec![
        QueryFilter::one_of(related.property, links),
        QueryFilter::Related(Box::new(related.with(stored))),
    ]))
}

/// Returns whether a record that the transaction has written matches.
fn matches<'f>(
    context: &'f Context,
    filter: &'f QueryFilter,
    record: &'f Record,
    protection: ListProtection,
) -> BoxFuture<'f, Result<bool>> {
    async move {
        let mut met = Vec::new();
        for related in filter.related() {
            met.push(has(context, related, record, protection).await?);
        }
        let mut met = met.into_iter();
        let filter = filter.with_related(&mut |_| match met.next() {
            Some(true) => QueryFilter::All,
            _ => QueryFilter::All.negated(),
        });
        Ok(filter.matches(record))
    }
    .boxed()
}

/// Returns whether a record that is related to `record` matches.
async fn has(
    context: &Context,
    related: &RelatedFilter,
    record: &Record,
    protection: ListProtection,
) -> Result<bool> {
    let value = record.scalar(related.property);
    if value.is_null() {
        return Ok(false);
    }
    let linked = QueryFilter::Compare {
        property: related.link,
        is: CompareOp::Equal,
        value: value.into_owned(),
    };
    let query = Query {
        filter: QueryFilter::all_of(vec![linked, related.filter.clone()]),
        order: Vec::new(),
        limit: 1,
        skip: 0,
        after: None,
        max_bytes: usize::MAX,
    };
    let to = context.app().index_of(related.resource)?;
    let found = find(context, to, query, protection).await?;
    Ok(!found.value.records.is_empty())
}

/// Returns the conditions for the records with other ids than these.
fn without(definition: &ResourceDef, filter: QueryFilter, ids: &[Box<str>]) -> QueryFilter {
    let ids = ids.iter();
    let ids = ids.map(|id| Scalar::read(&key::json(id, definition.key)).into_owned());
    let others = QueryFilter::one_of(definition.id, ids.collect()).negated();
    QueryFilter::all_of(vec![filter, others])
}
