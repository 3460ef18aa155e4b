//! The description of stored records, which is stored with them.

use crate::model::definition::ResourceDef;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The description of a resource's stored records.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Form {
    pub(crate) id: String,
    pub(crate) properties: Vec<StoredProperty>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredProperty {
    pub(crate) name: String,
    /// Whether the property is sent to clients.
    pub(crate) sent: bool,
    pub(crate) indexed: bool,
    pub(crate) unique: bool,
    /// The form of the property's keys in an index; `None` for JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// The sanitizers that the values went through.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) sanitizers: String,
    /// The type and the rules; null if only the definition is known.
    #[serde(default)]
    pub(crate) schema: Value,
    /// The value of records that were stored without the property, if it is constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<Value>,
}

impl Form {
    /// Returns the form as far as the definition alone determines it.
    pub(crate) fn of(definition: &ResourceDef) -> Self {
        let properties = definition.properties.iter();
        let properties = properties.map(|property| StoredProperty {
            name: property.name.to_owned(),
            sent: property.access.is_sent(),
            indexed: property.is_indexed(),
            unique: property.unique,
            key: property.key_form.name().map(ToOwned::to_owned),
            sanitizers: property.sanitizers.to_owned(),
            schema: Value::Null,
            default: None,
        });
        Self {
            id: definition.properties[definition.id].name.to_owned(),
            properties: properties.collect(),
        }
    }

    /// Returns the form without defaults, which no stored record depends on.
    #[cfg(feature = "sqlite")]
    pub(crate) fn without_defaults(mut self) -> Self {
        let properties = self.properties.iter_mut();
        properties.for_each(|property| property.default = None);
        self
    }

    pub(crate) fn text(&self) -> String {
        // It consists of strings and JSON, which always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Returns the stored property of each property of a definition, in its order, and the stored ones
    /// that are no longer declared.
    pub(crate) fn matched(
        &self,
        definition: &ResourceDef,
    ) -> (Vec<Option<&StoredProperty>>, Vec<&StoredProperty>) {
        let mut left: BTreeMap<_, _> = self.properties.iter().map(|it| (&*it.name, it)).collect();
        let was = definition.properties.iter().map(|property| {
            let own = left.remove(property.name);
            own.or_else(|| {
                let mut older = property.renamed_from.iter();
                older.find_map(|older| left.remove(older))
            })
        });
        (was.collect(), left.into_values().collect())
    }

    /// Returns the positions of properties whose values did not go through the sanitizers that
    /// `definition` declares.
    #[cfg(feature = "sqlite")]
    pub(crate) fn unsanitized(&self, definition: &ResourceDef) -> Vec<usize> {
        let (was, _) = self.matched(definition);
        let properties = definition.properties.iter().zip(was).enumerate();
        let changed = properties.filter(|(_, (now, was))| {
            let was = was.map_or("", |was| &*was.sanitizers);
            !now.sanitizers.is_empty() && now.sanitizers != was
        });
        changed.map(|(at, _)| at).collect()
    }

    /// Returns whether the form matches the definition.
    #[cfg(feature = "sqlite")]
    pub(crate) fn is_of(&self, definition: &ResourceDef) -> bool {
        let mut own = Self::of(definition);
        for (own, property) in own.properties.iter_mut().zip(&self.properties) {
            own.schema.clone_from(&property.schema);
            own.default.clone_from(&property.default);
        }
        *self == own
    }
}
