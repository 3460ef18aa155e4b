//! Parses the order of a list.

use super::names;
use super::operand;
use super::path::Path;
use super::values::Fields;
use crate::core::error::Result;
use crate::core::json;
use crate::model::record::Record;
use crate::model::resource_model::Model;
use crate::model::scalar::Scalar;
use crate::model::validation::JsonKind;
use std::cmp::Ordering;
use std::sync::Arc;

/// One key of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryOrder {
    /// The value that is compared.
    pub by: By,
    /// Whether the ascending order is reversed.
    pub descending: bool,
}

/// The value that a key of an order compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum By {
    /// The canonical text of the id, see [`key::canonical`](crate::model::key::canonical).
    Id,
    /// The value of the property at this position.
    Property(usize),
}

impl QueryOrder {
    /// Compares two records by these keys and then by id, which makes the order total.
    ///
    /// To sort many records, extract the keys of each once: see `SortKeys`.
    pub fn compare(orders: &[Self], a: &Record, b: &Record) -> Ordering {
        let (of_a, of_b) = (SortKeys::of(orders, a), SortKeys::of(orders, b));
        of_a.compare(&of_b, orders, (a.id(), b.id()))
    }

    /// Sorts records by these keys and then by id.
    pub(crate) fn sort(orders: &[Self], records: &mut Vec<Arc<Record>>) {
        let keys = records.iter().map(|record| SortKeys::of(orders, &**record));
        let keys: Vec<_> = keys.collect();
        let mut places: Vec<usize> = (0..records.len()).collect();
        places.sort_unstable_by(|&a, &b| {
            keys[a].compare(&keys[b], orders, (records[a].id(), records[b].id()))
        });
        let sorted = places.into_iter().map(|at| records[at].clone()).collect();
        drop(keys);
        *records = sorted;
    }

    /// Reverses the ordering if the key is descending.
    pub fn directed(self, ascending: Ordering) -> Ordering {
        if self.descending {
            ascending.reverse()
        } else {
            ascending
        }
    }

    /// Parses `$sort`.
    ///
    /// Keys after the id have no effect, and an ascending id at the end is the default: both are
    /// removed, so that equal orders are written alike.
    pub(super) fn parse(model: &Model, raw: &str) -> Result<Vec<Self>> {
        let path = Path::Root;
        let path = path.key("$sort");
        let mut orders = Vec::new();
        let mut is_total = false;
        for (name, direction) in path.object(raw, "such as {\"name\": 1}")?.take_rest() {
            let path = path.key(name);
            let order = Self {
                by: sortable(model, name, &path)?,
                descending: match json::integer(direction) {
                    Some(1_i8) => false,
                    Some(-1) => true,
                    _ => {
                        return Err(
                            path.refuse("a direction must be 1 (ascending) or -1 (descending)")
                        );
                    }
                },
            };
            if !is_total {
                orders.push(order);
            }
            is_total |= order.by == By::Id;
        }
        orders.pop_if(|last| last.by == By::Id && !last.descending);
        Ok(orders)
    }
}

/// The sort keys of one record, each parsed once.
#[derive(Debug)]
pub(crate) struct SortKeys<'r>(Vec<Scalar<'r>>);

impl<'r> SortKeys<'r> {
    /// Extracts the values of the properties in the order, one for each key that is not the id.
    pub(crate) fn of(orders: &[QueryOrder], fields: &'r (impl Fields + ?Sized)) -> Self {
        let values = orders.iter().filter_map(|order| match order.by {
            By::Id => None,
            By::Property(at) => Some(fields.sort_key(at)),
        });
        Self(values.collect())
    }

    /// Returns the bytes of JSON that [`of`](Self::of) parses.
    pub(crate) fn work(orders: &[QueryOrder], fields: &(impl Fields + ?Sized)) -> usize {
        let lengths = orders.iter().map(|order| match order.by {
            By::Id => 0,
            By::Property(at) => fields.json(at).len(),
        });
        lengths.sum()
    }

    /// Returns the same keys as owned values.
    pub(crate) fn into_owned(self) -> SortKeys<'static> {
        SortKeys(self.0.into_iter().map(Scalar::into_owned).collect())
    }

    pub(super) fn into_values(self) -> Box<[Scalar<'r>]> {
        self.0.into()
    }

    /// Compares two records by these keys and `ids`.
    pub(crate) fn compare(
        &self,
        other: &SortKeys<'_>,
        orders: &[QueryOrder],
        ids: (&str, &str),
    ) -> Ordering {
        compare_keys((&self.0, ids.0), (&other.0, ids.1), orders)
    }

    /// Compares a record, by these keys and its id, with the position of other keys and another id.
    pub(super) fn compare_position(
        &self,
        position: &[Scalar<'_>],
        orders: &[QueryOrder],
        ids: (&str, &str),
    ) -> Ordering {
        compare_keys((&self.0, ids.0), (position, ids.1), orders)
    }
}

fn compare_keys(
    (a, a_id): (&[Scalar<'_>], &str),
    (b, b_id): (&[Scalar<'_>], &str),
    orders: &[QueryOrder],
) -> Ordering {
    let mut keys = a.iter().zip(b);
    let mut by_keys = orders.iter().map(|order| match order.by {
        By::Id => order.directed(a_id.cmp(b_id)),
        By::Property(_) => keys
            .next()
            .map_or(Ordering::Equal, |(a, b)| order.directed(a.cmp(b))),
    });
    let by_keys = by_keys.find(|order| order.is_ne());
    by_keys.unwrap_or_else(|| a_id.cmp(b_id))
}

fn sortable(model: &Model, name: &str, path: &Path<'_>) -> Result<By> {
    let at = names::property(model, name, path)?;
    operand::not_wide(model, at, path)?;
    match model.kind(at) {
        _ if at == model.definition.id => Ok(By::Id),
        JsonKind::Other => Err(path.refuse(format!(
            "`{name}` is not a plain value, so it can't be sorted by"
        ))),
        _ => Ok(By::Property(at)),
    }
}
