//! Parses the order of a list.

use super::names;
use super::operand;
use super::path::Path;
use crate::core::error::Result;
use crate::model::record::Record;
use crate::model::resource_model::Model;
use crate::model::scalar::Scalar;
use crate::model::validation::JsonKind;
use std::cmp::Ordering;

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
    pub fn compare(orders: &[Self], a: &Record, b: &Record) -> Ordering {
        let by_key = |order: &Self| match order.by {
            By::Id => order.directed(a.id().cmp(b.id())),
            By::Property(at) => {
                order.directed(Scalar::sort_key(a.value(at)).cmp(&Scalar::sort_key(b.value(at))))
            }
        };
        let by_keys = orders.iter().map(by_key).find(|order| order.is_ne());
        by_keys.unwrap_or_else(|| a.id().cmp(b.id()))
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
                descending: match direction {
                    "1" => false,
                    "-1" => true,
                    _ => return Err(path.refuse("a direction is 1, ascending, or -1, descending")),
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

fn sortable(model: &Model, name: &str, path: &Path<'_>) -> Result<By> {
    let at = names::property(model, name, path)?;
    operand::not_wide(model, at, path)?;
    match model.kind(at) {
        _ if at == model.definition.id => Ok(By::Id),
        JsonKind::Other => Err(path.refuse(format!(
            "`{name}` is no plain value, so nothing is sorted by it"
        ))),
        _ => Ok(By::Property(at)),
    }
}
