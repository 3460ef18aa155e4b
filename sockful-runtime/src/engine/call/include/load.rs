//! Included records: read with one query a level, and written into the records they belong to.

use super::{Include, IncludeSide, Includes};
use crate::core::error::Result;
use crate::core::json;
use crate::engine::call::context::Context;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::protocol::reply::Selection;
use crate::query;
use crate::query::QueryFilter;
use crate::store::Snapshot;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// What is included in the records of one level, which are known by their place among them.
#[derive(Debug, Default)]
pub(crate) struct LoadedIncludes<'a>(Vec<Level<'a>>);

/// What one relation includes.
#[derive(Debug)]
struct Level<'a> {
    include: &'a Include,
    /// Which of `included` is in each record of the level above.
    places: Vec<Option<usize>>,
    included: Vec<Included>,
    within: LoadedIncludes<'a>,
}

/// The records that are included in one.
#[derive(Debug)]
struct Included {
    records: Vec<Arc<Record>>,
    /// How many records of this level stand before these.
    first: usize,
    /// Where the list goes on, if it was cut: the parent's id, and the cursor.
    next: Option<(String, String)>,
}

impl<'a> LoadedIncludes<'a> {
    /// Reads what is included in `records`.
    pub(crate) fn read<'f>(
        context: &'f Context,
        snapshot: &'f dyn Snapshot,
        includes: &'a Includes,
        records: Vec<&'f Record>,
    ) -> BoxFuture<'f, Result<Self>>
    where
        'a: 'f,
    {
        async move {
            let mut levels = Vec::with_capacity(includes.0.len());
            for include in &includes.0 {
                levels.push(Level::read(context, snapshot, include, &records).await?);
            }
            Ok(Self(levels))
        }
        .boxed()
    }

    /// Writes the record at place `nth` with all that is included in it.
    pub(crate) fn write(
        &self,
        nth: usize,
        record: &Record,
        selection: &Selection,
        out: &mut Vec<u8>,
    ) {
        selection.write(record, out);
        if self.0.is_empty() {
            return;
        }
        // The brace that ends the object, which goes on.
        out.pop();
        for level in &self.0 {
            let is_first = out.last() == Some(&b'{');
            out.extend_from_slice(if is_first { b"\"" } else { b",\"" });
            out.extend_from_slice(level.include.name.as_bytes());
            out.extend_from_slice(b"\":");
            level.write(nth, out);
        }
        out.push(b'}');
    }

    /// Where lists that were cut go on: by the path of the relation, and then by the parent's id.
    pub(crate) fn cut(&self) -> Map<String, Value> {
        let mut cut = Map::new();
        self.note_cut("", &mut cut);
        cut
    }

    fn note_cut(&self, within: &str, cut: &mut Map<String, Value>) {
        for level in &self.0 {
            let path = match within {
                "" => level.include.name.to_owned(),
                within => format!("{within}.{}", level.include.name),
            };
            level.within.note_cut(&path, cut);
            let cursors = level.included.iter().filter_map(|it| it.next.clone());
            let cursors: Map<_, _> = cursors.map(|(id, next)| (id, next.into())).collect();
            if !cursors.is_empty() {
                cut.insert(path, cursors.into());
            }
        }
    }
}

impl<'a> Level<'a> {
    async fn read(
        context: &Context,
        snapshot: &dyn Snapshot,
        include: &'a Include,
        records: &[&Record],
    ) -> Result<Self> {
        let (places, mut included) = match include.side {
            IncludeSide::Parent => include.parents(context, snapshot, records).await?,
            IncludeSide::Children => include.children(context, snapshot, records).await?,
        };
        let mut first = 0;
        for included in &mut included {
            included.first = first;
            first += included.records.len();
        }
        let within = if include.within.is_empty() {
            LoadedIncludes::default()
        } else {
            let all = included.iter().flat_map(|included| &included.records);
            let all = all.map(|record| &**record).collect();
            LoadedIncludes::read(context, snapshot, &include.within, all).await?
        };
        Ok(Self {
            include,
            places,
            included,
            within,
        })
    }

    /// Writes what is included in the record at place `nth` of the level above.
    fn write(&self, nth: usize, out: &mut Vec<u8>) {
        let included = self.places[nth].map(|place| &self.included[place]);
        let records = included
            .into_iter()
            .flat_map(|it| (it.first..).zip(&it.records));
        if self.include.side == IncludeSide::Parent {
            let start = out.len();
            for (nth, record) in records {
                self.within.write(nth, record, &Selection::All, out);
            }
            if out.len() == start {
                out.extend_from_slice(b"null");
            }
            return;
        }
        out.push(b'[');
        for (at, (nth, record)) in records.enumerate() {
            if at > 0 {
                out.push(b',');
            }
            self.within.write(nth, record, &Selection::All, out);
        }
        out.push(b']');
    }
}

/// Which of what was found is in each record, and what was found.
type Places = (Vec<Option<usize>>, Vec<Included>);

impl Include {
    /// The parent of each record, read once however many have it.
    async fn parents(
        &self,
        context: &Context,
        snapshot: &dyn Snapshot,
        records: &[&Record],
    ) -> Result<Places> {
        let (of, read_filter) = (
            context.model(self.resource),
            context.read_filter(self.resource)?,
        );
        let (mut known, mut ids) = (HashMap::new(), Vec::<Box<str>>::new());
        let place = |record: &&Record| {
            let id = self.link.parent_of(of, record)?;
            Some(*known.entry(id.into_owned()).or_insert_with_key(|id| {
                ids.push(id.as_str().into());
                ids.len() - 1
            }))
        };
        let places = records.iter().map(place).collect();
        let found = snapshot.get_many(self.resource, ids).await?;
        let included = found.into_iter().map(|record| Included {
            records: record
                .into_iter()
                .filter(|it| read_filter.allows(it))
                .collect(),
            first: 0,
            next: None,
        });
        Ok((places, included.collect()))
    }

    /// The children of each record, at most a page.
    async fn children(
        &self,
        context: &Context,
        snapshot: &dyn Snapshot,
        records: &[&Record],
    ) -> Result<Places> {
        let (model, of) = (
            context.model(self.resource),
            context.model(self.parent).definition,
        );
        let (limit, _) = model.page(&context.app().config);
        let read_filter = context.read_filter(self.resource)?.narrow(QueryFilter::All);
        let values = records
            .iter()
            .map(|it| Scalar::read(it.value(of.id)).into_owned());
        let property = self.link.parent.property;
        let lists = snapshot
            .related(
                self.resource,
                property,
                values.collect(),
                read_filter,
                limit,
            )
            .await?;
        context.note_visited(lists.iter().map(|list| list.visited).sum());
        let included = lists.into_iter().zip(records).map(|(list, parent)| {
            let last = list.records.last().filter(|_| list.more);
            Included {
                next: last.map(|last| {
                    let id = parent.value(of.id);
                    let id = json::string(id).unwrap_or(id.into());
                    (id.into_owned(), query::cursor_after(&[], model, last))
                }),
                records: list.records,
                first: 0,
            }
        });
        let places = (0..records.len()).map(Some).collect();
        Ok((places, included.collect()))
    }
}
