//! Cursors: the position of one record in an order, as opaque text.

use super::operand;
use super::order::SortKeys;
use super::path::Path;
use super::values::Fields;
use super::{By, CompareOp, QueryOrder};
use crate::core::error::Result;
use crate::model::definition::KeyForm;
use crate::model::key;
use crate::model::record::Record;
use crate::model::resource_model::Model;
use crate::model::scalar::Scalar;
use crate::model::validation::JsonKind;
use data_encoding::BASE64URL_NOPAD;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cmp::Ordering;

/// A position in an order: after a record with these values, which may no longer exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The values of the properties in the order, one for each key.
    pub keys: Box<[Scalar<'static>]>,
    /// The canonical text of the id, see [`key::canonical`](crate::model::key::canonical).
    pub id: Box<str>,
}

impl Cursor {
    /// Returns the position of a record in this order.
    pub(crate) fn at(orders: &[QueryOrder], record: &Record) -> Self {
        Self {
            keys: SortKeys::of(orders, record).into_owned().into_values(),
            id: record.id().into(),
        }
    }

    /// Compares a record with the cursor in this order; a greater record comes after the cursor.
    pub fn compare(&self, orders: &[QueryOrder], record: &Record) -> Ordering {
        self.compare_keys(orders, &SortKeys::of(orders, record), record.id())
    }

    /// Like [`compare`](Self::compare), with the sort keys and the id of the record.
    pub(crate) fn compare_keys(
        &self,
        orders: &[QueryOrder],
        keys: &SortKeys<'_>,
        id: &str,
    ) -> Ordering {
        keys.compare_position(&self.keys, orders, (id, &self.id))
    }

    /// Parses a cursor, which must belong to this order: the text of one, or the values of the sort
    /// keys and the id.
    pub(super) fn parse(model: &Model, orders: &[QueryOrder], raw: &str) -> Result<Self> {
        let path = Path::Root;
        let path = path.key("$after");
        if raw.starts_with('{') {
            return Self::of_values(model, orders, raw, &path);
        }
        let malformed = || path.refuse("`$after` must be the unchanged `next` of an earlier list");
        let text: Cow<'_, str> = match Scalar::parse(raw) {
            Some(Scalar::Text(text)) => text,
            _ => return Err(malformed()),
        };
        let json = BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| malformed())?;
        let (sort, keys, id): (Vec<String>, Vec<&RawValue>, Box<str>) =
            serde_json::from_slice(&json).map_err(|_| malformed())?;
        if sort != names(model, orders) {
            return Err(path.refuse("`$after` comes from a list with a different `$sort`"));
        }
        let positions = orders.iter().filter_map(|order| match order.by {
            By::Id => None,
            By::Property(at) => Some(at),
        });
        let form = |at: usize| model.definition.properties[at].key_form;
        let kinds: Vec<_> = positions.map(|at| (model.kind(at), form(at))).collect();
        if kinds.len() != keys.len() {
            return Err(malformed());
        }
        let fits = |(raw, (kind, form)): (&RawValue, (JsonKind, KeyForm))| {
            Scalar::parse(raw.get())?;
            let key = Scalar::keyed(raw.get(), form).into_owned();
            (key.is_null() || operand::fits(kind, &key)).then_some(key)
        };
        let keys = keys.into_iter().zip(kinds).map(fits);
        let keys = keys.collect::<Option<_>>().ok_or_else(malformed)?;
        Ok(Self { keys, id })
    }

    /// Parses the position after a record with these values.
    fn of_values(model: &Model, orders: &[QueryOrder], raw: &str, path: &Path<'_>) -> Result<Self> {
        let given = path.object(raw, "with the properties of `$sort` and the id")?;
        let take = |at: usize| {
            let name = model.definition.properties[at].name;
            let missing = || {
                let message = format!(
                    "`{name}` is required: `$after` has the properties of `$sort` and the id"
                );
                path.key(name).refuse(message)
            };
            given.take(name).ok_or_else(missing)
        };
        let keys = orders.iter().filter_map(|order| match order.by {
            By::Id => None,
            By::Property(at) => Some(take(at).and_then(|raw| {
                let path = path.key(model.definition.properties[at].name);
                let value = operand::parse(model, at, CompareOp::LessOrEqual, raw, &path)?;
                Ok(value.into_sort_key())
            })),
        });
        let keys = keys.collect::<Result<_>>()?;
        let id = take(model.definition.id)?;
        let id = key::canonical(id, model.definition.key).map_err(|fault| {
            let name = model.definition.properties[model.definition.id].name;
            path.key(name).refuse(format!("the id {}", fault.message))
        })?;
        if let Some(fault) = given.unknown().next() {
            let message = format!("`{}` is not a property of `$sort`", fault.path);
            return Err(path.key(&fault.path).refuse(message));
        }
        Ok(Self {
            keys,
            id: id.into(),
        })
    }
}

/// Returns the text of the cursor after `last` in this order.
pub(crate) fn cursor_after(orders: &[QueryOrder], model: &Model, last: &Record) -> String {
    let values = orders.iter().filter_map(|order| match order.by {
        By::Id => None,
        By::Property(at) => Some(match last.sort_key(at) {
            Scalar::Text(text) => Cow::Owned(serde_json::Value::from(text).to_string()),
            // The stored text, so that a float is restored exactly.
            _ => Cow::Borrowed(last.value(at)),
        }),
    });
    let values: Vec<Cow<'_, str>> = values.collect();
    let sort = serde_json::Value::from(names(model, orders));
    let id = serde_json::Value::from(last.id());
    let json = format!("[{sort},[{}],{id}]", values.join(","));
    BASE64URL_NOPAD.encode(json.as_bytes())
}

/// Returns the order as it is written in a cursor: `+life`, `-name`.
fn names(model: &Model, orders: &[QueryOrder]) -> Vec<String> {
    let name = |order: &QueryOrder| {
        let at = match order.by {
            By::Id => model.definition.id,
            By::Property(at) => at,
        };
        let direction = if order.descending { '-' } else { '+' };
        format!("{direction}{}", model.definition.properties[at].name)
    };
    orders.iter().map(name).collect()
}
