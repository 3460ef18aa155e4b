//! The stored form of commits and completed requests: JSON, with resources and events by name.

use super::table::SqliteTable;
use crate::core::error::{Error, Result};
use crate::model::record::Record;
use crate::store::Layout;
use crate::store::commit::{Committed, Emitted, RecordChange};
use crate::store::idempotency::{CompletedRequest, StoredResponse};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;

/// A record, with its two texts unchanged.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct RecordEntry {
    id: String,
    rev: u64,
    sent: Box<RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept: Option<Box<RawValue>>,
}

#[derive(Serialize, Deserialize)]
struct ChangeEntry {
    resource: String,
    before: Option<RecordEntry>,
    after: Option<RecordEntry>,
}

#[derive(Serialize, Deserialize)]
struct EmittedEntry {
    resource: String,
    /// The position, which applies if there is no name.
    event: usize,
    name: Option<String>,
    record: RecordEntry,
    data: Box<RawValue>,
}

#[derive(Serialize, Deserialize)]
struct CommitEntry {
    changes: Vec<ChangeEntry>,
    emitted: Vec<EmittedEntry>,
}

#[derive(Serialize, Deserialize)]
enum ResponseEntry {
    Record(String, RecordEntry),
    Json(Box<RawValue>),
    List(Vec<Self>),
}

#[derive(Serialize, Deserialize)]
struct CompletedEntry {
    fingerprint: String,
    rev: Option<u64>,
    answered: ResponseEntry,
}

/// Writes a commit for the log.
pub(crate) fn write_commit(tables: &[SqliteTable], committed: &Committed) -> Result<String> {
    let name = |resource: usize| tables[resource].definition.name.to_owned();
    let image = |it: &Option<Arc<Record>>| it.as_deref().map(RecordEntry::of).transpose();
    let changes = committed.changes.iter().map(|change| {
        Ok(ChangeEntry {
            resource: name(change.resource),
            before: image(&change.before)?,
            after: image(&change.after)?,
        })
    });
    let emitted = committed.emitted.iter().map(|emitted| {
        let events = tables[emitted.resource].definition.events;
        Ok(EmittedEntry {
            resource: name(emitted.resource),
            event: emitted.event,
            name: events.get(emitted.event).map(|it| it.name.to_owned()),
            record: RecordEntry::of(&emitted.record)?,
            data: raw(&emitted.data)?,
        })
    });
    let logged = CommitEntry {
        changes: changes.collect::<Result<_>>()?,
        emitted: emitted.collect::<Result<_>>()?,
    };
    serde_json::to_string(&logged).map_err(Error::internal)
}

/// Reads a commit. Resources and events that are no longer declared are omitted, since clients cannot
/// request them.
pub(crate) fn read_commit(
    tables: &[SqliteTable],
    seq: u64,
    tag: u64,
    text: &str,
) -> Result<Committed> {
    let logged: CommitEntry = serde_json::from_str(text).map_err(Error::internal)?;
    let changes = Vec::with_capacity(logged.changes.len());
    let emitted = Vec::with_capacity(logged.emitted.len());
    let mut committed = Committed::new(seq, tag, changes, emitted);
    for change in logged.changes {
        if let Some(resource) = place(tables, &change.resource) {
            let image =
                |kept: Option<RecordEntry>| kept.map(|it| it.record(&tables[resource])).transpose();
            committed.changes.push(RecordChange {
                resource,
                before: image(change.before)?,
                after: image(change.after)?,
            });
        }
    }
    for entry in logged.emitted {
        let Some(resource) = place(tables, &entry.resource) else {
            continue;
        };
        let mut events = tables[resource].definition.events.iter();
        let event = match entry.name {
            Some(name) => events.position(|event| event.name == name),
            None => Some(entry.event),
        };
        if let Some(event) = event {
            committed.emitted.push(Emitted {
                resource,
                event,
                record: entry.record.record(&tables[resource])?,
                data: entry.data.get().into(),
            });
        }
    }
    Ok(committed)
}

/// Writes a completed request.
pub(crate) fn write_completed_request(
    tables: &[SqliteTable],
    completed: &CompletedRequest,
) -> Result<String> {
    let remembered = CompletedEntry {
        fingerprint: completed.fingerprint.to_string(),
        rev: completed.rev,
        answered: ResponseEntry::of(tables, &completed.response)?,
    };
    serde_json::to_string(&remembered).map_err(Error::internal)
}

/// Reads the request that made commit `seq`.
pub(crate) fn read_completed_request(
    tables: &[SqliteTable],
    seq: u64,
    text: &str,
) -> Result<CompletedRequest> {
    let it: CompletedEntry = serde_json::from_str(text).map_err(Error::internal)?;
    Ok(CompletedRequest {
        fingerprint: it.fingerprint.parse().map_err(Error::internal)?,
        seq,
        rev: it.rev,
        response: it.answered.response(tables)?,
    })
}

