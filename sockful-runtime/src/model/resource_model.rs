//! A served resource: its definition, and run-time information about its types.

use crate::core::clock::Clock;
use crate::core::config::Config;
use crate::core::error::{Error, ErrorKind, Fault, Result};
use crate::core::json;
use crate::core::json::object::Object;
use crate::model::codec::OperandCodec;
use crate::model::definition::{Access, KeyKind, Managed, ResourceDef};
use crate::model::key;
use crate::model::reader::{Base, DescribedProperty, Origin, Reader};
use crate::model::record::Record;
use crate::model::resource::{Resource, Writer, WrittenRecord};
use crate::model::validation;
use crate::model::validation::JsonKind;
use schemars::SchemaGenerator;
use std::any::TypeId;
use std::borrow::Cow;

/// A character that sanitizers of white space and case do not change.
const PREFIX_END: char = '\u{1}';

/// A resource with its type erased.
#[derive(Debug)]
pub struct Shape {
    /// The definition that the derive generated.
    pub definition: &'static ResourceDef,
    /// The id of the type.
    type_id: fn() -> TypeId,
    rewrite: fn(&mut Reader<'_>) -> Option<Result<WrittenRecord, serde_json::Error>>,
}

impl Shape {
    /// The shape of `R`.
    pub const fn of<R: Resource>() -> Self {
        Self {
            definition: R::DEFINITION,
            type_id: TypeId::of::<R>,
            rewrite: rewrite::<R>,
        }
    }
}

fn rewrite<R: Resource>(
    reader: &mut Reader<'_>,
) -> Option<Result<WrittenRecord, serde_json::Error>> {
    R::read(reader).map(|record| write(&record))
}

fn write<R: Resource>(record: &R) -> Result<WrittenRecord, serde_json::Error> {
    let mut writer = Writer::new(R::DEFINITION);
    record.write(&mut writer);
    writer.finish()
}

/// A served resource.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) definition: &'static ResourceDef,
    /// The index in the list of served resources, by which stores identify it.
    pub(crate) index: usize,
    type_id: TypeId,
    rewrite: fn(&mut Reader<'_>) -> Option<Result<WrittenRecord, serde_json::Error>>,
    pub(crate) properties: Vec<DescribedProperty>,
    /// The positions of the creation time, the update time and the revision.
    managed: [Option<usize>; 3],
}

impl Model {
    pub(crate) fn new(shape: &Shape, index: usize, generator: &mut SchemaGenerator) -> Self {
        let properties = Reader::describe(shape.definition.properties, generator, |reader| {
            (shape.rewrite)(reader);
        });
        Self {
            definition: shape.definition,
            index,
            type_id: (shape.type_id)(),
            rewrite: shape.rewrite,
            properties,
            managed: [Managed::CreatedAt, Managed::UpdatedAt, Managed::Rev]
                .map(|managed| shape.definition.managed_position(managed)),
        }
    }

    /// Returns whether its records are values of `R`.
    pub(crate) fn is_of<R: Resource>(&self) -> bool {
        self.type_id == TypeId::of::<R>()
    }

    /// Returns the Rust type of the records.
    pub(crate) fn type_id(&self) -> TypeId {
        self.type_id
    }

    /// Returns the name of the id property.
    pub(crate) fn id_name(&self) -> &'static str {
        self.definition.properties[self.definition.id].name
    }

