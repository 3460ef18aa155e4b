//! The events of a subscription.

use super::decode;
use super::decode::KeyedRecord;
use crate::core::error::{Error, Result};
use crate::core::json::object::Object;
use crate::model::key::Key;
use crate::model::resource::Resource;
use crate::query::QueryOrder;
use serde::de::DeserializeOwned;
use std::fmt;

/// An event of a subscription: a change of the records that match its filter.
#[non_exhaustive]
pub enum ClientEvent<R: Resource> {
    /// The complete set of records, which replaces all earlier ones. Sent first, and whenever missed
    /// changes cannot be sent one by one.
    Reset {
        /// All records.
        records: Vec<R>,
        /// The commit that the records are a view of.
        seq: u64,
    },
    /// A record was created, or is among the records of the query now.
    Created {
        /// The current record.
        record: R,
        /// The sequence number of the commit.
        seq: u64,
    },
    /// A record was updated.
    Updated {
        /// The current record.
        record: R,
        /// The sequence number of the commit.
        seq: u64,
    },
    /// A record was destroyed, or is no longer among the records of the query.
    Destroyed {
        /// The id of the record.
        id: R::Id,
        /// Whether the record still exists, but is no longer among the records of the query.
        left: bool,
        /// The sequence number of the commit.
        seq: u64,
    },
    /// A custom event of the resource.
    Happened {
        /// The id of the record that the event belongs to.
        id: R::Id,
        /// The name of the event on the wire, such as `roared`.
        name: String,
        /// The data of the event.
        data: Data,
        /// The sequence number of the commit; `None` for a broadcast.
        seq: Option<u64>,
    },
    /// Custom events were omitted, since this client was too slow.
    Dropped {
        /// The number of omitted events.
        events: u64,
    },
}

/// The data of a custom event, as JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct Data(Box<str>);

impl Data {
    /// Deserializes the data.
    ///
    /// # Errors
    ///
    /// If the data is not a `T`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.0).map_err(Error::internal)
    }

    /// Returns the data as JSON.
    pub fn json(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<R: Resource + fmt::Debug> fmt::Debug for ClientEvent<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = |id: &R::Id| id.text().into_owned();
        match self {
            Self::Reset { records, seq } => f
                .debug_struct("Reset")
                .field("records", records)
                .field("seq", seq)
                .finish(),
            Self::Created { record, seq } => f
                .debug_struct("Created")
                .field("record", record)
                .field("seq", seq)
                .finish(),
            Self::Updated { record, seq } => f
                .debug_struct("Updated")
                .field("record", record)
                .field("seq", seq)
                .finish(),
            Self::Destroyed { id: key, left, seq } => f
                .debug_struct("Destroyed")
                .field("id", &id(key))
                .field("left", left)
                .field("seq", seq)
                .finish(),
            Self::Happened {
                id: key,
                name,
                data,
                seq,
            } => f
                .debug_struct("Happened")
                .field("id", &id(key))
                .field("name", name)
                .field("data", data)
                .field("seq", seq)
                .finish(),
            Self::Dropped { events } => f.debug_struct("Dropped").field("events", events).finish(),
        }
    }
}

/// The effect of an event on a set of records, which are by the texts of their ids.
pub(super) enum LiveChange<R> {
    ReplaceAll(Vec<KeyedRecord<R>>),
    Put(KeyedRecord<R>),
    Remove(String),
    None,
}

/// An event as JSON, not yet converted to the type of its resource.
#[derive(Debug, Default)]
pub(super) struct RawEvent {
    pub(super) name: String,
    pub(super) seq: Option<u64>,
    /// The proof of the position that it completes, as JSON.
    pub(super) at: Option<Box<str>>,
    pub(super) dropped: u64,
    /// The number of records, of the event `counted`.
    count: Option<u64>,
    left: bool,
    id: Box<str>,
    record: Box<str>,
    data: Box<str>,
    /// Lists of records, to be concatenated.
    pub(super) records: Vec<Box<str>>,
}

impl RawEvent {
    pub(super) fn parse(name: &str, payload: &Object<'_>) -> Self {
        let raw = |key| payload.take(key).unwrap_or_default().into();
        let number = |key| payload.take(key).and_then(|raw| raw.parse().ok());
        Self {
            name: name.to_owned(),
            seq: number("seq"),
            at: payload.take("at").map(Box::from),
            dropped: number("dropped").unwrap_or_default(),
            count: number("count"),
            left: payload.take("left") == Some("true"),
            id: raw("id"),
            record: raw("record"),
            data: raw("data"),
            records: payload.take("records").map(Box::from).into_iter().collect(),
        }
    }

    /// Creates the event that reports `events` omitted events.
    pub(super) fn dropped(events: u64) -> Self {
        Self {
            name: "dropped".to_owned(),
            dropped: events,
            ..Self::default()
        }
    }

    /// Creates the event that reports the initial number of records.
    pub(super) fn counted(reply: &Object<'_>, count: &str) -> Self {
        Self {
            count: count.parse().ok(),
            ..Self::parse("counted", reply)
        }
    }

    /// Returns the number of records that it reports.
    pub(super) fn count(&self) -> Option<u64> {
        self.count.filter(|_| self.name == "counted")
    }

    /// Reads the records of a reset.
    fn records<T>(&self, read: impl Fn(&str) -> Result<T>) -> Result<Vec<T>> {
        let mut records = Vec::new();
        for raw in &self.records {
            records.extend(decode::list(raw, &read)?);
        }
        Ok(records)
    }

    /// Returns the effect of the event on a set of records.
    pub(super) fn change<R: Resource>(self, order: &[QueryOrder]) -> Result<LiveChange<R>> {
        let keyed = |raw: &str| decode::keyed(raw, order);
        Ok(match &*self.name {
            "reset" => LiveChange::ReplaceAll(self.records(keyed)?),
            "created" | "updated" => LiveChange::Put(keyed(&self.record)?),
            "destroyed" => LiveChange::Remove(decode::id::<R>(&self.id)?.text().into_owned()),
            _ => LiveChange::None,
        })
    }

    /// Converts the event to the type of its resource.
    pub(super) fn read<R: Resource>(self) -> Result<ClientEvent<R>> {
        let seq = self.seq.unwrap_or_default();
        Ok(match &*self.name {
            "reset" => ClientEvent::Reset {
                records: self.records(decode::record)?,
                seq,
            },
            "created" => ClientEvent::Created {
                record: decode::record(&self.record)?,
                seq,
            },
            "updated" => ClientEvent::Updated {
                record: decode::record(&self.record)?,
                seq,
            },
            "destroyed" => ClientEvent::Destroyed {
                id: decode::id::<R>(&self.id)?,
                left: self.left,
                seq,
            },
            "dropped" if self.id.is_empty() => ClientEvent::Dropped {
                events: self.dropped,
            },
            _ => ClientEvent::Happened {
                id: decode::id::<R>(&self.id)?,
                name: self.name,
                data: Data(self.data),
                seq: self.seq,
            },
        })
    }
}
