//! Searches of one table: the same plan and the same order of steps in every store.

mod planning;
mod relations;
mod result_page;
mod stream;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod top;

pub(crate) use table::{Holders, IndexedRecord, Row, SearchTable, TakeRow};

use crate::core::error::Result;
use crate::model::key;
use crate::model::scalar::Scalar;
use crate::query::{By, CompareOp, Cursor, Matcher, Query, QueryFilter, QueryOrder, SortKeys};
use crate::store::plan::{Candidates, EVERYTHING, IndexRange, RecordSource, holders, point};
use crate::store::read_room::ReadRoom;
use crate::store::scan::visits::Visits;
use crate::store::{Counted, Found};
use planning::PlanningBudget;
use relations::LinkCache;
use result_page::ResultPage;
use std::collections::BinaryHeap;
use stream::{Stream, StreamHead};
use top::{RankedRecord, Top};

/// The number of records in excess of another candidate set's size after which a search switches to it.
const SWITCH_FACTOR: usize = 4;
/// The initial bound for counting candidate sets, to find the smallest.
const FIRST_BOUND: usize = 64;
/// The maximum number of entries of one value that are read ahead, to merge them with those of others.
const MAX_AHEAD: usize = 256;

/// A search of one table.
#[derive(Debug)]
pub(super) struct Search<'a, T> {
    table: &'a T,
    visits: &'a Visits<'a>,
    state: &'a SearchState,
}

/// The state of a search, which the searches of its related records share.
#[derive(Debug, Default)]
pub(super) struct SearchState {
    planning: PlanningBudget,
    links: LinkCache,
}

/// The fallback of a search whose access path has too many entries.
enum OtherWay {
    /// All records.
    All,
    Ranges(Candidates),
}