    /// Takes the id from a payload.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if it is missing or malformed.
    pub(crate) fn id<'a>(&self, given: &Object<'a>) -> Result<Cow<'a, str>> {
        self.canonical_id(given.take(self.id_name()))
    }

    /// Returns the canonical text of the id `raw` in a payload.
    pub(crate) fn canonical_id<'a>(&self, raw: Option<&'a str>) -> Result<Cow<'a, str>> {
        canonical_id(raw, self.id_name(), self.definition.key)
    }

    /// Returns the default and the maximum page size.
    pub(crate) fn page(&self, config: &Config) -> (usize, usize) {
        let usual = (config.request.default_page, config.request.max_page);
        self.definition.page.unwrap_or(usual)
    }

    /// Returns the JSON kind of the property at `position`.
    pub(crate) fn kind(&self, position: usize) -> JsonKind {
        self.properties[position].kind
    }

    /// Calls `visit` with the codec of the property at `position`. It reads no values, but visits all
    /// properties, so call it once for many values.
    pub(crate) fn with_codec<T>(
        &self,
        position: usize,
        visit: impl FnOnce(&dyn OperandCodec) -> T,
    ) -> Option<T> {
        let read = |reader: &mut Reader<'_>| drop((self.rewrite)(reader));
        Reader::with_codec(self.definition.properties, position, read, visit)
    }

    /// Returns the prefix of the stored texts of the property at `position` whose original texts begin
    /// with `prefix`.
    pub(crate) fn normalize_prefix(&self, position: usize, prefix: &str) -> Box<str> {
        if self.properties[position].is_uuid {
            return prefix.to_ascii_lowercase().into();
        }
        if self.definition.properties[position].sanitizers.is_empty() {
            return prefix.into();
        }
        let sanitize = |raw: &str| self.with_codec(position, |codec| codec.normalize(raw, true))?;
        sanitize_prefix(prefix, sanitize)
    }

    /// Creates a record from a payload.
    pub(crate) fn create(&self, given: &Object<'_>, origin: Origin) -> Result<Record> {
        let record = self.build(given, Base::Empty, origin)?;
        match key::check_new(record.id(), self.definition.key) {
            Ok(()) => Ok(record),
            Err(fault) => Err(Error::invalid(vec![Fault {
                path: self.id_name().to_owned(),
                ..fault
            }])),
        }
    }

    /// Patches `stored`: properties that `given` does not have keep their values.
    pub(crate) fn change(
        &self,
        given: &Object<'_>,
        stored: &Record,
        origin: Origin,
    ) -> Result<Record> {
        self.build(given, Base::Patched(stored), origin)
    }

    /// Replaces `stored`: properties that `origin` can set are taken from `given`, the others keep
    /// their values.
    pub(crate) fn replace(
        &self,
        given: &Object<'_>,
        stored: &Record,
        origin: Origin,
    ) -> Result<Record> {
        self.build(given, Base::Replaced(stored), origin)
    }

    /// Creates a record from values that were stored under an earlier definition. Sanitizes those at
    /// the positions in `unsanitized`.
    pub(crate) fn restore(&self, given: &Object<'_>, unsanitized: &[usize]) -> Result<Record> {
        self.build(given, Base::Legacy(unsanitized), Origin::Server)
    }

    fn build(&self, given: &Object<'_>, base: Base<'_>, origin: Origin) -> Result<Record> {
        let reader = || Reader::given(self.definition.properties, given, origin, base);
        let mut once = reader();
        let written = (self.rewrite)(&mut once);
        if once.is_valid() {
            let written = written
                .ok_or_else(|| Error::internal("a property was rejected without an error"))?;
            return self.check(written, origin);
        }
        // There is no record to validate, so the rules of each property are checked alone and reported
        // as well.
        let mut again = reader().checking_rules();
        (self.rewrite)(&mut again);
        again.finish()?;
        Err(Error::internal("an error was found once but not again"))
    }

    /// Writes `record` and checks its rules.
    pub(crate) fn write<R: Resource>(&self, record: &R) -> Result<Record> {
        self.check(write(record), Origin::Client)
    }

    /// Reads a stored record.
    pub(crate) fn read<R: Resource>(&self, record: &Record) -> Result<R> {
        let mut reader = Reader::stored(self.definition.properties, record);
        let value = R::read(&mut reader);
        reader.finish().map_err(Error::internal)?;
        value.ok_or_else(|| Error::internal("a property was rejected without an error"))
    }

    /// Sets the managed properties of a record that will replace `stored`. Returns `None` if nothing
    /// has changed.
    ///
    /// Changes that a method or a payload made to managed properties are reverted.
    pub(crate) fn set_managed(
        &self,
        mut record: Record,
        stored: Option<&Record>,
        clock: &Clock,
    ) -> Option<Record> {
        let [created, updated, rev] = self.managed;
        if let Some(stored) = stored {
            for at in [created, updated, rev].into_iter().flatten() {
                record.set(at, stored.value(at));
            }
            if record.same_content(stored) {
                return None;
            }
        }
        let created = created.filter(|_| stored.is_none());
        for at in [created, updated].into_iter().flatten() {
            let before = stored.map(|stored| stored.value(at));
            let timestamp = self.properties[at].timestamp;
            record.set(at, &timestamp.after(before, clock.now()));
        }
        Some(record)
    }

    /// Returns the error of a unique property whose value another record already has.
    pub(crate) fn unique_conflict(&self, property: usize) -> Error {
        let property = &self.definition.properties[property];
        match property.access {
            // Clients do not know the property.
            Access::Private => Error::new(ErrorKind::Conflict, "a unique value is already taken"),
            _ => Error::new(
                ErrorKind::Conflict,
                format!("this `{}` is already taken", property.name),
            )
            .at(property.name),
        }
    }

    /// Returns whether a property shows the revision.
    pub(crate) fn keeps_rev(&self) -> bool {
        self.managed[2].is_some()
    }

    fn check(
        &self,
        written: Result<WrittenRecord, serde_json::Error>,
        origin: Origin,
    ) -> Result<Record> {
        let WrittenRecord {
            builder,
            typed,
            exempt,
            not_finite,
        } = written.map_err(Error::internal)?;
        let (id, id_fault) =
            match key::canonical(builder.value(self.definition.id), self.definition.key) {
                Ok(id) => (id.into_owned(), None),
                Err(fault) => (String::new(), Some(fault)),
            };
        let record = builder.finish(&id);
        // Most records have no escapes, which one check of the whole record finds faster.
        let has_escapes = record.has_escapes();
        let mut typed = typed.into_iter().peekable();
        let mut faults = Vec::new();
        for (at, property) in self.definition.properties.iter().enumerate() {
            let found = typed.next_if(|(of, _)| *of == at);
            let (raw, nullable) = (record.value(at), self.properties[at].nullable);
            let own = match &id_fault {
                Some(fault) if at == self.definition.id => Some(Fault {
                    path: property.name.to_owned(),
                    ..fault.clone()
                }),
                _ if not_finite.contains(&at) => Some(validation::not_finite(property.name)),
                _ => validation::check(
                    property.name,
                    self.properties[at].kind,
                    nullable,
                    raw,
                    has_escapes,
                )
                .or_else(|| {
                    let indexed = property.is_indexed().then_some(raw)?;
                    validation::check_indexed(property.name, indexed)
                }),
            };
            let before = faults.len();
            match own {
                Some(fault) => faults.push(fault),
                None if exempt.contains(&at) => {}
                None => {
                    let found = found.map(|(_, found)| found).unwrap_or_default();
                    validation::check_rules(property, raw, &found, &mut faults);
                }
            }
            // Clients cannot set the property and must not learn of it.
            let is_private = property.access == Access::Private;
            if faults.len() > before && origin == Origin::Client && is_private {
                return Err(Error::internal(format!(
                    "the private property `{}` of `{}` {}",
                    property.name, self.definition.name, faults[before].message
                )));
            }
        }
        if faults.is_empty() {
            Ok(record)
        } else {
            Err(Error::invalid(faults))
        }
    }

    /// Checks all defaults against their rules; the derive can check only literals.
    pub(crate) fn check_defaults(&self) -> Result<()> {
        let properties = self.definition.properties.iter().zip(&self.properties);
        for (at, (property, described)) in properties.enumerate() {
            // An id is generated each time, and the default of a conditional property may never be
            // used.
            if at != self.definition.id && !property.is_conditional {
                described.check_default(self.definition.name)?;
            }
        }
        Ok(())
    }
}

