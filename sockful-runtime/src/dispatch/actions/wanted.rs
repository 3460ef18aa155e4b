//! What a request wants to see of each record: which of its properties, and which related records.

use crate::core::error::{Error, Result};
use crate::core::json::object::Object;
use crate::engine::app::App;
use crate::engine::call::context::Context;
use crate::engine::call::include::{Includes, LoadedIncludes};
use crate::model::record::Record;
use crate::model::resource_model::Model;
use crate::protocol::reply::{Body, Continuation, Done, Reply, Selection};
use crate::query;
use crate::store::Snapshot;
use serde_json::Value;
use std::sync::Arc;

/// What a request wants to see of each record.
#[derive(Debug)]
pub(super) struct Projection {
    pub(super) selection: Selection,
    pub(super) includes: Includes,
}

/// Records with what is included in them, written as a list.
#[derive(Debug)]
pub(super) struct Rendered {
    /// The list, but for the bracket at its end.
    text: Vec<u8>,
    /// Where each record ends in it.
    ends: Vec<usize>,
    /// Where included lists that were cut go on.
    pub(super) cut: Option<String>,
}

impl Projection {
    /// Takes `$select` and `$with` out of a payload.
    pub(super) fn take(app: &App, model: &Model, given: &Object<'_>) -> Result<Self> {
        let select = given.take("$select");
        let select = select.map(|raw| query::select(model, raw)).transpose()?;
        Ok(Self {
            selection: Selection::of(model.definition, select),
            includes: Includes::parse(app, model.index, given.take("$with"))?,
        })
    }

    /// One record: by its id, and only where it `is_meant`.
    pub(super) async fn one(
        self,
        context: &Context,
        model: &Model,
        id: &str,
        is_meant: impl Fn(&Record) -> bool + Send,
    ) -> Reply {
        let not_found = || Error::not_found(model.definition.name);
        let read_filter = context.read_filter(model.index)?;
        let is_meant = |record: &Record| is_meant(record) && read_filter.allows(record);
        if self.includes.is_empty() {
            let view = context.store().get(model.index, id).await?;
            let record = view.value.filter(|record| is_meant(record));
            let body = Body::Record(record.ok_or_else(not_found)?, self.selection);
            return Ok(Done::new(body, view.seq));
        }
        let snapshot = self.snapshot(context, model).await?;
        let mut found = snapshot.get_many(model.index, vec![id.into()]).await?;
        let record = found.pop().flatten().filter(|record| is_meant(record));
        let record = record.ok_or_else(not_found)?;
        let (rev, only) = (record.shown_rev(), [Some(record)]);
        let written = self.write(context, &*snapshot, &only).await?;
        let done = Done {
            rev,
            ..Done::new(Body::Json(written.text[1..].to_vec()), snapshot.seq())
        };
        Ok(done.with(Continuation {
            cut: written.cut,
            ..Continuation::default()
        }))
    }

    /// A moment of all resources that it takes.
    pub(super) async fn snapshot(
        &self,
        context: &Context,
        model: &Model,
    ) -> Result<Arc<dyn Snapshot>> {
        let resources = self.includes.resources(model.index);
        context.store().snapshot(&resources).await
    }

    /// Writes records with all that is included in them, `null` for those that are not there.
    pub(super) async fn write(
        &self,
        context: &Context,
        snapshot: &dyn Snapshot,
        records: &[Option<Arc<Record>>],
    ) -> Result<Rendered> {
        let there = records.iter().flatten().map(|record| &**record).collect();
        let loaded = LoadedIncludes::read(context, snapshot, &self.includes, there).await?;
        let (mut text, mut ends) = (vec![b'['], Vec::with_capacity(records.len()));
        let mut place = 0;
        for record in records {
            if !ends.is_empty() {
                text.push(b',');
            }
            match record {
                Some(record) => {
                    loaded.write(place, record, &self.selection, &mut text);
                    place += 1;
                }
                None => text.extend_from_slice(b"null"),
            }
            ends.push(text.len());
        }
        let cut = loaded.cut();
        let cut = (!cut.is_empty()).then(|| Value::from(cut).to_string());
        Ok(Rendered { text, ends, cut })
    }
}

impl Rendered {
    /// How many bytes each record takes, with the comma before it.
    pub(super) fn sizes(&self) -> Vec<usize> {
        let starts = std::iter::once(&1).chain(&self.ends);
        let sizes = self.ends.iter().zip(starts).map(|(end, start)| end - start);
        sizes.collect()
    }

    /// The whole list.
    pub(super) fn list(mut self) -> Body {
        self.text.push(b']');
        Body::Json(self.text)
    }
}
