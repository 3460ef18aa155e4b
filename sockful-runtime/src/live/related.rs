//! Conditions over relations in live queries: which values they stand for, and when these change.
//!
//! A record alone does not decide whether it matches such a query. So the query is resolved at one
//! commit: each of its conditions over relations is replaced by the values that link a record to the
//! related records that match. The resolved query decides by the record alone, until a commit changes
//! one of these values.

use super::live_query::{ImageValues, LiveQuery};
use crate::core::error::{Error, Result};
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::query::{Query, QueryFilter, ReadFilter, RelatedFilter};
use crate::store::Snapshot;
use crate::store::commit::{Committed, RecordChange};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A query at one commit, with values instead of its conditions over relations.
#[derive(Debug)]
pub(crate) struct ResolvedQuery {
    pub(super) query: Arc<LiveQuery>,
    /// For each of the conditions, the property with the values, and the values.
    links: Vec<(usize, BTreeSet<Scalar<'static>>)>,
}

/// The limits of the related records of all conditions of a query.
#[derive(Clone, Copy, Debug)]
pub(super) struct RelatedLimits {
    pub(super) records: usize,
    pub(super) bytes: usize,
}

/// Resolves queries by a snapshot, as of the commit of the snapshot or an earlier one.
#[derive(Debug)]
pub(super) struct Resolver<'a> {
    pub(super) snapshot: &'a dyn Snapshot,
    pub(super) definitions: &'a [&'static ResourceDef],
    pub(super) limits: RelatedLimits,
    /// The records that were changed since the commit, as they were then.
    pub(super) earlier: Images,
    /// The numbers of related records and of their bytes so far.
    pub(super) read: Mutex<(usize, usize)>,
}

/// Records by resource and id, before or after some commits; `None` if the record does not exist.
#[derive(Debug, Default)]
pub(super) struct Images(HashMap<(usize, Box<str>), Option<Arc<Record>>>);

impl Images {
    /// Adds the records that a commit changes, as they were before the first change.
    pub(super) fn add_before(&mut self, committed: &Committed) {
        for change in &committed.changes {
            let Some(record) = change.images().next() else {
                continue;
            };
            let key = (change.resource, record.id().into());
            self.0.entry(key).or_insert_with(|| change.before.clone());
        }
    }

    /// The number of records.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn contains(&self, resource: usize, id: &str) -> bool {
        !self.0.is_empty() && self.0.contains_key(&(resource, id.into()))
    }

    fn of(&self, resource: usize) -> impl Iterator<Item = &Arc<Record>> {
        let own = self.0.iter().filter(move |((of, _), _)| *of == resource);
        own.filter_map(|(_, record)| record.as_ref())
    }
}

impl Resolver<'_> {
    /// Resolves a query.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) if a condition matches too many related
    /// records.
    pub(super) async fn resolve(&self, query: &LiveQuery) -> Result<ResolvedQuery> {
        let mut links = Vec::new();
        let filter = self.resolve_filter(&query.filter, &mut links).await?;
        let read_filter = match query.read_filter.filter() {
            Some(filter) => {
                let filter = self.resolve_filter(filter, &mut links).await?;
                ReadFilter::of(Arc::new(filter))
            }
            None => ReadFilter::ALL,
        };
        let resource = query.resource;
        let query = Arc::new(LiveQuery {
            resource,
            filter,
            read_filter,
            window: None,
            is_count: false,
        });
        Ok(ResolvedQuery { query, links })
    }

    /// Replaces the conditions over relations in a filter, and adds their values to `links`.
    fn resolve_filter<'f>(
        &'f self,
        filter: &'f QueryFilter,
        links: &'f mut Vec<(usize, BTreeSet<Scalar<'static>>)>,
    ) -> BoxFuture<'f, Result<QueryFilter>> {
        async move {
            let mut resolved = Vec::new();
            for related in filter.related() {
                let mut nested = Vec::new();
                let inner = self.resolve_filter(&related.filter, &mut nested).await?;
                let values = self.values(related, inner).await?;
                let each = values.iter().cloned().collect();
                resolved.push(QueryFilter::one_of(related.property, each));
                links.push((related.property, values));
            }
            let mut resolved = resolved.into_iter();
            let none = || QueryFilter::All.negated();
            Ok(filter.with_related(&mut |_| resolved.next().unwrap_or_else(none)))
        }
        .boxed()
    }

    /// The values of the link of the related records that match `filter`.
    async fn values(
        &self,
        related: &RelatedFilter,
        filter: QueryFilter,
    ) -> Result<BTreeSet<Scalar<'static>>> {
        let resource = position(self.definitions, related.resource)?;
        let RelatedLimits { records, bytes } = self.limits;
        let (read, read_bytes) = *self.read();
        let too_many = || {
            let what = "the number of records that conditions over relations match";
            Error::too_large(what, "max_inner_set", records)
        };
        if read >= records {
            return Err(too_many());
        }
        let earlier = self.earlier.of(resource);
        let earlier: Vec<_> = earlier.filter(|it| filter.matches(it)).cloned().collect();
        let query = Query {
            filter,
            order: Vec::new(),
            limit: records.saturating_sub(read),
            skip: 0,
            after: None,
            max_bytes: bytes.saturating_sub(read_bytes),
        };
        let found = self.snapshot.find(resource, query).await?;
        let size: usize = found.records.iter().map(|it| it.sent().len()).sum();
        if read_bytes + size > bytes {
            let what = "the records that conditions over relations match";
            return Err(Error::too_large(what, "max_snapshot", bytes));
        }
        if found.more {
            return Err(too_many());
        }
        *self.read() = (read + found.records.len(), read_bytes + size);
        let current = found.records.into_iter();
        let current = current.filter(|it| !self.earlier.contains(resource, it.id()));
        let values = current.chain(earlier);
        let values = values.map(|record| record.scalar(related.link).into_owned());
        Ok(values.filter(|value| !value.is_null()).collect())
    }
}

