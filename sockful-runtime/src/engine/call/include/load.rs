//! Loads included records with one query per level and writes them into the records that they
//! belong to.

#[cfg(test)]
mod tests;

use super::{Include, IncludeSide, Includes};
use crate::core::bounded_text::{BoundedText, Full};
use crate::core::error::Result;
use crate::core::json;
use crate::engine::call::context::Context;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::protocol::reply::Selection;
use crate::query;
use crate::query::{QueryFilter, ReadFilter};
use crate::store::Snapshot;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::yield_now;

/// How many bytes of records are read before the task yields.
const BYTES_PER_YIELD: usize = 64 * 1024;

/// How many records are read by id before the task yields.
const IDS_PER_YIELD: usize = 256;

/// The limit for included records that the caller cannot read, as a multiple of the reply limit.
const HIDDEN_FACTOR: usize = 16;

/// How many bytes of included records a request may still read. Each visible record that is read is
/// written at least once, so reading more than fits in the reply is useless.
#[derive(Debug)]
pub(crate) struct IncludeRoom {
    left: usize,
    /// How many bytes of records that the caller cannot read may still be read.
    hidden: HiddenRoom,
    /// How many bytes were read since the task last yielded.
    since_yield: usize,
}

/// How many bytes of included records that the caller cannot read may still be read. They take no
/// room in the reply, but as much time as others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HiddenRoom(usize);

/// The included records exceed the limit of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OverRoom;

/// The included records for the records of one level, which are identified by their index.
#[derive(Debug, Default)]
pub(crate) struct LoadedIncludes<'a>(Vec<Level<'a>>);

/// The included records of one relation.
#[derive(Debug)]
struct Level<'a> {
    include: &'a Include,
    /// The index into `included` for each record of the level above.
    places: Vec<Option<usize>>,
    included: Vec<Included>,
    within: LoadedIncludes<'a>,
}

/// The records that are included in one record.
#[derive(Debug)]
struct Included {
    records: Vec<Arc<Record>>,
    /// How many records of this level precede these.
    first: usize,
    /// Where the list continues if it was cut, until that is recorded.
    cut: Option<CutList>,
}

/// The continuation of an included list that was cut.
#[derive(Debug)]
pub(crate) struct CutList {
    /// The path of relations that leads to the list.
    path: Arc<str>,
    /// The id of the record that the list belongs to.
    parent: String,
    cursor: String,
}

impl HiddenRoom {
    /// The limit for a request whose reply has at most this many bytes.
    pub(crate) fn new(max_reply: usize) -> Self {
        Self(max_reply.saturating_mul(HIDDEN_FACTOR))
    }

    pub(crate) fn is_left(self) -> bool {
        self.0 > 0
    }
}

impl IncludeRoom {
    pub(crate) fn new(bytes: usize, hidden: HiddenRoom) -> Self {
        Self {
            left: bytes,
            hidden,
            since_yield: 0,
        }
    }

    /// The remaining room for records that the caller cannot read.
    pub(crate) fn hidden(&self) -> HiddenRoom {
        self.hidden
    }

    /// Takes the bytes of visible and hidden records that were read. Yields after many bytes, which
    /// also allows the deadline of the request to take effect.
    async fn take(&mut self, visible: usize, hidden: usize) -> Result<(), OverRoom> {
        self.left = self.left.checked_sub(visible).ok_or(OverRoom)?;
        self.hidden.0 = self.hidden.0.saturating_sub(hidden);
        if hidden > 0 && !self.hidden.is_left() {
            return Err(OverRoom);
        }
        self.since_yield += visible + hidden;
        if self.since_yield >= BYTES_PER_YIELD {
            self.since_yield = 0;
            yield_now().await;
        }
        Ok(())
    }
}

impl CutList {
    /// Approximately how many bytes of the reply it takes.
    pub(crate) fn len(&self) -> usize {
        self.path.len() + self.parent.len() + self.cursor.len() + 16
    }

    /// Several continuations as JSON: by the path of the relation and then by the id of the parent.
    pub(crate) fn to_json(cuts: Vec<Self>) -> Option<String> {
        let mut by_path = Map::new();
        for cut in cuts {
            let by_parent = by_path
                .entry(&*cut.path)
                .or_insert_with(|| Map::new().into());
            if let Value::Object(by_parent) = by_parent {
                by_parent.insert(cut.parent, cut.cursor.into());
            }
        }
        (!by_path.is_empty()).then(|| Value::from(by_path).to_string())
    }
}

