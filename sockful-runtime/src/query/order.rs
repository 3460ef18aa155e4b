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
    /// What is compared.
    pub by: By,
    /// Whether the order is the exact reverse of the ascending one.
    pub descending: bool,
}

/// What an order compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The id, as [`key::canonical`](crate::model::key::canonical) spells it.
    Id,
    /// The value of the property at this position.
    Property(usize),
}

impl QueryOrder {
    /// The order of two records by these keys, and then by their ids: it is total.
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

    /// The ascending order, or its reverse.
    pub fn directed(self, ascending: Ordering) -> Ordering {
        if self.descending {
            ascending.reverse()
        } else {
            ascending
        }
    }

    /// The order that `$sort` asks for.
    ///
    /// What follows the id can't decide anything, and an ascending id at the end goes without saying:
    /// both are left out, so that two ways to say one order are one.
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