impl Resolver<'_> {
    fn read(&self) -> MutexGuard<'_, (usize, usize)> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The index of a resource.
pub(super) fn position(
    definitions: &[&'static ResourceDef],
    definition: &ResourceDef,
) -> Result<usize> {
    let position = definitions.iter().position(|it| it.name == definition.name);
    position.ok_or_else(|| {
        let name = definition.name;
        Error::internal(format!("`{name}` is not in the server's list of resources"))
    })
}

impl ResolvedQuery {
    /// A condition that all records match which match only one of `self` and `other` without having
    /// been changed. Both are the same query, at different commits. `None` if there are no such records.
    pub(super) fn moved(&self, other: &Self) -> Option<QueryFilter> {
        let pairs = self.links.iter().zip(&other.links);
        let moved = pairs.filter_map(|((property, one), (_, other))| {
            let values: Vec<_> = one.symmetric_difference(other).cloned().collect();
            (!values.is_empty()).then(|| QueryFilter::one_of(*property, values))
        });
        let moved: Vec<_> = moved.collect();
        if moved.is_empty() {
            return None;
        }
        let either = [self, other].map(|it| it.query.combined_filter());
        Some(QueryFilter::And(vec![
            QueryFilter::Or(moved),
            QueryFilter::Or(either.into()),
        ]))
    }
}

/// The related records of one condition, and what of them decides about the matching records.
#[derive(Debug)]
pub(super) struct Watch {
    /// The index of the resource of the related records.
    pub(super) resource: usize,
    /// Related records that do not match this do not decide anything.
    pub(super) filter: QueryFilter,
    /// The properties that decide if the record matches before and after a change.
    properties: BTreeSet<usize>,
}

impl Watch {
    /// The watches of all conditions over relations of a query, including those within others.
    pub(super) fn of(
        query: &LiveQuery,
        definitions: &[&'static ResourceDef],
    ) -> Result<Vec<Arc<Self>>> {
        let mut watches = Vec::new();
        add_watches(&query.combined_filter(), definitions, &mut watches)?;
        Ok(watches)
    }

    /// Whether a change of a related record may change which records match the query.
    pub(super) fn is_affected(&self, change: &RecordChange, images: &mut ImageValues<'_>) -> bool {
        let matched = images.each_mut().map(|image| {
            let image = image.as_mut();
            image.is_some_and(|values| self.filter.evaluate(values))
        });
        match (matched, &change.before, &change.after) {
            ([false, false], ..) => false,
            ([true, true], Some(before), Some(after)) => {
                let mut properties = self.properties.iter();
                properties.any(|&at| before.value(at) != after.value(at))
            }
            _ => true,
        }
    }

    /// The maximum cost of one evaluation per record, without parsing.
    pub(super) fn weight(&self) -> usize {
        self.filter.weight().max(1)
    }
}

fn add_watches(
    filter: &QueryFilter,
    definitions: &[&'static ResourceDef],
    watches: &mut Vec<Arc<Watch>>,
) -> Result<()> {
    for related in filter.related() {
        let mut properties = BTreeSet::from([related.link]);
        if related.filter.has_relations() {
            add_properties(&related.filter, &mut properties);
        }
        watches.push(Arc::new(Watch {
            resource: position(definitions, related.resource)?,
            filter: related.filter.without_relations(),
            properties,
        }));
        add_watches(&related.filter, definitions, watches)?;
    }
    Ok(())
}

/// Adds the properties that a filter compares.
fn add_properties(filter: &QueryFilter, properties: &mut BTreeSet<usize>) {
    match filter {
        QueryFilter::All => {}
        QueryFilter::Compare { property, .. }
        | QueryFilter::In { property, .. }
        | QueryFilter::Prefix { property, .. } => {
            properties.insert(*property);
        }
        QueryFilter::Related(related) => {
            properties.insert(related.property);
        }
        QueryFilter::And(filters) | QueryFilter::Or(filters) => {
            for filter in filters {
                add_properties(filter, properties);
            }
        }
        QueryFilter::Not(filter) => add_properties(filter, properties),
    }
}

/// The records of one resource that commits have changed: each before the first change and after the
/// last one.
#[derive(Debug, Default)]
pub(super) struct ChangedRecords {
    places: HashMap<Box<str>, usize>,
    pub(super) images: Vec<[Option<Arc<Record>>; 2]>,
}

impl ChangedRecords {
    pub(super) fn add(&mut self, change: &RecordChange) {
        let Some(record) = change.images().next() else {
            return;
        };
        if let Some(&place) = self.places.get(record.id()) {
            self.images[place][1].clone_from(&change.after);
        } else {
            self.places.insert(record.id().into(), self.images.len());
            let images = [change.before.clone(), change.after.clone()];
            self.images.push(images);
        }
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.places.contains_key(id)
    }
}
