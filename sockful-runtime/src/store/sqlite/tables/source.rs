//! Sources of records as SQL.

use super::key::key;
use crate::model::scalar::Scalar;
use crate::store::plan::RecordSource;
use rusqlite::types::Value;
use std::ops::Bound;

impl RecordSource<'_> {
    /// Returns the SQL that follows the name of the table, and the bound values.
    pub(crate) fn sql(&self, column: impl Fn(usize) -> String) -> (String, Vec<Value>) {
        match self {
            Self::All { descending, after } => {
                let (is, direction) = if *descending {
                    ("<", " DESC")
                } else {
                    (">", "")
                };
                let condition = after.map(|_| format!(" WHERE id {is} ?1"));
                let values = after.iter().map(|id| Value::Text((*id).to_owned()));
                let condition = condition.unwrap_or_default();
                (
                    format!("{condition} ORDER BY id{direction}"),
                    values.collect(),
                )
            }
            Self::One { id } => {
                let id = Value::Text((**id).to_owned());
                (" WHERE id = ?1".to_owned(), vec![id])
            }
            Self::Within {
                property,
                interval,
                descending,
                after,
            } => {
                let column = column(*property);
                let mut parts = SqlBuilder::default();
                parts.bound(&column, [">=", ">"], &interval.0);
                parts.bound(&column, ["<=", "<"], &interval.1);
                let direction = if *descending { " DESC" } else { "" };
                if let Some((value, id)) = after {
                    let value = parts.bind(Value::Blob(key(value)));
                    let id = parts.bind(Value::Text((*id).to_owned()));
                    parts.conditions.push(if *descending {
                        format!("{column} <= {value} AND ({column} < {value} OR id > {id})")
                    } else {
                        format!("({column}, id) > ({value}, {id})")
                    });
                }
                let conditions = parts.conditions.join(" AND ");
                let before = if conditions.is_empty() { "" } else { " WHERE " };
                let sql = format!("{before}{conditions} ORDER BY {column}{direction}, id");
                (sql, parts.values)
            }
        }
    }
}

/// Conditions of a statement that is being built, and their bound values.
#[derive(Default)]
struct SqlBuilder {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl SqlBuilder {
    /// Binds a value, and returns its name in the statement.
    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    fn bound(&mut self, column: &str, words: [&str; 2], bound: &Bound<Scalar<'static>>) {
        let (word, value) = match bound {
            Bound::Included(value) => (words[0], value),
            Bound::Excluded(value) => (words[1], value),
            Bound::Unbounded => return,
        };
        let value = self.bind(Value::Blob(key(value)));
        self.conditions.push(format!("{column} {word} {value}"));
    }
}
