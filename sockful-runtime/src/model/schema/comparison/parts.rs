//! Compares the record, the actions and the events of a resource.

use super::covers::Covers;
use super::gap::{Direction, Gap, Work};
use super::{SchemaChange, Verdict, object};
use serde_json::{Map, Value};

/// Compares resources and collects the changes.
pub(super) struct ResourceComparison<'a> {
    old: &'a Value,
    new: &'a Value,
    work: Work,
    resource: String,
    changes: Vec<SchemaChange>,
}

impl<'a> ResourceComparison<'a> {
    pub(super) fn new(old: &'a Value, new: &'a Value, work: Work) -> Self {
        Self {
            old,
            new,
            work,
            resource: String::new(),
            changes: Vec::new(),
        }
    }

    /// Starts the resource `name`.
    pub(super) fn of(&mut self, name: &str) {
        name.clone_into(&mut self.resource);
    }

    pub(super) fn breaking(&mut self, what: &str, message: impl Into<String>) {
        self.note(what, Verdict::Breaking, message.into());
    }

    pub(super) fn compatible(&mut self, what: &str, message: impl Into<String>) {
        self.note(what, Verdict::Compatible, message.into());
    }

    fn note(&mut self, what: &str, verdict: Verdict, message: String) {
        self.changes.push(SchemaChange {
            resource: self.resource.clone(),
            what: what.to_owned(),
            verdict,
            message,
        });
    }

    pub(super) fn finish(self) -> Vec<SchemaChange> {
        self.changes
    }

    /// Compares two descriptions of one resource.
    pub(super) fn resource(&mut self, old: &'a Value, new: &'a Value) -> Result<(), String> {
        let whose = format!("`{}`", self.resource);
        if let (Some(old), Some(new)) = (old.get("record"), new.get("record")) {
            self.schemas("record", old, new, Direction::Received)?;
        }
        for kind in ["actions", "events"] {
            let (before, now) = (object(old, kind, &whose)?, object(new, kind, &whose)?);
            let what = |name: &str| match kind {
                "events" => format!("event {name}"),
                _ => name.to_owned(),
            };
            for (name, entry) in before {
                match now.get(name) {
                    Some(newer) => self.entry(&what(name), entry, newer)?,
                    None => self.breaking(&what(name), "is no longer served"),
                }
            }
            for name in now.keys().filter(|name| !before.contains_key(*name)) {
                self.compatible(&what(name), "is new");
            }
        }
        Ok(())
    }

    /// Compares two descriptions of one action or event.
    fn entry(&mut self, what: &str, old: &'a Value, new: &'a Value) -> Result<(), String> {
        let parts = [
            ("payload", Direction::Sent),
            ("result", Direction::Received),
            ("data", Direction::Received),
        ];
        for (part, direction) in parts {
            if let (Some(old), Some(new)) = (old.get(part), new.get(part)) {
                self.schemas(&format!("{what} {part}"), old, new, direction)?;
            }
        }
        Ok(())
    }

    /// Compares two schemas, property by property if both describe plain objects.
    fn schemas(
        &mut self,
        what: &str,
        old: &'a Value,
        new: &'a Value,
        direction: Direction,
    ) -> Result<(), String> {
        let (Some(before), Some(now)) = (plain(old), plain(new)) else {
            return self.schema(what, old, new, direction);
        };
        let count = self.changes.len();
        for (name, property) in before {
            let what = format!("{what}.{name}");
            match now.get(name) {
                Some(newer) => {
                    let flags = [old, new].map(|schema| is_required(schema, name));
                    self.presence(&what, flags, direction);
                    self.schema(&what, property, newer, direction)?;
                    if direction == Direction::Sent
                        && property.get("default") != newer.get("default")
                    {
                        self.compatible(&what, "has another default");
                    }
                }
                None => self.breaking(&what, "is no longer there"),
            }
        }
        for name in now.keys().filter(|name| !before.contains_key(*name)) {
            let what = format!("{what}.{name}");
            if direction == Direction::Sent && is_required(new, name) {
                self.breaking(&what, "is new, and required");
            } else {
                self.compatible(&what, "is new");
            }
        }
        if self.changes.len() == count {
            // Nothing is left but what is said of the objects as a whole.
            self.schema(what, old, new, direction)?;
        } else if let Err(why) = self.direct(old, new, direction)?
            && !self.changes[count..]
                .iter()
                .any(|change| change.verdict == Verdict::Breaking)
        {
            self.breaking(what, why);
        }
        Ok(())
    }

    fn presence(&mut self, what: &str, required: [bool; 2], direction: Direction) {
        match (required, direction) {
            ([false, true], Direction::Sent) => self.breaking(what, "is required now"),
            ([true, false], Direction::Sent) => self.compatible(what, "may be left out now"),
            ([true, false], Direction::Received) => self.breaking(what, "may be missing now"),
            ([false, true], Direction::Received) => self.compatible(what, "is always there now"),
            _ => {}
        }
    }

    fn schema(
        &mut self,
        what: &str,
        old: &'a Value,
        new: &'a Value,
        direction: Direction,
    ) -> Result<(), String> {
        if let Err(why) = self.direct(old, new, direction)? {
            self.breaking(what, why);
        } else if self.differ(old, new)? {
            let message = match direction {
                Direction::Sent | Direction::Exactly => "takes more than before",
                Direction::Received => "has more, or other limits, than before",
            };
            self.compatible(what, message);
        }
        Ok(())
    }

    /// Checks that values in this direction still fit, or returns why not.
    fn direct(
        &mut self,
        old: &'a Value,
        new: &'a Value,
        direction: Direction,
    ) -> Result<Result<(), String>, String> {
        match direction {
            Direction::Received => self.covers((self.new, new), (self.old, old), direction),
            Direction::Sent | Direction::Exactly => {
                self.covers((self.old, old), (self.new, new), direction)
            }
        }
    }

    fn differ(&mut self, old: &'a Value, new: &'a Value) -> Result<bool, String> {
        let (old, new) = ((self.old, old), (self.new, new));
        Ok(self.covers(old, new, Direction::Exactly)?.is_err()
            || self.covers(new, old, Direction::Exactly)?.is_err())
    }

    fn covers(
        &mut self,
        (sub_in, sub): (&'a Value, &'a Value),
        (over_in, over): (&'a Value, &'a Value),
        direction: Direction,
    ) -> Result<Result<(), String>, String> {
        match Covers::new(sub_in, over_in, direction, &mut self.work).schema(sub, over) {
            Ok(()) => Ok(Ok(())),
            Err(Gap::Differs(why)) => Ok(Err(why)),
            Err(Gap::Fault(why)) => Err(why),
        }
    }
}

/// Returns the properties of a schema that has only those.
fn plain(schema: &Value) -> Option<&Map<String, Value>> {
    let combined = ["$ref", "allOf", "anyOf", "oneOf", "enum", "const"];
    let is_combined = combined.iter().any(|key| schema.get(key).is_some());
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.filter(|_| !is_combined && schema["type"] == "object")
}

fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|one| one == name))
}