/// Returns the prefix of sanitized texts whose original texts begin with `prefix`.
pub(crate) fn sanitize_prefix(
    prefix: &str,
    sanitize: impl FnOnce(&str) -> Option<String>,
) -> Box<str> {
    // White space at the end of a prefix is inside the text, so a sanitizer must not see it at the end.
    let raw = serde_json::Value::from(format!("{prefix}{PREFIX_END}")).to_string();
    let sanitized = sanitize(&raw);
    let sanitized = sanitized.as_deref().and_then(json::string);
    sanitized
        .and_then(|text| text.strip_suffix(PREFIX_END).map(Into::into))
        .unwrap_or_else(|| prefix.into())
}

/// Takes the id `name` from a payload.
pub(crate) fn id_in<'a>(given: &Object<'a>, name: &str, kind: KeyKind) -> Result<Cow<'a, str>> {
    canonical_id(given.take(name), name, kind)
}

fn canonical_id<'a>(raw: Option<&'a str>, name: &str, kind: KeyKind) -> Result<Cow<'a, str>> {
    let id = match raw {
        Some(raw) => key::canonical(raw, kind),
        None => Err(Fault::new("", "required", "is required")),
    };
    id.map_err(|fault| {
        Error::invalid(vec![Fault {
            path: name.to_owned(),
            ..fault
        }])
    })
}
