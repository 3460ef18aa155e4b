//! Compares a description of stored records with the current definitions, without opening the store.

use super::{Form, Layout, StoredProperty};
use crate::model::schema::comparison::{SchemaChange, SchemaComparison, Verdict, takes_all};
use serde_json::{Map, Value, json};

/// The key of the forms in a description of stored records.
const KEY: &str = "stored";

/// Describes the stored records of these resources, in lines so that a diff is readable.
pub(crate) fn written(layouts: &[Layout<'_>]) -> String {
    let forms = layouts.iter().map(|layout| {
        let name = layout.definition().name.to_owned();
        (name, json!(layout.to_form()))
    });
    let forms: Map<String, Value> = forms.collect();
    format!("{:#}\n", json!({KEY: forms}))
}

/// Returns whether a value is such a description.
pub(crate) fn is_written(value: &Value) -> bool {
    value.get(KEY).is_some()
}

/// Returns the changes since the resources had this description. A breaking change is refused by a
/// server whose store has records that it concerns; all others are always applied.
///
/// # Errors
///
/// The reason, if `older` is not such a description.
pub(crate) fn compare(older: &Value, layouts: &[Layout<'_>]) -> Result<SchemaComparison, String> {
    let forms = older.get(KEY).and_then(Value::as_object);
    let mut forms = forms
        .ok_or_else(|| format!("is not a description of a store: `{KEY}` is not an object"))?
        .clone();
    let mut changes = Vec::new();
    for &layout in layouts {
        let definition = layout.definition();
        let mut layout_changes = LayoutChanges::of(definition.name);
        let names = [&definition.name]
            .into_iter()
            .chain(definition.renamed_from);
        let mut found = names.filter_map(|&name| Some((name, forms.remove(name)?)));
        let found = found.next();
        match found {
            None => layout_changes.applied("", "is new"),
            Some((name, form)) => {
                if name != definition.name {
                    layout_changes.applied("", format!("was renamed from `{name}`"));
                }
                let form = serde_json::from_value(form);
                let form = form.map_err(|error| {
                    format!(
                        "has an invalid description of `{}`: {error}",
                        definition.name
                    )
                })?;
                layout_changes.resource(&form, layout)?;
            }
        }
        changes.extend(layout_changes.changes);
    }
    for name in forms.keys() {
        let mut layout_changes = LayoutChanges::of(name);
        layout_changes.applied("", "was removed; its records stay in the store");
        changes.extend(layout_changes.changes);
    }
    Ok(SchemaComparison::of(changes))
}

/// Collects the changes of one resource.
struct LayoutChanges<'a> {
    resource: &'a str,
    changes: Vec<SchemaChange>,
}

impl<'a> LayoutChanges<'a> {
    fn of(resource: &'a str) -> Self {
        Self {
            resource,
            changes: Vec::new(),
        }
    }

    fn applied(&mut self, what: &str, message: impl Into<String>) {
        self.tell(what, Verdict::Compatible, message.into());
    }

    fn refused(&mut self, what: &str, message: impl Into<String>) {
        self.tell(what, Verdict::Breaking, message.into());
    }

    fn tell(&mut self, what: &str, verdict: Verdict, message: String) {
        self.changes.push(SchemaChange {
            resource: self.resource.to_owned(),
            what: what.to_owned(),
            verdict,
            message,
        });
    }

    fn resource(&mut self, older: &Form, layout: Layout<'_>) -> Result<(), String> {
        let definition = layout.definition();
        let newer = layout.to_form();
        let (was, undeclared) = older.matched(definition);
        for (at, (now, was)) in newer.properties.iter().zip(was).enumerate() {
            let name = &*now.name;
            let Some(was) = was else {
                if layout.fills(at) && (!now.unique || layout.fills_with_null(at)) {
                    self.applied(name, "is new");
                } else if layout.fills(at) {
                    self.refused(
                        name,
                        "is new and unique, but existing records would share its default; make it an `Option` without a default",
                    );
                } else {
                    self.refused(
                        name,
                        "is new, but existing records have no value; write #[resource(default = …)] on it, or make it an `Option`",
                    );
                }
                continue;
            };
            if (at == definition.id) != (was.name == older.id) {
                self.refused(
                    name,
                    "is a different property; the id of a record can't change",
                );
            }
            self.property(was, now)?;
        }
        for was in undeclared {
            let name = &was.name;
            self.refused(
                name,
                format!(
                    "was removed, but existing records may have values; write #[resource(renamed_from = \"{name}\")] on the renamed property, or remove the values in a migration"
                ),
            );
        }
        Ok(())
    }

    fn property(&mut self, was: &StoredProperty, now: &StoredProperty) -> Result<(), String> {
        let name = &*now.name;
        if was.name != now.name {
            self.applied(name, format!("was renamed from `{}`", was.name));
        }
        match (was.sent, now.sent) {
            (false, true) => self.applied(name, "is now sent to clients"),
            (true, false) => self.applied(name, "is no longer sent to clients"),
            _ => {}
        }
        match (was.indexed, now.indexed) {
            (false, true) => {
                self.applied(name, "is now indexed, which limits strings to 1,024 bytes");
            }
            (true, false) => self.applied(name, "is no longer indexed"),
            _ => {}
        }
        match (was.unique, now.unique) {
            (false, true) => self.refused(
                name,
                "is now unique, but existing records may share a value; change those in a migration",
            ),
            (true, false) => self.applied(name, "is no longer unique"),
            _ => {}
        }
        if was.sanitizers != now.sanitizers && !now.sanitizers.is_empty() {
            let sanitizers = &now.sanitizers;
            self.applied(
                name,
                format!("is now sanitized by `{sanitizers}`, including stored values"),
            );
        }
        if was.key != now.key {
            self.applied(
                name,
                match &now.key {
                    Some(key) => format!("is now compared by its value (`{key}`)"),
                    None => "is now compared as JSON".to_owned(),
                },
            );
        }
        if was.unique && now.unique {
            let cause = match (was.sanitizers != now.sanitizers, was.key != now.key) {
                (true, _) => "after they are sanitized",
                (_, true) => "when they are compared by value",
                _ => "",
            };
            if !cause.is_empty() {
                self.refused(
                    name,
                    format!("is unique, but existing records may share a value {cause}; change those in a migration"),
                );
            }
        }
        if was.schema != now.schema {
            match takes_all(&was.schema, &now.schema)? {
                Ok(()) => self.applied(name, "accepts all earlier values"),
                Err(why) => self.refused(
                    name,
                    format!("{why}; change the existing records that violate this in a migration"),
                ),
            }
        }
        Ok(())
    }
}