/// Returns a commit with migrated images and with current names of resources; `None` if one of the
/// images cannot be migrated.
pub(crate) fn migrate_commit(
    text: &str,
    image: impl Fn(&str, &RecordEntry) -> Option<(String, RecordEntry)>,
) -> Result<Option<String>> {
    let mut logged: CommitEntry = serde_json::from_str(text).map_err(Error::internal)?;
    let put = |resource: &mut String, images: &mut [&mut RecordEntry]| {
        let older = resource.clone();
        images.iter_mut().all(|place| {
            let found = image(&older, place);
            found.is_some_and(|found| {
                (*resource, **place) = found;
                true
            })
        })
    };
    let all = logged.changes.iter_mut().all(|it| {
        let mut images: Vec<_> = it.before.iter_mut().chain(&mut it.after).collect();
        put(&mut it.resource, &mut images)
    });
    let mut entries = logged.emitted.iter_mut();
    if !all || !entries.all(|it| put(&mut it.resource, &mut [&mut it.record])) {
        return Ok(None);
    }
    serde_json::to_string(&logged)
        .map(Some)
        .map_err(Error::internal)
}

/// Returns a completed request with migrated images; `None` if one of them cannot be migrated.
pub(crate) fn migrate_completed_request(
    text: &str,
    image: impl Fn(&str, &RecordEntry) -> Option<(String, RecordEntry)>,
) -> Result<Option<String>> {
    let mut it: CompletedEntry = serde_json::from_str(text).map_err(Error::internal)?;
    if !it.answered.put(&image) {
        return Ok(None);
    }
    serde_json::to_string(&it)
        .map(Some)
        .map_err(Error::internal)
}

fn place(tables: &[SqliteTable], name: &str) -> Option<usize> {
    tables
        .iter()
        .position(|table| table.definition.name == name)
}

fn raw(json: &str) -> Result<Box<RawValue>> {
    RawValue::from_string(json.to_owned()).map_err(Error::internal)
}

impl RecordEntry {
    fn of(record: &Record) -> Result<Self> {
        let kept = Some(record.kept()).filter(|kept| !kept.is_empty());
        Ok(Self {
            id: record.id().to_owned(),
            rev: record.rev(),
            sent: raw(record.sent())?,
            kept: kept.map(raw).transpose()?,
        })
    }

    fn record(&self, table: &SqliteTable) -> Result<Arc<Record>> {
        let [sent, kept] = self.texts();
        Record::stored(table.definition, &self.id, self.rev, sent, kept).map(Arc::new)
    }

    /// Returns the record migrated to this layout; `None` if it no longer fits.
    pub(crate) fn migrated(&self, layout: Layout<'_>) -> Option<Self> {
        let [sent, kept] = self.texts();
        let migrated = layout.migrate(&self.id, self.rev, sent, kept).ok()?;
        Self::of(&migrated.record).ok()
    }

    /// Returns the public and the private text.
    pub(crate) fn texts(&self) -> [&str; 2] {
        let kept = self.kept.as_ref().map_or("", |kept| kept.get());
        [self.sent.get(), kept]
    }
}

impl ResponseEntry {
    fn of(tables: &[SqliteTable], response: &StoredResponse) -> Result<Self> {
        Ok(match response {
            StoredResponse::Record(resource, record) => {
                let name = tables[*resource].definition.name.to_owned();
                Self::Record(name, RecordEntry::of(record)?)
            }
            StoredResponse::Json(json) => Self::Json(raw(json)?),
            StoredResponse::List(list) => {
                let list = list.iter().map(|it| Self::of(tables, it));
                Self::List(list.collect::<Result<_>>()?)
            }
        })
    }

    /// Replaces the images with migrated ones, as far as there are any.
    fn put(
        &mut self,
        image: &impl Fn(&str, &RecordEntry) -> Option<(String, RecordEntry)>,
    ) -> bool {
        match self {
            Self::Record(resource, own) => match image(resource, own) {
                Some(other) => {
                    (*resource, *own) = other;
                    true
                }
                None => false,
            },
            Self::Json(_) => true,
            Self::List(list) => list.iter_mut().all(|it| it.put(image)),
        }
    }

    fn response(self, tables: &[SqliteTable]) -> Result<StoredResponse> {
        Ok(match self {
            Self::Record(name, kept) => match place(tables, &name) {
                Some(resource) => StoredResponse::Record(resource, kept.record(&tables[resource])?),
                // The resource is no longer served.
                None => StoredResponse::Json(kept.sent.get().into()),
            },
            Self::Json(json) => StoredResponse::Json(json.get().into()),
            Self::List(list) => {
                let list = list.into_iter().map(|it| it.response(tables));
                StoredResponse::List(list.collect::<Result<_>>()?)
            }
        })
    }
}
