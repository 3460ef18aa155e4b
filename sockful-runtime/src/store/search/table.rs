//! The interface between a search and a table: records and indexes at one commit.

use crate::core::error::Result;
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use crate::query::Fields;
use crate::store::plan::RecordSource;
use std::sync::Arc;

/// A record as a table passes it to a search.
pub(crate) trait Row: Fields {
    /// Returns the record itself.
    fn record(&self) -> Result<Arc<Record>>;

    /// Returns the record, if the table has it in memory, so that keeping it costs none.
    fn in_memory(&self) -> Option<Arc<Record>> {
        None
    }

    /// Returns the bytes that were parsed to find the properties.
    fn parsed(&self) -> usize;
}

/// A callback that receives rows until it returns `false`.
pub(crate) type TakeRow<'t> = dyn FnMut(&dyn Row) -> Result<bool> + 't;

/// The records of one resource and their indexes, at one commit.
pub(crate) trait SearchTable: Sized {
    /// An index entry.
    type Entry: IndexedRecord;

    /// Returns the definition of the resource.
    fn definition(&self) -> &'static ResourceDef;

    /// Returns the records of another resource at the same commit.
    fn other(&self, definition: &'static ResourceDef) -> Result<Self>;

    /// Returns the indexed properties.
    fn indexed(&self) -> &[usize];

    /// Returns the number of records, and the number of index entries that were read to count them.
    fn len(&self) -> Result<(usize, usize)>;

    /// Returns the number of records of a source, counted up to `most`. Reads no records.
    fn count(&self, source: &RecordSource<'_>, most: usize) -> Result<usize>;

    /// Passes the records of a source to `take`, in order.
    fn each(&self, source: &RecordSource<'_>, take: &mut TakeRow<'_>) -> Result<()>;

    /// Returns at most `most` entries of the records that have one value of an indexed property, in the
    /// order of their ids after `after`. Reads only the index.
    fn entries(
        &self,
        holders: &Holders<'_>,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Self::Entry>>;

    /// Returns the record of an id.
    fn get(&self, id: &str) -> Result<Option<Arc<Record>>>;

    /// Passes the record of an id to `take`, if there is one; returns the result of `take`, or `true`.
    fn row_of(&self, id: &str, take: &mut TakeRow<'_>) -> Result<bool>;

    /// Passes the record of an entry to `take`; returns the result of `take`.
    fn row(&self, entry: &Self::Entry, take: &mut TakeRow<'_>) -> Result<bool>;
}

/// An index entry.
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
