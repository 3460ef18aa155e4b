//! Searches of one table: the same plan and the same order of steps in every store.

mod planning;
mod result_page;
mod stream;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod top;

pub(crate) use table::{Holders, IndexedRecord, Row, SearchTable, TakeRow};

use crate::core::error::Result;
use crate::model::scalar::Scalar;
use crate::query::{By, Cursor, Matcher, Query, QueryFilter, QueryOrder, SortKeys};
use crate::store::plan::{Candidates, EVERYTHING, IndexRange, RecordSource, holders, point};
use crate::store::read_room::ReadRoom;
use crate::store::scan::visits::Visits;
use crate::store::{Counted, Found};
use planning::PlanningBudget;
use result_page::ResultPage;
use std::collections::BinaryHeap;
use stream::{Stream, StreamHead};
use top::Top;

/// How many more records than another way has candidates are read before that way is taken instead.
const PATIENCE: usize = 4;
/// How many records the ways are counted up to at first, to find the one with the fewest.
const FIRST_BOUND: usize = 64;
/// How many entries of one value are read ahead at most, to merge them with those of others.
const MAX_AHEAD: usize = 256;

/// A search of one table.
#[derive(Debug)]
pub(super) struct Search<'a, T> {
    table: &'a T,
    visits: &'a Visits<'a>,
    planning: PlanningBudget,
}

