//! The stored form of a resource, and the migration of records from an older definition.

mod changes;
mod form;

pub(crate) use changes::{compare, is_written, written};
pub(crate) use form::{Form, StoredProperty};

use crate::core::error::{Error, Result};
use crate::core::json::object::Object;
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::model::resource_model::Model;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The current definition of a resource, for [`Store::migrate`](super::Store::migrate).
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    model: &'a Model,
    /// The positions of properties whose stored values have to be sanitized.
    unsanitized: &'a [usize],
}

/// The result of migrating a stored record.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Migrated {
    /// The record by the current definition.
    pub record: Record,
    /// The properties that had a value other than null, and are no longer declared.
    pub dropped: Vec<String>,
}

impl<'a> Layout<'a> {
    pub(crate) fn of(model: &'a Model) -> Self {
        Self {
            model,
            unsanitized: &[],
        }
    }

    /// Returns the layout for records whose values at these positions have to be sanitized.
    #[cfg(feature = "sqlite")]
    pub(crate) fn sanitizing(self, unsanitized: &'a [usize]) -> Self {
        Self {
            unsanitized,
            ..self
        }
    }

    /// The resource.
    pub fn definition(self) -> &'static ResourceDef {
        self.model.definition
    }

    /// Returns a description of the stored records as one JSON text: a store with the same text has
    /// nothing to migrate.
    pub fn form(self) -> String {
        self.to_form().text()
    }

    /// Returns the description that [`form`](Self::form) serializes.
    pub(crate) fn to_form(self) -> Form {
        let mut form = Form::of(self.definition());
        let properties = form.properties.iter_mut().zip(&self.model.properties);
        for (at, (property, described)) in properties.enumerate() {
            property.schema = described.form(&self.definition().properties[at]);
            property.default.clone_from(&described.default);
        }
        form
    }

    /// Returns whether records without a value of the property at this position receive one.
    pub(crate) fn fills(self, at: usize) -> bool {
        let (property, described) = (
            &self.definition().properties[at],
            &self.model.properties[at],
        );
        described.has_default || described.nullable || property.managed.is_some()
    }

    /// Returns whether that value is null.
    pub(crate) fn fills_with_null(self, at: usize) -> bool {
        let described = &self.model.properties[at];
        described.nullable
            && (!described.has_default || described.default.as_ref().is_some_and(Value::is_null))
    }

    /// Migrates a record that was stored as these texts under an older definition: new properties take
    /// their defaults, [renamed](crate::model::definition::Property::renamed_from) ones keep their
    /// values, values that were not sanitized when they were stored are sanitized, and all rules are
    /// checked.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), with every property that does not fit.
    pub fn migrate(self, id: &str, rev: u64, sent: &str, kept: &str) -> Result<Migrated> {
        self.migrate_from(&[], id, rev, [sent, kept])
    }

    /// Migrates a record of a known form. A property that is no longer declared loses nothing if its
    /// value is the default that records without it had, so a version that only added the property can
    /// be reverted.
    pub(crate) fn migrate_from(
        self,
        older: &[StoredProperty],
        id: &str,
        rev: u64,
        [sent, kept]: [&str; 2],
    ) -> Result<Migrated> {
        let kept = if kept.is_empty() { "{}" } else { kept };
        let read = |text| serde_json::from_str::<BTreeMap<String, &RawValue>>(text);
        let mut stored = read(sent).map_err(Error::internal)?;
        stored.extend(read(kept).map_err(Error::internal)?);
        let mut given = BTreeMap::new();
        for property in self.definition().properties {
            let own = stored.remove(property.name);
            let value = own.or_else(|| {
                let mut older = property.renamed_from.iter();
                older.find_map(|older| stored.remove(*older))
            });
            given.extend(value.map(|value| (property.name, value)));
        }
        let default = |name: &str| older.iter().find(|it| it.name == name)?.default.as_ref();
        let is_default = |name: &str, value: &RawValue| {
            let parsed = || serde_json::from_str::<Value>(value.get()).ok();
            default(name).is_some_and(|default| parsed().as_ref() == Some(default))
        };
        stored.retain(|name, value| value.get() != "null" && !is_default(name, value));
        let given = serde_json::to_string(&given).map_err(Error::internal)?;
        let record = self
            .model
            .restore(&Object::parse(&given)?, self.unsanitized)?
            .with_rev(rev);
        if record.id() != id {
            return Err(Error::internal("the id of a record can't change"));
        }
        let dropped = stored.into_keys().collect();
        Ok(Migrated { record, dropped })
    }
}
