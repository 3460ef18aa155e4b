//! A simple model of commits, over maps of JSON texts.

use super::oracle;
use crate::model::record::Record;
use crate::store::commit::{Expect, Operation, Rejected};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The stored records in the model: the text without the revision, and the revision.
pub(super) type Tables = BTreeMap<(usize, String), (String, u64)>;

/// The expected reason of a rejection, as far as it is determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExpectedRejection {
    Conflict(usize),
    /// The operation and the property.
    Taken(usize, usize),
}

impl ExpectedRejection {
    pub(super) fn of(rejected: &Rejected) -> Option<Self> {
        match rejected {
            Rejected::Conflict(at) => Some(Self::Conflict(*at)),
            Rejected::Taken {
                operation,
                property,
                ..
            } => Some(Self::Taken(*operation, *property)),
            _ => None,
        }
    }
}

/// The resource with unique names, and the position of the name.
const UNIQUE: (usize, usize) = (1, 1);
const NAMES: [&str; 6] = ["id", "name", "kind", "life", "weight", "tame"];

/// Returns the tables after commit `seq`.
pub(super) fn apply(
    tables: &Tables,
    operations: &[Operation],
    seq: u64,
) -> Result<Tables, ExpectedRejection> {
    let mut after = tables.clone();
    for (nth, operation) in operations.iter().enumerate() {
        let (key, expect) = match operation {
            Operation::Put {
                resource,
                record,
                expect,
            } => {
                let key = (*resource, record.id().to_owned());
                after.insert(key.clone(), (text(record), seq));
                (key, expect)
            }
            Operation::Delete {
                resource,
                id,
                expect,
            } => {
                let key = (*resource, id.to_string());
                after.remove(&key);
                (key, expect)
            }
            Operation::Assert {
                resource,
                id,
                expect,
            } => ((*resource, id.to_string()), expect),
            Operation::AssertNoChildren { .. } | Operation::Emit { .. } => continue,
        };
        let stored = tables.get(&key).map(|(_, rev)| *rev);
        let holds = match expect {
            Expect::Any => true,
            Expect::Absent => stored.is_none(),
            Expect::Present => stored.is_some(),
            Expect::Rev(rev) => stored == Some(*rev),
        };
        if !holds {
            return Err(ExpectedRejection::Conflict(nth));
        }
    }
    if let Some(nth) = first_taken(tables, operations) {
        return Err(ExpectedRejection::Taken(nth, UNIQUE.1));
    }
    for (nth, operation) in operations.iter().enumerate() {
        if let Operation::AssertNoChildren {
            resource,
            property,
            value,
        } = operation
            && !holders(&after, *resource, *property, &json(value)).is_empty()
        {
            return Err(ExpectedRejection::Conflict(nth));
        }
    }
    Ok(after)
}

/// Returns the first operation that stores a name which another record keeps, or which an earlier
/// operation stores.
fn first_taken(tables: &Tables, operations: &[Operation]) -> Option<usize> {
    let written: BTreeSet<&str> = operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::Put {
                resource, record, ..
            } if *resource == UNIQUE.0 => Some(record.id()),
            Operation::Delete { resource, id, .. } if *resource == UNIQUE.0 => Some(id),
            _ => None,
        })
        .collect();
    let mut names: Vec<Value> = Vec::new();
    for ((resource, id), (text, _)) in tables {
        if *resource == UNIQUE.0 && !written.contains(&**id) {
            names.push(value(text, UNIQUE.1));
        }
    }
    operations.iter().position(|operation| {
        let Operation::Put {
            resource, record, ..
        } = operation
        else {
            return false;
        };
        let name = value(record.sent(), UNIQUE.1);
        if *resource != UNIQUE.0 || name.is_null() {
            return false;
        }
        let is_taken = names.contains(&name);
        names.push(name);
        is_taken
    })
}

/// Returns the ids of the records that have this value, in order.
pub(super) fn holders<'a>(
    tables: &'a Tables,
    resource: usize,
    property: usize,
    wanted: &Value,
) -> Vec<&'a str> {
    let of_resource = tables.iter().filter(|((of, _), _)| *of == resource);
    let holders =
        of_resource.filter(|(_, (text, _))| oracle::equal(&value(text, property), wanted));
    holders.map(|((_, id), _)| &**id).collect()
}

/// Returns the value of `property` in a stored text.
pub(super) fn value(text: &str, property: usize) -> Value {
    json(text)[NAMES[property]].take()
}

/// Returns the sent text of a record, followed by the private one.
pub(super) fn text(record: &Record) -> String {
    format!("{}{}", record.sent(), record.kept())
}

/// Parses the first JSON value of a text.
fn json(text: &str) -> Value {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    let value = values.next().expect("a value");
    value.expect("JSON")
}
