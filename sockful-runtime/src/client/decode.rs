//! Reads records that a server has sent.

use super::request::RawReply;
use crate::core::error::{Error, Result};
use crate::core::json::object::Object;
use crate::model::definition::{KeyForm, ResourceDef};
use crate::model::key;
use crate::model::key::Key;
use crate::model::reader::Reader;
use crate::model::resource::Resource;
use crate::model::resource_model;
use crate::query::{Fields, QueryOrder, SortKeys};
use schemars::SchemaGenerator;
use serde_json::value::RawValue;

/// Reads the record `raw`. Properties that are never sent take their defaults.
pub(super) fn record<R: Resource>(raw: &str) -> Result<R> {
    read(&Object::parse(raw)?)
}

/// Reads the record with the canonical text of its id and its sort keys.
pub(super) fn keyed<R: Resource>(raw: &str, order: &[QueryOrder]) -> Result<KeyedRecord<R>> {
    let object = Object::parse(raw)?;
    let definition = R::DEFINITION;
    let id = resource_model::id_in(
        &object,
        definition.properties[definition.id].name,
        definition.key,
    )?;
    let id = id.into_owned();
    let fields = SentFields {
        definition,
        id: &id,
        object: &object,
    };
    let keys = SortKeys::of(order, &fields).into_owned();
    let record = read(&object)?;
    Ok(KeyedRecord { id, keys, record })
}

/// A record with the canonical text of its id and its sort keys.
pub(super) struct KeyedRecord<R> {
    pub(super) id: String,
    pub(super) keys: SortKeys<'static>,
    pub(super) record: R,
}

/// The properties of a record that a server has sent.
struct SentFields<'a> {
    definition: &'static ResourceDef,
    id: &'a str,
    object: &'a Object<'a>,
}

impl Fields for SentFields<'_> {
    fn id(&self) -> &str {
        self.id
    }

    fn json(&self, position: usize) -> &str {
        let name = self.definition.properties[position].name;
        self.object.take(name).unwrap_or("null")
    }

    fn key_form(&self, position: usize) -> KeyForm {
        self.definition.properties[position].key_form
    }
}

/// Reads the list of records `raw`.
pub(super) fn list<T>(raw: &str, read: impl Fn(&str) -> Result<T>) -> Result<Vec<T>> {
    let list: Vec<&RawValue> = serde_json::from_str(raw).map_err(Error::internal)?;
    list.into_iter().map(|raw| read(raw.get())).collect()
}

fn read<R: Resource>(object: &Object<'_>) -> Result<R> {
    let mut reader = Reader::sent(R::DEFINITION.properties, object);
    let record = R::read(&mut reader);
    reader.finish().map_err(|error| {
        let name = R::NAME;
        Error::internal(format!(
            "the server's `{name}` can't be deserialized: {error}"
        ))
    })?;
    record.ok_or_else(|| Error::internal("a property was rejected without an error"))
}

/// Reads the id `raw`.
pub(super) fn id<R: Resource>(raw: &str) -> Result<R::Id> {
    let unreadable = || {
        Error::internal(format!(
            "the server's id {raw} is not an id of `{}`",
            R::NAME
        ))
    };
    R::Id::read(raw).ok_or_else(unreadable)
}

/// Returns the JSON of an id.
pub(super) fn written_id<R: Resource>(id: &R::Id) -> String {
    key::json(&id.text(), R::DEFINITION.key)
}

/// Reads the record that a call returns.
pub(super) fn call_record<R: Resource>(reply: &RawReply) -> Result<R> {
    record(&reply.ok)
}

/// Reads the records that a call returns for a list of ids.
pub(super) fn call_records<R: Resource>(reply: &RawReply) -> Result<Vec<Option<R>>> {
    list(&reply.ok, |raw| match raw {
        "null" => Ok(None),
        raw => record(raw).map(Some),
    })
}

/// Returns the reason why `R` cannot be read from what a server sends, if any.
pub(super) fn unreadable<R: Resource>() -> Option<String> {
    let mut generator = SchemaGenerator::default();
    let properties = R::DEFINITION.properties;
    let described = Reader::describe(properties, &mut generator, |reader| drop(R::read(reader)));
    let mut both = properties.iter().zip(described);
    let (missing, _) = both.find(|(property, described)| {
        !property.access.is_sent() && !described.has_default && !described.nullable
    })?;
    let (name, title) = (missing.name, R::DEFINITION.title);
    Some(format!(
        "`{name}` is never sent, so a client can't construct a `{title}`; \
                give the property a `default`, or make it an `Option`"
    ))
}
