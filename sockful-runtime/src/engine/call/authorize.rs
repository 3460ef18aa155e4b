//! What the caller of a request may see and do.

use crate::core::error::{Error, Result};
use crate::engine::auth::policy::Grant;
use crate::engine::call::context::Context;
use crate::model::reader::Origin;
use crate::model::record::Record;
use crate::model::resource_model::Model;
use crate::protocol::reply::{Body, Selection};
use crate::query::ReadFilter;
use std::sync::Arc;

impl Context {
    /// Asks that the caller may ask for a resource at all.
    pub(crate) fn admit(&self, resource: usize) -> Result<()> {
        self.app().policies.admit(&self.caller, resource)
    }

    /// Which records of a resource the caller sees.
    pub(crate) fn read_filter(&self, resource: usize) -> Result<ReadFilter> {
        self.app().policies.read_filter(&self.caller, resource)
    }

    /// Notes that a query of the caller has looked at so many records, for which it is charged.
    pub(crate) fn note_visited(&self, records: usize) {
        self.peer.note_visited(records);
    }

    /// Asks that the caller may do this, with this record where it is about one.
    pub(crate) fn ask(&self, grant: Grant, model: &Model, record: Option<&Record>) -> Result<()> {
        let policies = &self.app().policies;
        policies.ask(&self.caller, grant, model, record)
    }

    /// Asks that there is a record of this id which the caller sees.
    pub(crate) async fn see(&self, model: &Model, id: &str) -> Result<()> {
        let read_filter = self.read_filter(model.index)?;
        let stored = self.store().get(model.index, id).await?.value;
        let seen = stored.filter(|stored| read_filter.allows(stored));
        seen.map(drop)
            .ok_or_else(|| Error::not_found(model.definition.name))
    }

    /// Whether there is such a record in the unit of work for whoever names it: for a client only
    /// where it sees it.
    pub(crate) async fn is_there(&self, resource: usize, id: &str, by: Origin) -> Result<bool> {
        let unit = self.unit()?;
        let read_filter = match by {
            Origin::Client => self.read_filter(resource)?,
            Origin::Server => ReadFilter::ALL,
        };
        if read_filter.filter().is_none() {
            return unit.is_there(self.store(), resource, id).await;
        }
        let there = unit.get(self.store(), resource, id).await?;
        Ok(there.is_some_and(|record| read_filter.allows(&record)))
    }

    /// What the caller is told of a record that it has written: no more than its id where it does
    /// not see it.
    pub(crate) fn shown(&self, model: &Model, record: Arc<Record>) -> Result<Body> {
        Ok(if self.read_filter(model.index)?.allows(&record) {
            Body::Record(record, Selection::All)
        } else {
            let id = Selection::of(model.definition, Some(vec![model.definition.id]));
            Body::Record(record, id)
        })
    }
}
