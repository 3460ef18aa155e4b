//! What a search needs of a table: its records and its indexes, at one moment.

use crate::core::error::Result;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::query::Fields;
use crate::store::plan::RecordSource;
use std::sync::Arc;

/// A record as a table hands it over.
pub(crate) trait Row: Fields {
    /// The record itself.
    fn record(&self) -> Result<Arc<Record>>;

    /// The record, if the table has it in memory, so that keeping it takes none.
    fn in_memory(&self) -> Option<Arc<Record>> {
        None
    }

    /// The bytes that were parsed to find its properties.
    fn parsed(&self) -> usize;
}

/// What takes rows until it returns `false`.
pub(crate) type TakeRow<'t> = dyn FnMut(&dyn Row) -> Result<bool> + 't;

/// The records of one resource and their indexes, as they are at one moment.
pub(crate) trait SearchTable {
    /// A record in an index.
    type Entry: IndexedRecord;

    /// The properties that have an index.
    fn indexed(&self) -> &[usize];

    /// The number of records, and how many entries of an index were read to count them.
    fn len(&self) -> Result<(usize, usize)>;

    /// How many records a source has, counted up to `most`. Reads no records.
    fn count(&self, source: &RecordSource<'_>, most: usize) -> Result<usize>;

    /// Hands over the records of a source in its order.
    fn each(&self, source: &RecordSource<'_>, take: &mut TakeRow<'_>) -> Result<()>;

    /// The records that have one value of an indexed property, in the order of their ids behind
    /// `after`, at most `most` of them. Reads the index only.
    fn entries(
        &self,
        holders: &Holders<'_>,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Self::Entry>>;

    /// The record of an id.
    fn get(&self, id: &str) -> Result<Option<Arc<Record>>>;

    /// Hands over the record of an entry; returns what `take` returns.
    fn row(&self, entry: &Self::Entry, take: &mut TakeRow<'_>) -> Result<bool>;
}

/// A record in an index.
pub(crate) trait IndexedRecord {
    fn id(&self) -> &str;
}

/// The records that have one value of an indexed property.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holders<'v> {
    pub(crate) property: usize,
    pub(crate) value: &'v Scalar<'static>,
    /// Whether the order of the ids is reversed.
    pub(crate) descending: bool,
}
