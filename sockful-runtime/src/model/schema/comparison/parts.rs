//! Compares the record, the actions and the events of a resource.

use super::covers::Covers;
use super::gap::{Direction, Gap, StepBudget};
use super::{SchemaChange, Verdict, object};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Compares resources and collects the changes.
pub(super) struct ResourceComparison<'a, 'w> {
    old: &'a Value,
    new: &'a Value,
    work: &'w mut StepBudget,
    resource: String,
    changes: Vec<SchemaChange>,
    /// The bytes of the changes that have not been charged as steps yet.
    uncharged: usize,
}

impl<'a, 'w> ResourceComparison<'a, 'w> {
    pub(super) fn new(old: &'a Value, new: &'a Value, work: &'w mut StepBudget) -> Self {
        Self {
            old,
            new,
            work,
            resource: String::new(),
            changes: Vec::new(),
            uncharged: 0,
        }
    }

    /// Begins the resource `name`.
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
        self.uncharged += self.resource.len() + what.len() + message.len();
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

    /// Consumes a step, and further ones in proportion to the changes so far.
    pub(super) fn step(&mut self) -> Result<(), String> {
        let uncharged = std::mem::take(&mut self.uncharged);
        self.spend(1 + uncharged / 16)
    }

    fn spend(&mut self, steps: usize) -> Result<(), String> {
        self.work.spend(steps).map_err(|gap| match gap {
            Gap::Fault(why) | Gap::Differs(why) => why,
        })
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
                self.step()?;
                match now.get(name) {
                    Some(newer) => self.entry(&what(name), entry, newer)?,
                    None => self.breaking(&what(name), "was removed"),
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
        let required = [old, new].map(required);
        self.spend(required.iter().map(HashSet::len).sum())?;
        for (name, property) in before {
            self.step()?;
            let what = format!("{what}.{name}");
            match now.get(name) {
                Some(newer) => {
                    let flags = [0, 1].map(|at| required[at].contains(&**name));
                    self.presence(&what, flags, direction);
                    self.schema(&what, property, newer, direction)?;
                    if direction == Direction::Sent
                        && property.get("default") != newer.get("default")
                    {
                        self.compatible(&what, "has a different default");
                    }
                }
                None => self.breaking(&what, "was removed"),
            }
        }
        for name in now.keys().filter(|name| !before.contains_key(*name)) {
            let what = format!("{what}.{name}");
            if direction == Direction::Sent && required[1].contains(&**name) {
                self.breaking(&what, "is new and required");
            } else {
                self.compatible(&what, "is new");
            }
        }
        if self.changes.len() == count {
            // Only keywords of the objects as a whole remain.
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
            ([false, true], Direction::Sent) => self.breaking(what, "is now required"),
            ([true, false], Direction::Sent) => self.compatible(what, "can now be omitted"),
            ([true, false], Direction::Received) => self.breaking(what, "can now be missing"),
            ([false, true], Direction::Received) => self.compatible(what, "is now always present"),
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
                Direction::Sent | Direction::Exactly => "accepts more than before",
                Direction::Received => "has tighter limits than before",
            };
            self.compatible(what, message);
        }
        Ok(())
    }

    /// Checks that values sent in this direction remain valid, or returns why not.
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
        match Covers::new(sub_in, over_in, direction, self.work).schema(sub, over) {
            Ok(()) => Ok(Ok(())),
            Err(Gap::Differs(why)) => Ok(Err(why)),
            Err(Gap::Fault(why)) => Err(why),
        }
    }
}

/// Returns the properties of a schema that consists of nothing else.
fn plain(schema: &Value) -> Option<&Map<String, Value>> {
    let combined = ["$ref", "allOf", "anyOf", "oneOf", "enum", "const"];
    let is_combined = combined.iter().any(|key| schema.get(key).is_some());
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.filter(|_| !is_combined && schema["type"] == "object")
}

fn required(schema: &Value) -> HashSet<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    let names = names.into_iter().flatten();
    names.filter_map(Value::as_str).collect()
}
