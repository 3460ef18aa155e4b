//! Parses queries: filter, order, limits and cursor of a list.

mod conditions;
mod cursor;
mod filter;
mod interest;
mod names;
mod operand;
mod order;
mod path;
mod read_filter;
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
pub(crate) use values::{Fields, RecordValues};

use crate::core::config::Config;
use crate::core::error::Result;
use crate::core::json;
use crate::core::json::object::Object;
use crate::model::resource_model::Model;
use crate::model::scalar::Scalar;
use conditions::ConditionParser;

/// How many records a list may leave out at its beginning.
pub(crate) const MAX_SKIP: usize = 10_000;

/// Which records, in which order, and how many.
#[derive(Clone, Debug)]
pub struct Query {
    /// The conditions that each record meets.
    pub filter: QueryFilter,
    /// The keys of the order. The id decides among equals, ascending unless it is named here.
    pub order: Vec<QueryOrder>,
    /// How many records at most.
    pub limit: usize,
    /// How many of the first are left out.
    pub skip: usize,
    /// Behind which place in the order the list begins; the start where there is none.
    pub after: Option<Cursor>,
    /// Once what is sent of the records is more than so many bytes, the rest of the list may be missing,
    /// as it is behind the limit.
    pub max_bytes: usize,
}

/// Reads everything that is left in `given` as conditions and query.
pub(crate) fn parse(model: &Model, given: &Object<'_>, config: &Config) -> Result<Query> {
    let mut conditions = ConditionParser::new(model);
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
    // The cursor is of an order, which may stand behind it.
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

/// Reads everything that is left in `given` as conditions alone.
pub(crate) fn conditions(model: &Model, given: &Object<'_>) -> Result<QueryFilter> {
    let mut conditions = ConditionParser::new(model);
    for (key, raw) in given.take_rest() {
        if names::CLAUSES.contains(&key) {
            let message = format!("`{key}` has no meaning here, only conditions have");
            return Err(Path::Root.key(key).refuse(message));
        }
        conditions.add(key, raw)?;
    }
    Ok(conditions.finish())
}

/// Reads a `$select`: the positions of the properties it names, in its order.
pub(crate) fn select(model: &Model, raw: &str) -> Result<Vec<usize>> {
    let path = Path::Root;
    let path = path.key("$select");
    let listed = path.list(raw, "of names, such as [\"id\"]")?;
    let mut positions = Vec::new();
    for (at, raw) in listed.iter().enumerate() {
        let path = path.item(at);
        let Some(Scalar::Text(name)) = Scalar::parse(raw.get()) else {
            return Err(path.refuse("the name of a property is a string"));
        };
        let position = names::property(model, &name, &path)?;
        if positions.contains(&position) {
            return Err(path.refuse(format!("`{name}` is selected twice")));
        }
        positions.push(position);
    }
    if positions.is_empty() {
        return Err(path.refuse("`$select` is empty, leave it out to select everything"));
    }
    Ok(positions)
}

fn number(key: &str, raw: &str, max: usize) -> Result<usize> {
    let number = json::integer(raw).filter(|&number| number <= max);
    number.ok_or_else(|| {
        let message = format!("`{key}` is an integer from 0 to {max}");
        Path::Root.key(key).refuse(message)
    })
}
