//! The first records of an order, out of any number, in bounded memory.

use super::Row;
use crate::core::error::Result;
use crate::model::record::Record;
use crate::query::{Cursor, Query, QueryOrder, SortKeys};
use std::cmp::Ordering;
use std::sync::Arc;

/// Keeps the first records of those that it is offered, up to a maximum.
#[derive(Debug)]
pub(super) struct Top<'q> {
    order: &'q [QueryOrder],
    /// Whether some of the first are left out of the page.
    skips: bool,
    room: usize,
    /// At most twice the maximum: it is cut to the maximum each time it is full.
    kept: Vec<Ranked>,
    /// Whether it was cut: then the last of the first `room` records follows all others of them.
    is_cut: bool,
    /// The size limit in bytes.
    max_bytes: usize,
    /// The bytes of the records in `kept`: at most twice the limit plus one record.
    bytes: usize,
    /// Whether it was cut because of the size limit.
    is_full: bool,
}

/// A record with its sort keys, which are parsed only once.
#[derive(Debug)]
struct Ranked {
    keys: SortKeys<'static>,
    record: RankedRecord,
}

/// A record among the first.
#[derive(Debug)]
pub(super) enum RankedRecord {
    Record(Arc<Record>),
    /// The id of one that may be left out of the page. It is read when that is known.
    Id(Box<str>),
}

impl<'q> Top<'q> {
    /// Keeps the records of the page of `query`, the skipped ones, and one after the page. Without
    /// `skip`, it keeps fewer if they exceed the size limit of the query; with it, it keeps only the ids
    /// of records that the table does not have in memory.
    pub(super) fn new(query: &'q Query) -> Self {
        let skips = query.skip > 0;
        Self {
            order: &query.order,
            skips,
            room: query.skip.saturating_add(query.limit).saturating_add(1),
            kept: Vec::new(),
            is_cut: false,
            max_bytes: if skips { usize::MAX } else { query.max_bytes },
            bytes: 0,
            is_full: false,
        }
    }

    /// Adds a record if it is among the first so far, and comes after `after`.
    pub(super) fn offer(&mut self, row: &dyn Row, after: Option<&Cursor>) -> Result<()> {
        let keys = SortKeys::of(self.order, row);
        if after.is_some_and(|after| after.compare_keys(self.order, &keys, row.id()).is_le()) {
            return Ok(());
        }
        if self.is_cut {
            let last = &self.kept[self.room - 1];
            let ids = (row.id(), last.record.id());
            if keys.compare(&last.keys, self.order, ids).is_gt() {
                return Ok(());
            }
        }
        let keys = keys.into_owned();
        let record = match row.in_memory() {
            Some(record) => RankedRecord::Record(record),
            None if self.skips => RankedRecord::Id(row.id().into()),
            None => RankedRecord::Record(row.record()?),
        };
        self.bytes = self.bytes.saturating_add(record.len());
        self.kept.push(Ranked { keys, record });
        if self.bytes / 2 > self.max_bytes {
            self.cut_bytes();
        }
        if self.kept.len() >= self.room.saturating_mul(2) {
            let order = self.order;
            self.kept
                .select_nth_unstable_by(self.room - 1, |a, b| a.compare(b, order));
            self.kept.truncate(self.room);
            self.is_cut = true;
            self.bytes = self.kept.iter().map(|it| it.record.len()).sum();
        }
        Ok(())
    }

    /// Keeps the first records up to the one that exceeds the size limit.
    fn cut_bytes(&mut self) {
        self.kept.sort_unstable_by(|a, b| a.compare(b, self.order));
        self.kept.truncate(self.room);
        self.bytes = 0;
        let mut fitting = 0;
        while self.bytes <= self.max_bytes && fitting < self.kept.len() {
            self.bytes = self.bytes.saturating_add(self.kept[fitting].record.len());
            fitting += 1;
        }
        if fitting < self.kept.len() {
            self.kept.truncate(fitting);
            self.room = fitting;
            (self.is_cut, self.is_full) = (true, true);
        }
    }

    /// Returns the kept records in order, and whether the size limit cut others off.
    pub(super) fn finish(mut self) -> (Vec<RankedRecord>, bool) {
        self.cut_bytes();
        let records = self.kept.into_iter().map(|ranked| ranked.record);
        (records.collect(), self.is_full)
    }
}

impl RankedRecord {
    fn id(&self) -> &str {
        match self {
            Self::Record(record) => record.id(),
            Self::Id(id) => id,
        }
    }

    /// The bytes that are sent of it, if they are in memory.
    fn len(&self) -> usize {
        match self {
            Self::Record(record) => record.sent().len(),
            Self::Id(_) => 0,
        }
    }
}

impl Ranked {
    fn compare(&self, other: &Self, order: &[QueryOrder]) -> Ordering {
        let ids = (self.record.id(), other.record.id());
        self.keys.compare(&other.keys, order, ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::definition::KeyForm;
    use crate::query::{By, Fields, QueryFilter};
    use crate::store::conformance::sample;
    use std::cell::Cell;

    /// A row of a file, which counts how often its record is made.
    struct FileRow<'c> {
        id: String,
        made: &'c Cell<usize>,
    }

    impl Fields for FileRow<'_> {
        fn id(&self) -> &str {
            &self.id
        }

        fn json(&self, _: usize) -> &str {
            &self.id
        }

        fn key_form(&self, _: usize) -> KeyForm {
            KeyForm::Json
        }
    }

    impl Row for FileRow<'_> {
        fn record(&self) -> Result<Arc<Record>> {
            self.made.set(self.made.get() + 1);
            let text = format!(r#"{{"id":"{}","life":{}}}"#, self.id, self.id);
            Ok(Arc::new(sample::record(&sample::model(), &text)))
        }

        fn parsed(&self) -> usize {
            0
        }
    }

    #[test]
    fn records_that_may_be_skipped_are_kept_as_ids() {
        let ids = |skip| {
            let made = Cell::new(0);
            let query = Query {
                filter: QueryFilter::All,
                order: vec![QueryOrder {
                    by: By::Property(3),
                    descending: true,
                }],
                limit: 2,
                skip,
                after: None,
                max_bytes: usize::MAX,
            };
            let mut top = Top::new(&query);
            for n in 100..900 {
                let (id, made) = (n.to_string(), &made);
                top.offer(&FileRow { id, made }, None).expect("no error");
                assert!(top.kept.len() < 2 * (skip + 3));
            }
            let (first, _) = top.finish();
            let ids: Vec<_> = first.iter().map(|it| it.id().to_owned()).collect();
            (ids, made.get() > 0)
        };
        assert_eq!(
            ids(0),
            (["899", "898", "897"].map(str::to_owned).into(), true)
        );
        let (skipped, is_made) = ids(50);
        assert_eq!((skipped.len(), &*skipped[52], is_made), (53, "847", false));
    }
}
