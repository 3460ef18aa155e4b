//! A resource as a server knows it: what was declared, and what only its types could say.

use crate::declared::Declared;
use crate::error::{Error, Fault, Result};
use crate::key;
use crate::object::Object;
use crate::reader::{DescribedProperty, Giver, Reader};
use crate::record::{Draft, Record};
use crate::resource::{Resource, Writer};
use crate::rules::{self, Kind};
use schemars::SchemaGenerator;
use std::any::TypeId;

/// A resource without its type: the functions that need the type, and what is the same for all.
#[derive(Debug)]
pub struct Shape {
    /// What the derive wrote down.
    pub declared: &'static Declared,
    /// Which type it is of.
    type_id: fn() -> TypeId,
    rewrite: fn(&mut Reader<'_>) -> Option<Result<Draft, serde_json::Error>>,
}

impl Shape {
    /// The shape of `R`.
    pub const fn of<R: Resource>() -> Self {
        Self {
            declared: R::DECLARED,
            type_id: TypeId::of::<R>,
            rewrite: rewrite::<R>,
        }
    }
}

fn rewrite<R: Resource>(reader: &mut Reader<'_>) -> Option<Result<Draft, serde_json::Error>> {
    R::read(reader).map(|record| write(&record))
}

fn write<R: Resource>(record: &R) -> Result<Draft, serde_json::Error> {
    let mut writer = Writer::new(R::DECLARED);
    record.write(&mut writer);
    writer.finish()
}

/// A served resource.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) declared: &'static Declared,
    /// Its place in the list that is served, by which stores know it.
    pub(crate) index: usize,
    type_id: TypeId,
    rewrite: fn(&mut Reader<'_>) -> Option<Result<Draft, serde_json::Error>>,
    pub(crate) properties: Vec<DescribedProperty>,
}

impl Model {
    pub(crate) fn new(shape: &Shape, index: usize, generator: &mut SchemaGenerator) -> Self {
        let properties = Reader::describe(shape.declared.properties, generator, |reader| {
            (shape.rewrite)(reader);
        });
        Self {
            declared: shape.declared,
            index,
            type_id: (shape.type_id)(),
            rewrite: shape.rewrite,
            properties,
        }
    }

    /// Whether its records are values of `R`.
    pub(crate) fn is_of<R: Resource>(&self) -> bool {
        self.type_id == TypeId::of::<R>()
    }

    /// The name of the id.
    pub(crate) fn id_name(&self) -> &'static str {
        self.declared.properties[self.declared.id].name
    }

    /// The kind of the property at `position`.
    pub(crate) fn kind(&self, position: usize) -> Kind {
        self.properties[position].kind
    }

    /// The record that `given` creates.
    pub(crate) fn create(&self, given: &Object<'_>, by: Giver) -> Result<Record> {
        self.build(Reader::new(self.declared.properties, given, by))
    }

    /// The record that `given` makes of `stored`: only what is given changes.
    pub(crate) fn change(&self, given: &Object<'_>, stored: &Record, by: Giver) -> Result<Record> {
        self.build(Reader::changed(self.declared.properties, given, stored, by))
    }

    /// The record that replaces `stored`: what the giver may set is as given, the rest stays.
    pub(crate) fn replace(&self, given: &Object<'_>, stored: &Record, by: Giver) -> Result<Record> {
        self.build(Reader::replaced(
            self.declared.properties,
            given,
            stored,
            by,
        ))
    }

    fn build(&self, mut reader: Reader<'_>) -> Result<Record> {
        let draft = (self.rewrite)(&mut reader);
        reader.finish()?;
        self.check(draft.ok_or_else(|| Error::internal("a property was refused without a fault"))?)
    }

    /// The text of `record`, after the rules.
    pub(crate) fn write<R: Resource>(&self, record: &R) -> Result<Record> {
        self.check(write(record))
    }

    /// The value of a stored record.
    pub(crate) fn read<R: Resource>(&self, record: &Record) -> Result<R> {
        let mut reader = Reader::stored(self.declared.properties, record);
        let value = R::read(&mut reader);
        reader.finish().map_err(Error::internal)?;
        value.ok_or_else(|| Error::internal("a property was refused without a fault"))
    }

    fn check(&self, draft: Result<Draft, serde_json::Error>) -> Result<Record> {
        let draft = draft.map_err(Error::internal)?;
        let (id, id_fault) = match key::canonical(draft.value(self.declared.id), self.declared.key)
        {
            Ok(id) => (id.into_owned(), None),
            Err(fault) => (String::new(), Some(fault)),
        };
        let record = draft.finish(&id);
        let properties = self.declared.properties.iter().enumerate();
        let faults: Vec<Fault> = properties
            .filter_map(|(at, property)| match &id_fault {
                Some(fault) if at == self.declared.id => Some(Fault {
                    path: property.name.to_owned(),
                    ..fault.clone()
                }),
                _ => rules::check(
                    property.name,
                    self.properties[at].kind,
                    self.properties[at].nullable,
                    record.value(at),
                ),
            })
            .collect();
        if faults.is_empty() {
            Ok(record)
        } else {
            Err(Error::invalid(faults))
        }
    }
}