impl<'a> LoadedIncludes<'a> {
    /// Loads the included records for `records` if there is room.
    pub(crate) async fn read(
        context: &Context,
        snapshot: &dyn Snapshot,
        includes: &'a Includes,
        records: Vec<&Record>,
        room: &mut IncludeRoom,
    ) -> Result<Result<Self, OverRoom>> {
        Self::read_at("", context, snapshot, includes, records, room).await
    }

    fn read_at<'f>(
        path: &'f str,
        context: &'f Context,
        snapshot: &'f dyn Snapshot,
        includes: &'a Includes,
        records: Vec<&'f Record>,
        room: &'f mut IncludeRoom,
    ) -> BoxFuture<'f, Result<Result<Self, OverRoom>>>
    where
        'a: 'f,
    {
        async move {
            let mut levels = Vec::with_capacity(includes.0.len());
            for include in &includes.0 {
                let path = match path {
                    "" => include.name.into(),
                    path => format!("{path}.{}", include.name).into(),
                };
                match Level::read(path, context, snapshot, include, &records, room).await? {
                    Ok(level) => levels.push(level),
                    Err(OverRoom) => return Ok(Err(OverRoom)),
                }
            }
            Ok(Ok(Self(levels)))
        }
        .boxed()
    }

    /// Writes the record at index `nth` with its included records, and collects the lists in it
    /// that were cut.
    ///
    /// # Errors
    ///
    /// [`Full`] if there is not enough room. `out` then contains an incomplete record.
    pub(crate) fn write(
        &mut self,
        nth: usize,
        record: &Record,
        selection: &Selection,
        out: &mut BoundedText<'_>,
        cuts: &mut Vec<CutList>,
    ) -> Result<(), Full> {
        out.append(selection.len(record), |out| selection.write(record, out))?;
        if self.0.is_empty() {
            return Ok(());
        }
        // Remove the closing brace, because more members follow.
        out.pop();
        for level in &mut self.0 {
            let is_first = out.last() == Some(b'{');
            out.push(if is_first { b"\"" } else { b",\"" })?;
            out.push(level.include.name.as_bytes())?;
            out.push(b"\":")?;
            level.write(nth, out, cuts)?;
        }
        out.push(b"}")
    }
}

impl<'a> Level<'a> {
    async fn read(
        path: Arc<str>,
        context: &Context,
        snapshot: &dyn Snapshot,
        include: &'a Include,
        records: &[&Record],
        room: &mut IncludeRoom,
    ) -> Result<Result<Self, OverRoom>> {
        let (places, mut included) = match include.side {
            IncludeSide::Parent => {
                let read = include.parents(context, snapshot, records, room);
                match read.await? {
                    Ok(parents) => parents,
                    Err(OverRoom) => return Ok(Err(OverRoom)),
                }
            }
            IncludeSide::Children => {
                let read = include.children(&path, context, snapshot, records, room);
                match read.await? {
                    Ok(children) => children,
                    Err(OverRoom) => return Ok(Err(OverRoom)),
                }
            }
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
            let within = &include.within;
            let read = LoadedIncludes::read_at(&path, context, snapshot, within, all, room);
            match read.await? {
                Ok(within) => within,
                Err(OverRoom) => return Ok(Err(OverRoom)),
            }
        };
        Ok(Ok(Self {
            include,
            places,
            included,
            within,
        }))
    }

    /// Writes the included records for the record at index `nth` of the level above.
    fn write(
        &mut self,
        nth: usize,
        out: &mut BoundedText<'_>,
        cuts: &mut Vec<CutList>,
    ) -> Result<(), Full> {
        let is_parent = self.include.side == IncludeSide::Parent;
        let included = self.places[nth].map(|place| &mut self.included[place]);
        let Some(included) = included.filter(|it| !is_parent || !it.records.is_empty()) else {
            return out.push(if is_parent { b"null" } else { b"[]" });
        };
        cuts.extend(included.cut.take());
        if !is_parent {
            out.push(b"[")?;
        }
        for (at, record) in included.records.iter().enumerate() {
            if at > 0 {
                out.push(b",")?;
            }
            let nth = included.first + at;
            self.within.write(nth, record, &Selection::All, out, cuts)?;
        }
        if is_parent {
            return Ok(());
        }
        out.push(b"]")
    }
}