/// A way to read records in the order of a query.
enum Walk<'w> {
    /// One source after the other.
    Sources(Vec<RecordSource<'w>>),
    /// All of these concurrently, merged by id.
    Merge(Vec<Holders<'w>>),
}

impl<'a, T: SearchTable> Search<'a, T> {
    /// Creates a search that charges its work to `visits`.
    pub(super) fn new(table: &'a T, visits: &'a Visits<'a>, state: &'a SearchState) -> Self {
        Self {
            table,
            visits,
            state,
        }
    }

    /// Returns the search of another table, as a part of this one.
    fn of<'t>(&self, table: &'t T) -> Search<'t, T>
    where
        'a: 't,
    {
        Search {
            table,
            visits: self.visits,
            state: self.state,
        }
    }

    /// Returns the number of matching records.
    pub(super) fn count(&self, filter: &QueryFilter) -> Result<Counted> {
        if *filter == QueryFilter::All {
            let (count, entries) = self.table.len()?;
            self.visits.note_entries(entries)?;
            return Ok(Counted { count, visited: 0 });
        }
        let resolved;
        let filter = if filter.has_relations() {
            resolved = self.resolved(filter)?;
            &resolved
        } else {
            filter
        };
        let best = self.best(filter)?;
        let count = self.gather(
            best,
            filter,
            || 0,
            |count, _| {
                *count += 1;
                Ok(())
            },
        )?;
        let visited = self.visits.made();
        Ok(Counted { count, visited })
    }

    /// Returns the page of records of a query.
    pub(super) fn find(&self, query: &Query) -> Result<Found> {
        let resolved;
        let query = if query.filter.has_relations() {
            resolved = Query {
                filter: self.resolved(&query.filter)?,
                ..query.clone()
            };
            &resolved
        } else {
            query
        };
        let mut found = self.page(query)?;
        found.visited = self.visits.made();
        Ok(found)
    }

    /// Returns the first `limit` records that have this value of an indexed property and match, up to
    /// the size limit.
    pub(super) fn related(
        &self,
        property: usize,
        value: &Scalar<'static>,
        filter: &QueryFilter,
        limit: usize,
        room: &ReadRoom,
    ) -> Result<Found> {
        let (before, room_before) = (self.visits.made(), room.left());
        let mut page = ResultPage::new(0, limit, usize::MAX);
        let matcher = Matcher::new(filter);
        let (mut half, mut instead) = (Some(self.visits.left() / 2), None);
        let of_value = || QueryFilter::Compare {
            property,
            is: CompareOp::Equal,
            value: value.clone(),
        };
        self.visits.note_entries(0)?;
        self.table.each(&holders(property, value), &mut |row| {
            if half.is_some_and(|half| self.visits.left() <= half) {
                half = None;
                let filter = QueryFilter::And(vec![of_value(), filter.clone()]);
                instead = self.fitting(&filter)?.map(|way| (way, filter));
                if instead.is_some() {
                    return Ok(false);
                }
            }
            self.visit(row)?;
            if self.matches(&matcher, row)? {
                page.add(row)?;
                // The record after the page only indicates that there are more.
                if !page.is_complete() {
                    page.records.last().into_iter().for_each(|it| room.take(it));
                }
            }
            Ok(!page.is_complete() && room.is_left())
        })?;
        let mut found = match instead {
            None => page.finish(),
            Some((way, filter)) => {
                room.restore(room_before);
                let query = Query {
                    filter,
                    order: Vec::new(),
                    limit,
                    skip: 0,
                    after: None,
                    max_bytes: room_before.unwrap_or_default(),
                };
                let found = self.sorted(Some(way), &query)?;
                found.records.iter().for_each(|it| room.take(it));
                found
            }
        };
        found.visited = self.visits.made() - before;
        Ok(found)
    }

    fn page(&self, query: &Query) -> Result<Found> {
        if query.limit == 0 {
            return Ok(ResultPage::new(0, 0, 0).finish());
        }
        // At most as many as are worth sorting if another index might yield them in order.
        let few = query.skip.saturating_add(query.limit).saturating_mul(4);
        let mut ways = self.ways(&query.filter)?;
        if let Some(at) = self.smallest(&ways, few)? {
            return self.sorted(Some(ways.swap_remove(at)), query);
        }
        let (walk, merged) = self.walk(&ways, query);
        let Some(walk) = walk else {
            let best = self.pick(ways)?;
            return self.sorted(best, query);
        };
        let (found, instead) = self.in_order(walk, &ways, merged, few, query)?;
        match instead {
            None => Ok(found),
            Some(_) => self.sorted(instead, query),
        }
    }

    /// Returns the alternative candidate sets; none if every record is a candidate.
    fn ways(&self, filter: &QueryFilter) -> Result<Vec<Candidates>> {
        self.visits.note_operands(filter.operands())?;
        let mut pick = |ways| {
            // The budget that one branch leaves is for the others.
            let reserved = self.state.planning.reserve_half(self.visits.made());
            let best = self.pick(ways);
            self.state.planning.reserve(reserved);
            Ok(best?.unwrap_or_else(|| Candidates { ranges: Vec::new() }))
        };
        let (id, indexed) = (self.table.definition().id, self.table.indexed());
        Candidates::of(filter, id, indexed, &mut pick)
    }

    /// Returns the smallest candidate set, or `None` for all records.
    fn best(&self, filter: &QueryFilter) -> Result<Option<Candidates>> {
        self.pick(self.ways(filter)?)
    }

    /// Returns the smallest candidate set. The sets are counted up to growing bounds, so that a large
    /// one takes no longer than the smallest. If the planning budget is used up before, the simplest
    /// set is returned.
    fn pick(&self, mut ways: Vec<Candidates>) -> Result<Option<Candidates>> {
        let max = self.visits.max();
        let mut most = FIRST_BOUND.min(max);
        while ways.len() > 1 && self.state.planning.is_left(self.visits.made()) {
            if let Some(at) = self.smallest(&ways, most)? {
                return Ok(Some(ways.swap_remove(at)));
            }
            if most >= max {
                break;
            }
            most = most.saturating_mul(8).min(max);
        }
        Ok(ways.into_iter().next())
    }

    /// Returns the position of the smallest set with at most `most` records, among those that could be
    /// counted.
    fn smallest(&self, ways: &[Candidates], most: usize) -> Result<Option<usize>> {
        let mut bound = most.min(self.visits.max()).saturating_add(1);
        let mut smallest = None;
        for (at, way) in ways.iter().enumerate() {
            if let Some(count) = self.count_below(way, bound)? {
                (smallest, bound) = (Some(at), count);
            }
        }
        Ok(smallest)
    }

    /// Returns the size of the candidate set, if it is below `bound` and the planning budget suffices
    /// to count it.
    fn count_below(&self, way: &Candidates, bound: usize) -> Result<Option<usize>> {
        let mut left = bound;
        for range in &way.ranges {
            for source in self.sources(range, false, None) {
                let Some(count) = self.count_source(&source, left)? else {
                    return Ok(None);
                };
                left -= count;
            }
        }
        Ok(Some(bound - left))
    }

    /// Like [`count_below`](Self::count_below), for one source.
    fn count_source(&self, source: &RecordSource<'_>, bound: usize) -> Result<Option<usize>> {
        let most = bound.min(self.state.planning.left(self.visits.made()));
        if most == 0 {
            return Ok(None);
        }
        if let RecordSource::One { .. } = source {
            return Ok((most > 1).then_some(1));
        }
        let count = self.table.count(source, most)?;
        self.visits.note_entries(count)?;
        self.state.planning.note(count);
        Ok((count < most).then_some(count))
    }

    /// Returns how to read records in the order of the query, from its cursor on, if the table or an
    /// index has that order; and which of `ways` this is.
    fn walk<'w>(
        &self,
        ways: &'w [Candidates],
        query: &'w Query,
    ) -> (Option<Walk<'w>>, Option<usize>) {
        let after = query.after.as_ref();
        let by_id = |descending| {
            let id = self.table.definition().id;
            let is_by_id = |way: &Candidates| way.ranges.iter().any(|it| it.property == id);
            let by_ids = ways
                .iter()
                .position(|it| is_by_id(it) && it.ranges.len() == 1);
            if let Some(at) = by_ids {
                let ones = self.sources(&ways[at].ranges[0], descending, after);
                return (Some(Walk::Sources(ones)), Some(at));
            }
            let points = ways.iter().enumerate().filter(|(_, way)| !is_by_id(way));
            let points = points.filter_map(|(at, way)| Some((at, way.points()?)));
            let Some((at, points)) = points.min_by_key(|(_, points)| points.len()) else {
                let after = after.map(|after| &*after.id);
                let all = RecordSource::All { descending, after };
                return (Some(Walk::Sources(vec![all])), None);
            };
            if let ([(property, value)], false) = (&*points, descending) {
                let source = RecordSource::Within {
                    property: *property,
                    interval: point(value),
                    descending,
                    after: after.map(|after| ((*value).clone(), &*after.id)),
                };
                return (Some(Walk::Sources(vec![source])), Some(at));
            }
            let holders = points.into_iter().map(|(property, value)| Holders {
                property,
                value,
                descending,
            });
            (Some(Walk::Merge(holders.collect())), Some(at))
        };
        match *query.order.as_slice() {
            [] => by_id(false),
            [
                QueryOrder {
                    by: By::Id,
                    descending,
                },
                ..,
            ] => by_id(descending),
            [
                QueryOrder {
                    by: By::Property(at),
                    descending,
                },
            ] if self.table.indexed().contains(&at) => {
                let range = IndexRange::of(at, &query.filter);
                let sources = self.sources(&range, descending, after);
                (Some(Walk::Sources(sources)), None)
            }
            _ => (None, None),
        }
    }

    /// Builds the page from records that are in its order. If many are read and another candidate set
    /// than that of `merged` is smaller, that set is returned instead; so is one that fits into the
    /// remaining half of the readable records when the first half is used up.
    fn in_order(
        &self,
        walk: Walk<'_>,
        ways: &[Candidates],
        merged: Option<usize>,
        few: usize,
        query: &Query,
    ) -> Result<(Found, Option<Candidates>)> {
        let matcher = Matcher::new(&query.filter);
        let mut page = ResultPage::new(query.skip, query.limit, query.max_bytes);
        let mut may_switch = ways.len() > usize::from(merged.is_some());
        let half = self.visits.left() / 2;
        let (mut read, mut threshold, mut instead) = (0, few.saturating_mul(SWITCH_FACTOR), None);
        let mut take = |row: &dyn Row| {
            if may_switch && read >= half {
                may_switch = false;
                instead = self.fitting(&query.filter)?;
                if instead.is_some() {
                    return Ok(false);
                }
            }
            self.visit(row)?;
            read += 1;
            if self.matches(&matcher, row)? {
                page.add(row)?;
                if page.is_complete() {
                    return Ok(false);
                }
            }
            if may_switch && read >= threshold {
                let smallest = self.smallest(ways, read)?;
                let smallest = smallest.filter(|at| Some(*at) != merged);
                instead = smallest.map(|at| ways[at].clone());
                threshold = threshold.saturating_mul(SWITCH_FACTOR);
            }
            Ok(instead.is_none())
        };
        match walk {
            Walk::Sources(sources) => drop(self.each(&sources, &mut take)?),
            Walk::Merge(holders) => {
                let after = query.after.as_ref().map(|after| &*after.id);
                self.merge(&holders, after, few, &mut take)?;
            }
        }
        Ok((page.finish(), instead))
    }

    /// Builds the page from records in any order: reads them all, and keeps the first ones.
    fn sorted(&self, way: Option<Candidates>, query: &Query) -> Result<Found> {
        let top = self.gather(
            way,
            &query.filter,
            || Top::new(query),
            |top, row| {
                self.visits.note_work(SortKeys::work(&query.order, row))?;
                top.offer(row, query.after.as_ref())
            },
        )?;
        let (first, is_full) = top.finish();
        let mut page = ResultPage::new(0, query.limit, query.max_bytes);
        for ranked in first.into_iter().skip(query.skip) {
            match ranked {
                RankedRecord::Record(record) => page.push(record),
                RankedRecord::Id(id) => {
                    if let Some(record) = self.table.get(&id)? {
                        self.visits.note_work(record.weight())?;
                        page.push(record);
                    }
                }
            }
            if page.is_complete() {
                break;
            }
        }
        page.is_full |= is_full;
        Ok(page.finish())
    }

    /// Folds the matching records with `take`, beginning with `start`, each once and in any order. They
    /// are read from the candidate set `way`, or from all records if there is none.
    ///
    /// When half of the readable records are used up, and the set is too large for the rest, it
    /// restarts with one that fits into the rest, if there is one.
    fn gather<S>(
        &self,
        mut way: Option<Candidates>,
        filter: &QueryFilter,
        start: impl Fn() -> S,
        mut take: impl FnMut(&mut S, &dyn Row) -> Result<()>,
    ) -> Result<S> {
        let matcher = Matcher::new(filter);
        let (max, half) = (self.visits.left(), self.visits.left() / 2);
        let mut may_switch = true;
        loop {
            let (mut state, mut instead) = (start(), None);
            let mut visit = |row: &dyn Row| {
                if may_switch && self.visits.left() <= max - half {
                    may_switch = false;
                    if let Some(way) = &way {
                        instead = self.instead_of(way, max, filter)?;
                    }
                    if instead.is_some() {
                        return Ok(false);
                    }
                }
                self.visit(row)?;
                Ok(true)
            };
            self.each_candidate(way.as_ref(), &mut visit, &mut |row| {
                if self.matches(&matcher, row)? {
                    take(&mut state, row)?;
                }
                Ok(true)
            })?;
            match instead {
                None => return Ok(state),
                Some(OtherWay::All) => way = None,
                Some(OtherWay::Ranges(ranges)) => way = Some(ranges),
            }
        }
    }

    /// Returns a candidate set that fits into the remaining reads, to replace `way` if that does not
    /// fit into `max` records. All records are a candidate set as well.
    fn instead_of(
        &self,
        way: &Candidates,
        max: usize,
        filter: &QueryFilter,
    ) -> Result<Option<OtherWay>> {
        if self.count_below(way, max.saturating_add(1))?.is_some() {
            return Ok(None);
        }
        if let Some(fitting) = self.fitting(filter)? {
            return Ok(Some(OtherWay::Ranges(fitting)));
        }
        // A single range is a part of all records; several ranges may contain a record repeatedly.
        let left = self.visits.left().saturating_add(1);
        let all_fit = way.ranges.len() > 1 && self.count_source(&EVERYTHING, left)?.is_some();
        Ok(all_fit.then_some(OtherWay::All))
    }

    /// Returns the smallest candidate set, if the remaining reads suffice for it. The longer a search
    /// has read, the more it may count, so this finds sets that [`pick`](Self::pick) missed.
    fn fitting(&self, filter: &QueryFilter) -> Result<Option<Candidates>> {
        let mut ways = self.ways(filter)?;
        let smallest = self.smallest(&ways, self.visits.left())?;
        Ok(smallest.map(|at| ways.swap_remove(at)))
    }

    /// Passes each record of a candidate set to `take` once, in any order; all records if there is no
    /// set. `visit` is called before each read, and stops the search by returning `false`.
    fn each_candidate(
        &self,
        way: Option<&Candidates>,
        visit: &mut TakeRow<'_>,
        take: &mut TakeRow<'_>,
    ) -> Result<()> {
        let Some(way) = way else {
            let mut take = |row: &dyn Row| Ok(visit(row)? && take(row)?);
            return self.each(&[EVERYTHING], &mut take).map(drop);
        };
        for (at, range) in way.ranges.iter().enumerate() {
            let earlier = &way.ranges[..at];
            let continues = self.each(&self.sources(range, false, None), &mut |row| {
                if !visit(row)? {
                    return Ok(false);
                }
                let is_in = |range: &IndexRange| range.contains(&row.scalar(range.property));
                if earlier.iter().any(is_in) {
                    return Ok(true);
                }
                take(row)
            })?;
            if !continues {
                break;
            }
        }
        Ok(())
    }

    /// Passes the records of several sources to `take`; returns whether all were passed.
    fn each(&self, sources: &[RecordSource<'_>], take: &mut TakeRow<'_>) -> Result<bool> {
        let mut continues = true;
        for source in sources {
            self.visits.note_entries(0)?;
            self.table.each(source, &mut |row| {
                continues = take(row)?;
                Ok(continues)
            })?;
            if !continues {
                break;
            }
        }
        Ok(continues)
    }

    /// Passes the records of all `holders` to `take` in the order of their ids after `after`, each
    /// once.
    fn merge(
        &self,
        holders: &[Holders<'_>],
        after: Option<&str>,
        wanted: usize,
        take: &mut TakeRow<'_>,
    ) -> Result<()> {
        let ahead = (wanted / holders.len().max(1)).clamp(1, MAX_AHEAD);
        let mut streams: Vec<Stream<'_, T::Entry>> = Vec::with_capacity(holders.len());
        let mut heads = BinaryHeap::with_capacity(holders.len());
        for holders in holders {
            let mut stream = Stream::new(*holders, ahead);
            self.read_ahead(&mut stream, after)?;
            heads.extend(stream.next(streams.len()));
            streams.push(stream);
        }
        while let Some(head) = heads.pop() {
            if !self.table.row(&head.entry, take)? {
                return Ok(());
            }
            // The same record may have several of the values.
            let mut passed = vec![head];
            while heads
                .peek()
                .is_some_and(|next| next.entry.id() == passed[0].entry.id())
            {
                passed.extend(heads.pop());
            }
            for StreamHead { entry, stream, .. } in passed {
                let (place, stream) = (stream, &mut streams[stream]);
                if stream.entries.is_empty() {
                    self.read_ahead(stream, Some(entry.id()))?;
                }
                heads.extend(stream.next(place));
            }
        }
        Ok(())
    }

    fn read_ahead(&self, stream: &mut Stream<'_, T::Entry>, after: Option<&str>) -> Result<()> {
        if stream.is_at_end {
            return Ok(());
        }
        let entries = self.table.entries(&stream.holders, after, stream.ahead)?;
        self.visits.note_entries(entries.len())?;
        stream.is_at_end = entries.len() < stream.ahead;
        stream.ahead = stream.ahead.saturating_mul(2).min(MAX_AHEAD);
        stream.entries = entries.into();
        Ok(())
    }

    /// Returns the sources of a range, in the order of the values from the cursor on.
    fn sources<'q>(
        &self,
        range: &IndexRange,
        descending: bool,
        after: Option<&'q Cursor>,
    ) -> Vec<RecordSource<'q>> {
        let definition = self.table.definition();
        let mut sources: Vec<_> = if range.property == definition.id {
            let ids = range.points().into_iter().flatten();
            let ids = ids.filter_map(|value| key::of_value(value, definition.key));
            let ids = ids.filter(|id| match after {
                None => true,
                Some(after) if descending => **id < *after.id,
                Some(after) => **id > *after.id,
            });
            let ones = ids.map(|id| RecordSource::One { id: (*id).into() });
            ones.collect()
        } else {
            let after = after.and_then(|after| Some((after.keys.first()?.clone(), &*after.id)));
            let intervals = range.intervals.iter().cloned();
            let sources = intervals.map(|interval| RecordSource::Within {
                property: range.property,
                interval,
                descending,
                after: after.clone(),
            });
            sources.collect()
        };
        if descending {
            sources.reverse();
        }
        sources
    }

    fn visit(&self, row: &dyn Row) -> Result<()> {
        self.visits.visit(row.parsed())
    }

    fn matches(&self, matcher: &Matcher<'_>, row: &dyn Row) -> Result<bool> {
        let (is_match, work) = if matcher.has_relations() {
            self.matches_related(matcher, row)?
        } else {
            matcher.matches(row)
        };
        self.visits.note_work(work)?;
        Ok(is_match)
    }
}
