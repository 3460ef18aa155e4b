//! The obstacles to a migration, as messages.

use crate::core::error::Fault;
use crate::store::{Form, Layout, StoredProperty};
use std::collections::BTreeMap;

/// The obstacles to a migration: the number of records with each, and one of them.
#[derive(Debug, Default)]
pub(super) struct Findings(BTreeMap<Finding, (usize, String)>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Finding {
    /// A required property has no value.
    Missing(String),
    /// A value violates a rule or has the wrong type.
    Misfit(String, String),
    /// A property has a value, but is no longer declared.
    Dropped(String),
    /// Several records have the same value of a unique property.
    SharedFile(String),
}

impl Findings {
    /// Counts the properties that a record would lose.
    pub(super) fn count(&mut self, id: &str, dropped: Vec<String>) {
        for name in dropped {
            self.note(Finding::Dropped(name), id);
        }
    }

    /// Counts the violations of a record.
    pub(super) fn faults(&mut self, id: &str, faults: &[Fault]) {
        for fault in faults {
            let path = fault.path.clone();
            let finding = match fault.rule.as_ref() {
                "required" => Finding::Missing(path),
                _ => Finding::Misfit(path, fault.message.to_string()),
            };
            self.note(finding, id);
        }
    }

    pub(super) fn shared(&mut self, property: &str, found: Option<(usize, String)>) {
        let finding = || Finding::SharedFile(property.to_owned());
        self.0.extend(found.map(|found| (finding(), found)));
    }

    fn note(&mut self, finding: Finding, id: &str) {
        let (count, _) = self.0.entry(finding).or_insert_with(|| (0, id.to_owned()));
        *count += 1;
    }

    /// Returns one sentence for each obstacle: what it is, and what to write.
    pub(super) fn sentences(self) -> impl Iterator<Item = String> {
        self.0.into_iter().map(|(finding, (count, id))| {
            let records = match count {
                1 => format!("1 record (`{id}`)"),
                _ => format!("{count} records (such as `{id}`)"),
            };
            match finding {
                Finding::Missing(name) => format!(
                    "`{name}` is required, but {records} would have no value; write #[resource(default = …)] on it, or make it an `Option`"
                ),
                Finding::Misfit(name, message) => format!(
                    "`{name}` {message} in {records}; change that in a migration"
                ),
                Finding::Dropped(name) => format!(
                    "`{name}` was removed, but {records} would lose a value; write #[resource(renamed_from = \"{name}\")] on the renamed property, or remove the value in a migration"
                ),
                Finding::SharedFile(name) => {
                    let values = match count {
                        1 => "1 value occurs".to_owned(),
                        _ => format!("{count} values occur"),
                    };
                    format!(
                        "`{name}` is unique, but {values} in several records (such as `{id}`); change that in a migration"
                    )
                }
            }
        })
    }
}

/// Returns how a resource differs from the one stored as `name`.
pub(super) fn differences(
    stored: &Form,
    name: &str,
    layout: Layout<'_>,
) -> impl Iterator<Item = String> + use<> {
    let definition = layout.definition();
    let renamed = name != definition.name;
    let mut lines: Vec<_> = renamed
        .then(|| format!("was renamed from `{name}`"))
        .into_iter()
        .collect();
    let (was, undeclared) = stored.matched(definition);
    for (was, now) in was.into_iter().zip(&layout.to_form().properties) {
        match was {
            None => lines.push(format!("`{}` is new", now.name)),
            Some(was) => lines.extend(changes(was, now)),
        }
    }
    let undeclared = undeclared.into_iter();
    lines.extend(undeclared.map(|it| {
        format!(
            "`{}` was removed; no record had a value other than its default",
            it.name
        )
    }));
    let name = definition.name;
    lines.into_iter().map(move |it| format!("{name}: {it}"))
}

fn changes(before: &StoredProperty, now: &StoredProperty) -> impl Iterator<Item = String> {
    let name = &now.name;
    let is = [
        (
            before.name != now.name,
            format!("was renamed from `{}`", before.name),
        ),
        (
            now.sent && !before.sent,
            "is now sent to clients".to_owned(),
        ),
        (
            before.sent && !now.sent,
            "is no longer sent to clients".to_owned(),
        ),
        (now.indexed && !before.indexed, "is now indexed".to_owned()),
        (
            before.indexed && !now.indexed,
            "is no longer indexed".to_owned(),
        ),
        (now.unique && !before.unique, "is now unique".to_owned()),
        (
            before.unique && !now.unique,
            "is no longer unique".to_owned(),
        ),
        (
            now.sanitizers != before.sanitizers && !now.sanitizers.is_empty(),
            format!(
                "is now sanitized by `{}`, including stored values",
                now.sanitizers
            ),
        ),
        (
            now.key != before.key,
            match &now.key {
                Some(key) => format!("is now compared by its value (`{key}`)"),
                None => "is now compared as JSON".to_owned(),
            },
        ),
        (
            now.schema != before.schema,
            "has a different type or rules, which all records satisfy".to_owned(),
        ),
    ];
    let is = is.into_iter().filter(|(is_so, _)| *is_so);
    let name = name.clone();
    is.map(move |(_, what)| format!("`{name}` {what}"))
}