/// A way to read records in the order of a query.
enum Walk<'w> {
    /// One source after the other.
    Sources(Vec<RecordSource<'w>>),
    /// All of these at once, merged by id.
    Merge(Vec<Holders<'w>>),
}

impl<'a, T: SearchTable> Search<'a, T> {
    /// A search that charges its work to `visits`.
    pub(super) fn new(table: &'a T, visits: &'a Visits<'a>) -> Self {
        Self {
            table,
            visits,
            planning: PlanningBudget::default(),
        }
    }

    /// How many records match.
    pub(super) fn count(&self, filter: &QueryFilter) -> Result<Counted> {
        if *filter == QueryFilter::All {
            let (count, entries) = self.table.len()?;
            self.visits.note_entries(entries)?;
            return Ok(Counted { count, visited: 0 });
        }
        let matcher = Matcher::new(filter);
        let mut count = 0;
        self.each_candidate(self.best(filter)?.as_ref(), &mut |row| {
            count += usize::from(self.matches(&matcher, row)?);
            Ok(true)
        })?;
        let visited = self.visits.made();
        Ok(Counted { count, visited })
    }

    /// The records that a query asks for.
    pub(super) fn find(&self, query: &Query) -> Result<Found> {
        let mut found = self.page(query)?;
        found.visited = self.visits.made();
        Ok(found)
    }

    /// The first `limit` records that have this value of an indexed property and match, as long as
    /// there is room.
    pub(super) fn related(
        &self,
        property: usize,
        value: &Scalar<'static>,
        filter: &QueryFilter,
        limit: usize,
        room: &ReadRoom,
    ) -> Result<Found> {
        let before = self.visits.made();
        let mut page = ResultPage::new(0, limit, usize::MAX);
        let matcher = Matcher::new(filter);
        self.visits.note_entries(0)?;
        self.table.each(&holders(property, value), &mut |row| {
            self.visit(row)?;
            if self.matches(&matcher, row)? {
                page.add(row)?;
                // The record behind the page only says that there are more.
                if !page.is_complete() {
                    page.records.last().into_iter().for_each(|it| room.take(it));
                }
            }
            Ok(!page.is_complete() && room.is_left())
        })?;
        let mut found = page.finish();
        found.visited = self.visits.made() - before;
        Ok(found)
    }

    fn page(&self, query: &Query) -> Result<Found> {
        if query.limit == 0 {
            return Ok(ResultPage::new(0, 0, 0).finish());
        }
        // As many as are worth to be sorted where another way might find them in their order.
        let few = query.skip.saturating_add(query.limit).saturating_mul(4);
        let mut ways = self.ways(&query.filter)?;
        if let Some(at) = self.smallest(&ways, few)? {
            return self.sorted(Some(&ways[at]), query);
        }
        let (walk, merged) = self.walk(&ways, query);
        let Some(walk) = walk else {
            let best = self.pick(ways)?;
            return self.sorted(best.as_ref(), query);
        };
        let (found, instead) = self.in_order(walk, &ways, merged, few, query)?;
        match instead {
            None => Ok(found),
            Some(at) => self.sorted(Some(&ways.swap_remove(at)), query),
        }
    }

    /// The ways to the records that may match; none if all of them may.
    fn ways(&self, filter: &QueryFilter) -> Result<Vec<Candidates>> {
        self.visits.note_operands(filter.operands())?;
        let mut pick = |ways| {
            // What one branch leaves is for the others.
            let reserved = self.planning.reserve_half(self.visits.made());
            let best = self.pick(ways);
            self.planning.reserve(reserved);
            Ok(best?.unwrap_or_else(|| Candidates { ranges: Vec::new() }))
        };
        Candidates::of(filter, self.table.indexed(), &mut pick)
    }

    /// The way with the fewest records, or `None` for all records.
    fn best(&self, filter: &QueryFilter) -> Result<Option<Candidates>> {
        self.pick(self.ways(filter)?)
    }

    /// The one with the fewest records. They are counted up to bounds that grow, so that one with
    /// many takes no longer than the one with the fewest. If the planning budget is used up before,
    /// it is the simplest.
    fn pick(&self, mut ways: Vec<Candidates>) -> Result<Option<Candidates>> {
        let max = self.visits.max();
        let mut most = FIRST_BOUND.min(max);
        while ways.len() > 1 && self.planning.is_left(self.visits.made()) {
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

    /// The position of the way with the fewest records, if these are at most `most`, among those that
    /// could be counted.
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

    /// How many records there are this way, if they are fewer than `bound`, and the planning budget is
    /// enough to count them.
    fn count_below(&self, way: &Candidates, bound: usize) -> Result<Option<usize>> {
        let mut left = bound;
        for range in &way.ranges {
            for source in sources(range, false, None) {
                let most = left.min(self.planning.left(self.visits.made()));
                if most == 0 {
                    return Ok(None);
                }
                let count = self.table.count(&source, most)?;
                self.visits.note_entries(count)?;
                self.planning.note(count);
                if count >= most {
                    return Ok(None);
                }
                left -= count;
            }
        }
        Ok(Some(bound - left))
    }

    /// How to read records in the order of the query, from its cursor on, if the table or an index
    /// has that order; and which of `ways` that is.
    fn walk<'w>(
        &self,
        ways: &'w [Candidates],
        query: &'w Query,
    ) -> (Option<Walk<'w>>, Option<usize>) {
        let after = query.after.as_ref();
        let by_id = |descending| {
            let points = ways.iter().enumerate();
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
                let sources = sources(&range, descending, after);
                (Some(Walk::Sources(sources)), None)
            }
            _ => (None, None),
        }
    }

    /// The page out of records that are in its order. If many are read and one of `ways`, other than
    /// that of `merged`, has fewer, it is the better one, and is returned.
    fn in_order(
        &self,
        walk: Walk<'_>,
        ways: &[Candidates],
        merged: Option<usize>,
        few: usize,
        query: &Query,
    ) -> Result<(Found, Option<usize>)> {
        let matcher = Matcher::new(&query.filter);
        let mut page = ResultPage::new(query.skip, query.limit, query.max_bytes);
        let has_other = ways.len() > usize::from(merged.is_some());
        let (mut read, mut patience, mut instead) = (0, few.saturating_mul(PATIENCE), None);
        let mut take = |row: &dyn Row| {
            self.visit(row)?;
            read += 1;
            if self.matches(&matcher, row)? {
                page.add(row)?;
                if page.is_complete() {
                    return Ok(false);
                }
            }
            if has_other && read >= patience {
                instead = self.smallest(ways, read)?.filter(|at| Some(*at) != merged);
                patience = patience.saturating_mul(PATIENCE);
            }
            Ok(instead.is_none())
        };
        match walk {
            Walk::Sources(sources) => self.each(&sources, &mut take)?,
            Walk::Merge(holders) => {
                let after = query.after.as_ref().map(|after| &*after.id);
                self.merge(&holders, after, few, &mut take)?;
            }
        }
        Ok((page.finish(), instead))
    }

    /// The page out of records in any order: reads them all, and keeps the first of its own.
    fn sorted(&self, way: Option<&Candidates>, query: &Query) -> Result<Found> {
        let room = query.skip.saturating_add(query.limit).saturating_add(1);
        // Those that are left out have no part in what is sent.
        let max_bytes = if query.skip == 0 {
            query.max_bytes
        } else {
            usize::MAX
        };
        let mut top = Top::new(&query.order, room, max_bytes);
        let matcher = Matcher::new(&query.filter);
        self.each_candidate(way, &mut |row| {
            if self.matches(&matcher, row)? {
                self.visits.note_work(SortKeys::work(&query.order, row))?;
                top.offer(row, query.after.as_ref())?;
            }
            Ok(true)
        })?;
        let mut page = ResultPage::new(query.skip, query.limit, query.max_bytes);
        (page.records, page.is_full) = top.finish();
        Ok(page.finish())
    }

    /// Hands over each record of a way once, in any order; all records if there is no way.
    fn each_candidate(&self, way: Option<&Candidates>, take: &mut TakeRow<'_>) -> Result<()> {
        let Some(way) = way else {
            return self.each(&[EVERYTHING], &mut |row| {
                self.visit(row)?;
                take(row)
            });
        };
        for (at, range) in way.ranges.iter().enumerate() {
            let earlier = &way.ranges[..at];
            self.each(&sources(range, false, None), &mut |row| {
                self.visit(row)?;
                let is_in = |range: &IndexRange| range.contains(&row.scalar(range.property));
                if earlier.iter().any(is_in) {
                    return Ok(true);
                }
                take(row)
            })?;
        }
        Ok(())
    }

    fn each(&self, sources: &[RecordSource<'_>], take: &mut TakeRow<'_>) -> Result<()> {
        let mut goes_on = true;
        for source in sources {
            self.visits.note_entries(0)?;
            self.table.each(source, &mut |row| {
                goes_on = take(row)?;
                Ok(goes_on)
            })?;
            if !goes_on {
                break;
            }
        }
        Ok(())
    }

    /// Hands over the records of all `holders` in the order of their ids behind `after`, each once.
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

    fn visit(&self, row: &dyn Row) -> Result<()> {
        self.visits.visit(row.parsed())
    }

    fn matches(&self, matcher: &Matcher<'_>, row: &dyn Row) -> Result<bool> {
        let (is_match, work) = matcher.matches(row);
        self.visits.note_work(work)?;
        Ok(is_match)
    }
}

/// The records of a range, in the order of the values from the cursor on.
fn sources<'q>(
    range: &IndexRange,
    descending: bool,
    after: Option<&'q Cursor>,
) -> Vec<RecordSource<'q>> {
    let after = after.and_then(|after| Some((after.keys.first()?.clone(), &*after.id)));
    let intervals = range.intervals.iter().cloned();
    let sources = intervals.map(|interval| RecordSource::Within {
        property: range.property,
        interval,
        descending,
        after: after.clone(),
    });
    let mut sources: Vec<_> = sources.collect();
    if descending {
        sources.reverse();
    }
    sources
}
