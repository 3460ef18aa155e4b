//! Parses list queries: filter, order, limits and cursor.

mod conditions;
mod cursor;
mod filter;
mod interest;
mod names;
mod operand;
mod order;
mod path;
mod read_filter;
mod related;
mod scope;
#[cfg(test)]
mod tests;
pub mod typed;
mod values;

pub(crate) use conditions::MAX_VALUES;
pub use cursor::Cursor;
pub(crate) use cursor::cursor_after;
pub(crate) use filter::Matcher;
pub use filter::{CompareOp, QueryFilter};
pub(crate) use names::{OPERATORS, nearest};
pub(crate) use order::SortKeys;
pub use order::{By, QueryOrder};
pub(crate) use path::Path;
pub(crate) use read_filter::ReadFilter;
pub(crate) use related::MAX_STEPS;
pub use related::{RelatedFilter, RelationSide};
pub(crate) use scope::RelationScope;
pub(crate) use values::{Fields, RecordValues};

use crate::core::config::Config;
use crate::core::error::Result;
use crate::core::json;
use crate::core::json::object::Object;
use crate::model::resource_model::Model;
use crate::model::scalar::Scalar;
use conditions::ConditionParser;

/// The maximum number of records that a list may skip.
pub(crate) const MAX_SKIP: usize = 10_000;

/// A query of one resource: which records, in which order, and how many.
#[derive(Clone, Debug)]
pub struct Query {
    /// The conditions that each record meets.
    pub filter: QueryFilter,
    /// The sort keys. The id is the last key, ascending unless it is named here.
    pub order: Vec<QueryOrder>,
    /// The maximum number of records.
    pub limit: usize,
    /// The number of records to skip at the beginning.
    pub skip: usize,
    /// The position after which the list begins; `None` for the beginning of the order.
    pub after: Option<Cursor>,
    /// The list may end early once its records, as they are sent, exceed this number of bytes.
    pub max_bytes: usize,
}

/// Parses all remaining members of `given` as conditions and query clauses.
pub(crate) fn parse(
    model: &Model,
    given: &Object<'_>,
    scope: RelationScope<'_>,
    config: &Config,
) -> Result<Query> {
    let mut conditions = ConditionParser::new(model, scope);
    let (usual, most) = model.page(config);
    let (mut order, mut limit, mut skip) = (Vec::new(), usual, 0);
    let mut after = None;
    for (key, raw) in given.take_rest() {
        match key {
            "$sort" => order = QueryOrder::parse(model, raw)?,
            "$limit" => limit = number(key, raw, most)?,
            "$skip" => skip = number(key, raw, MAX_SKIP)?,
            "$after" => after = Some(raw),
            _ => conditions.add(key, raw)?,
        }
    }
    // The cursor depends on the order, which may come after it.
    let after = after
        .map(|raw| Cursor::parse(model, &order, raw))
        .transpose()?;
    let filter = conditions.finish();
    Ok(Query {
        filter,
        order,
        limit,
        skip,
        after,
        max_bytes: usize::MAX,
    })
}

/// Parses the `$sort` and the `$limit` of a live query; `None` if it has neither.
pub(crate) fn window(
    model: &Model,
    given: &Object<'_>,
    max: usize,
) -> Result<Option<(Vec<QueryOrder>, usize)>> {
    for key in ["$skip", "$after", "$with", "$snapshot"] {
        if given.take(key).is_some() {
            let message = format!("`{key}` is not available in a live query");
            return Err(Path::Root.key(key).refuse(message));
        }
    }
    let (sort, limit) = (given.take("$sort"), given.take("$limit"));
    let order = sort.map(|raw| QueryOrder::parse(model, raw)).transpose()?;
    let Some(raw) = limit else {
        return match order {
            None => Ok(None),
            Some(_) => Err(Path::Root
                .key("$sort")
                .refuse("`$sort` needs `$limit` in a live query")),
        };
    };
    match number("$limit", raw, max)? {
        0 => Err(Path::Root
            .key("$limit")
            .refuse("`$limit` must be at least 1 in a live query")),
        limit => Ok(Some((order.unwrap_or_default(), limit))),
    }
}

/// Parses the `$count` of a live query: whether only the number of records is sent.
pub(crate) fn is_count(given: &Object<'_>) -> Result<bool> {
    let Some(raw) = given.take("$count") else {
        return Ok(false);
    };
    if raw != "true" {
        return Err(Path::Root.key("$count").refuse("`$count` must be true"));
    }
    for key in ["$sort", "$limit", "$select"] {
        if given.take(key).is_some() {
            let message = format!("`{key}` is not available in a live count");
            return Err(Path::Root.key(key).refuse(message));
        }
    }
    Ok(true)
}

/// Parses all remaining members of `given` as conditions.
pub(crate) fn conditions(
    model: &Model,
    given: &Object<'_>,
    scope: RelationScope<'_>,
) -> Result<QueryFilter> {
    let mut conditions = ConditionParser::new(model, scope);
    for (key, raw) in given.take_rest() {
        if names::CLAUSES.contains(&key) {
            let message = format!("`{key}` is not allowed here; only conditions are");
            return Err(Path::Root.key(key).refuse(message));
        }
        conditions.add(key, raw)?;
    }
    Ok(conditions.finish())
}

/// Parses a `$select` into the positions of the properties, in the order given.
pub(crate) fn select(model: &Model, raw: &str) -> Result<Vec<usize>> {
    let path = Path::Root;
    let path = path.key("$select");
    let listed = path.list(raw, "of property names, such as [\"id\"]")?;
    let mut positions = Vec::new();
    for (at, raw) in listed.iter().enumerate() {
        let path = path.item(at);
        let Some(Scalar::Text(name)) = Scalar::parse(raw.get()) else {
            return Err(path.refuse("the name of a property must be a string"));
        };
        let position = names::property(model, &name, &path)?;
        if positions.contains(&position) {
            return Err(path.refuse(format!("`{name}` is selected twice")));
        }
        positions.push(position);
    }
    if positions.is_empty() {
        return Err(path.refuse("`$select` is empty; omit it to select everything"));
    }
    Ok(positions)
}

fn number(key: &str, raw: &str, max: usize) -> Result<usize> {
    let number = json::integer(raw).filter(|&number| number <= max);
    number.ok_or_else(|| {
        let message = format!("`{key}` must be an integer from 0 to {max}");
        Path::Root.key(key).refuse(message)
    })
}
