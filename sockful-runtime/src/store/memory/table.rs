//! The records of one resource.

use super::by_id::ById;
use super::list::List;
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::model::scalar::Scalar;
use std::collections::HashSet;
use std::sync::Arc;

/// The records of one resource in two structures: by id, to get one, and as a list, to search.
///
/// Most operations are gets, and hashing finds a record three times faster than the list. Only `get`
/// reads the set, so it need not be persistent, which would be slower to search.
#[derive(Debug)]
pub(super) struct MemoryTable {
    definition: &'static ResourceDef,
    by_id: HashSet<ById>,
    list: List,
    /// The positions of unique properties.
    unique: Vec<usize>,
}

impl MemoryTable {
    pub(super) fn new(definition: &'static ResourceDef) -> Self {
        let properties = definition.properties.iter().enumerate();
        let unique = properties.filter(|(_, property)| property.unique);
        Self {
            definition,
            by_id: HashSet::new(),
            list: List::new(definition),
            unique: unique.map(|(at, _)| at).collect(),
        }
    }

    pub(super) fn definition(&self) -> &'static ResourceDef {
        self.definition
    }

    pub(super) fn unique(&self) -> &[usize] {
        &self.unique
    }

    /// Returns the records that have this value of an indexed property.
    pub(super) fn holders(
        &self,
        property: usize,
        value: &Scalar<'static>,
    ) -> impl Iterator<Item = &Arc<Record>> {
        self.list.holders(property, value)
    }

    pub(super) fn get(&self, id: &str) -> Option<&Arc<Record>> {
        self.by_id.get(id).map(|ById(record)| record)
    }

    /// Returns a snapshot of all records.
    pub(super) fn list(&self) -> List {
        self.list.clone()
    }

    /// Stores a record, and returns the previous one with its id.
    pub(super) fn put(&mut self, record: &Arc<Record>) -> Option<Arc<Record>> {
        self.by_id.replace(ById(Arc::clone(record)));
        self.list.put(record)
    }

    pub(super) fn delete(&mut self, id: &str) -> Option<Arc<Record>> {
        self.by_id.remove(id);
        self.list.delete(id)
    }
}