/// The index of the included records for each record, and the included records.
type Places = (Vec<Option<usize>>, Vec<Included>);

impl Include {
    /// The parent of each record. A parent of several records is read once.
    async fn parents(
        &self,
        context: &Context,
        snapshot: &dyn Snapshot,
        records: &[&Record],
        room: &mut IncludeRoom,
    ) -> Result<Result<Places, OverRoom>> {
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
        let found = visible(snapshot, self.resource, &ids, &read_filter, room);
        let found = match found.await? {
            Ok(found) => found,
            Err(OverRoom) => return Ok(Err(OverRoom)),
        };
        let included = found.into_iter().map(|record| Included {
            records: record.into_iter().collect(),
            first: 0,
            cut: None,
        });
        Ok(Ok((places, included.collect())))
    }

    /// The children of each record, at most one page. The children of a record that occurs several
    /// times are read once.
    async fn children(
        &self,
        path: &Arc<str>,
        context: &Context,
        snapshot: &dyn Snapshot,
        records: &[&Record],
        room: &mut IncludeRoom,
    ) -> Result<Result<Places, OverRoom>> {
        let (model, of) = (
            context.model(self.resource),
            context.model(self.parent).definition,
        );
        let (limit, _) = model.page(&context.app().config);
        let read_filter = context.read_filter(self.resource)?.narrow(QueryFilter::All);
        let (mut known, mut parents) = (HashMap::new(), Vec::new());
        let mut places = Vec::with_capacity(records.len());
        for record in records {
            let place = known.entry(record.value(of.id)).or_insert_with_key(|&id| {
                parents.push(id);
                parents.len() - 1
            });
            places.push(Some(*place));
        }
        let values = parents.iter().map(|id| Scalar::read(id).into_owned());
        let property = self.link.parent.property;
        let lists = snapshot.related(
            self.resource,
            property,
            values.collect(),
            read_filter,
            limit,
            room.left,
        );
        let lists = lists.await?;
        // A store stops when the room is used up, so some lists may be missing.
        if lists.len() < parents.len() {
            return Ok(Err(OverRoom));
        }
        let found = lists.iter().flat_map(|list| &list.records);
        let bytes = found.map(|record| record.sent().len());
        if let Err(over) = room.take(bytes.sum(), 0).await {
            return Ok(Err(over));
        }
        let included = lists.into_iter().zip(parents).map(|(list, id)| {
            let last = list.records.last().filter(|_| list.more);
            Included {
                cut: last.map(|last| CutList {
                    path: Arc::clone(path),
                    parent: json::string(id).unwrap_or(id.into()).into_owned(),
                    cursor: query::cursor_after(&[], model, last),
                }),
                records: list.records,
                first: 0,
            }
        });
        Ok(Ok((places, included.collect())))
    }
}

/// Reads the records with these ids if there is room. Records that the caller cannot read are
/// `None` and take no room in the reply.
async fn visible(
    snapshot: &dyn Snapshot,
    resource: usize,
    ids: &[Box<str>],
    read_filter: &ReadFilter,
    room: &mut IncludeRoom,
) -> Result<Result<Vec<Option<Arc<Record>>>, OverRoom>> {
    let mut read = Vec::with_capacity(ids.len());
    let mut at_once = IDS_PER_YIELD;
    loop {
        let rest = &ids[read.len()..];
        let next = rest[..at_once.min(rest.len())].to_vec();
        let asked = next.len();
        let found = snapshot.get_many(resource, next, room.left).await?;
        if found.is_empty() && asked > 0 {
            return Ok(Err(OverRoom));
        }
        // The store stops at its size limit. All of these records may be hidden.
        at_once = (2 * found.len()).clamp(1, IDS_PER_YIELD);
        let (mut seen, mut hidden) = (0, 0);
        for record in found {
            let size = record.as_ref().map_or(0, |record| record.sent().len());
            let record = record.filter(|record| read_filter.allows(record));
            match &record {
                Some(_) => seen += size,
                None => hidden += size,
            }
            read.push(record);
        }
        if let Err(over) = room.take(seen, hidden).await {
            return Ok(Err(over));
        }
        if read.len() >= ids.len() {
            return Ok(Ok(read));
        }
        yield_now().await;
    }
}
