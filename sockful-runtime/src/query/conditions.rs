//! Parses conditions into a filter.

mod relation;

use super::names;
use super::names::{CLAUSES, COMBINATORS, OPERATORS, QUANTIFIERS};
use super::operand;
use super::path::Path;
use super::scope::RelationScope;
use super::{CompareOp, QueryFilter};
use crate::core::error::Result;
use crate::model::definition::KeyForm;
use crate::model::resource_model::Model;
use crate::model::validation::JsonKind;

/// The maximum number of comparisons in one query; an empty object counts as one.
const MAX_TERMS: usize = 64;
/// The maximum nesting of `$or`, `$and` and `$not`.
const MAX_DEPTH: usize = 5;
/// The maximum number of values of `$in` and `$nin`.
pub(crate) const MAX_VALUES: usize = 1_000;

/// Parses conditions into a filter, and limits their number.
#[derive(Debug)]
pub(super) struct ConditionParser<'m> {
    model: &'m Model,
    scope: RelationScope<'m>,
    terms: usize,
    all: Vec<QueryFilter>,
}

/// The resource that conditions are about, and the number of relations that lead to it.
#[derive(Clone, Copy, Debug)]
struct Subject<'m> {
    model: &'m Model,
    steps: usize,
}

impl<'m> ConditionParser<'m> {
    pub(super) fn new(model: &'m Model, scope: RelationScope<'m>) -> Self {
        Self {
            model,
            scope,
            terms: 0,
            all: Vec::new(),
        }
    }

    /// Parses one member of the outermost object.
    pub(super) fn add(&mut self, key: &str, raw: &str) -> Result<()> {
        let root = Path::Root;
        let subject = Subject {
            model: self.model,
            steps: 0,
        };
        let filter = self.pair(subject, key, raw, &root.key(key), 0)?;
        self.all.push(filter);
        Ok(())
    }

    /// Returns the conjunction of all conditions.
    pub(super) fn finish(self) -> QueryFilter {
        QueryFilter::all_of(self.all)
    }

    fn pair(
        &mut self,
        of: Subject<'m>,
        key: &str,
        raw: &str,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<QueryFilter> {
        match key {
            "$or" => Ok(QueryFilter::Or(self.list(of, raw, path, depth)?)),
            "$and" => Ok(QueryFilter::all_of(self.list(of, raw, path, depth)?)),
            "$not" => Ok(self.object(of, raw, path, depth + 1)?.negated()),
            _ if CLAUSES.contains(&key) && depth > 0 => Err(path.refuse(format!(
                "`{key}` is allowed only at the top level of the query"
            ))),
            _ if OPERATORS.contains(&key) => Err(path.refuse(format!(
                "`{key}` needs a property; write it inside one, such as {{\"id\": {{\"{key}\": …}}}}"
            ))),
            _ if QUANTIFIERS.contains(&key) => Err(path.refuse(format!(
                "`{key}` needs a relation; write it inside one, such as {{\"songs\": {{\"{key}\": …}}}}"
            ))),
            _ if key.starts_with('$') => {
                let known = if depth > 0 {
                    COMBINATORS.to_vec()
                } else {
                    [&CLAUSES[..], &COMBINATORS].concat()
                };
                Err(names::unknown_word(key, &known, path))
            }
            _ => match of.model.definition.sent_position(key) {
                Some(property) => self.property(of.model, property, raw, path),
                None => self.related(of, key, raw, path, depth),
            },
        }
    }

    /// Parses a list of condition objects.
    fn list(
        &mut self,
        of: Subject<'m>,
        raw: &str,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<Vec<QueryFilter>> {
        let objects = path.list(raw, "of objects of conditions")?;
        if objects.is_empty() {
            return Err(path.refuse(format!(
                "`{path}` is empty; write at least one object of conditions"
            )));
        }
        let objects = objects.iter().enumerate();
        objects
            .map(|(at, raw)| self.object(of, raw.get(), &path.item(at), depth + 1))
            .collect()
    }

    /// Parses a nested object of conditions.
    fn object(
        &mut self,
        of: Subject<'m>,
        raw: &str,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<QueryFilter> {
        if depth > MAX_DEPTH {
            return Err(path.refuse(format!(
                "conditions can be nested at most {MAX_DEPTH} levels deep"
            )));
        }
        let object = path.object(raw, "of conditions")?;
        let filters = object
            .take_rest()
            .map(|(key, raw)| self.pair(of, key, raw, &path.key(key), depth));
        let filters = filters.collect::<Result<Vec<_>>>()?;
        if filters.is_empty() {
            self.count_term(path)?;
        }
        Ok(QueryFilter::all_of(filters))
    }

    /// Parses the condition on one property: a value, or an object of operators.
    fn property(
        &mut self,
        model: &Model,
        property: usize,
        raw: &str,
        path: &Path<'_>,
    ) -> Result<QueryFilter> {
        if !raw.starts_with('{') {
            return self.compare(model, property, CompareOp::Equal, raw, path);
        }
        let operators = path.object(raw, "of operators")?;
        let filters = operators
            .take_rest()
            .map(|(word, raw)| self.operator(model, property, word, raw, &path.key(word)));
        let filters = filters.collect::<Result<Vec<_>>>()?;
        if filters.is_empty() {
            return Err(path.refuse(format!(
                "a property can't be compared with an object; write an operator, one of `{}`",
                OPERATORS.join("` `")
            )));
        }
        Ok(QueryFilter::all_of(filters))
    }

    fn operator(
        &mut self,
        model: &Model,
        property: usize,
        word: &str,
        raw: &str,
        path: &Path<'_>,
    ) -> Result<QueryFilter> {
        match word {
            "$ne" => Ok(self
                .compare(model, property, CompareOp::Equal, raw, path)?
                .negated()),
            "$gt" => self.compare(model, property, CompareOp::Greater, raw, path),
            "$gte" => self.compare(model, property, CompareOp::GreaterOrEqual, raw, path),
            "$lt" => self.compare(model, property, CompareOp::Less, raw, path),
            "$lte" => self.compare(model, property, CompareOp::LessOrEqual, raw, path),
            "$in" => self.one_of(model, property, raw, path),
            "$nin" => Ok(self.one_of(model, property, raw, path)?.negated()),
            "$prefix" => self.prefix(model, property, raw, path),
            _ if COMBINATORS.contains(&word) => Err(path.refuse(format!(
                "`{word}` combines conditions; write it outside the property"
            ))),
            _ if QUANTIFIERS.contains(&word) => Err(path.refuse(format!(
                "`{word}` applies to the children of a record; `{}` is a property",
                model.definition.properties[property].name
            ))),
            _ if word.starts_with('$') => Err(names::unknown_word(word, &OPERATORS, path)),
            _ => Err(path.refuse("objects can't be compared; use a plain value or null")),
        }
    }

    fn compare(
        &mut self,
        model: &Model,
        property: usize,
        is: CompareOp,
        raw: &str,
        path: &Path<'_>,
    ) -> Result<QueryFilter> {
        self.count_term(path)?;
        let value = operand::parse(model, property, is, raw, path)?;
        if value.is_null() && is != CompareOp::Equal {
            return Err(path.refuse("null has no order; compare with `null` or `$ne`"));
        }
        if is != CompareOp::Equal {
            operand::not_wide(model, property, path)?;
        }
        Ok(QueryFilter::Compare {
            property,
            is,
            value,
        })
    }

    fn one_of(
        &mut self,
        model: &Model,
        property: usize,
        raw: &str,
        path: &Path<'_>,
    ) -> Result<QueryFilter> {
        self.count_term(path)?;
        let values = path.list(raw, "of values")?;
        if values.len() > MAX_VALUES {
            return Err(path.refuse(format!("`{path}` accepts at most {MAX_VALUES} values")));
        }
        let values = operand::one_of(model, property, &values, path)?;
        Ok(QueryFilter::one_of(property, values))
    }

    fn prefix(
        &mut self,
        model: &Model,
        property: usize,
        raw: &str,
        path: &Path<'_>,
    ) -> Result<QueryFilter> {
        self.count_term(path)?;
        let definition = &model.definition.properties[property];
        let is_text = model.kind(property) == JsonKind::Text;
        if !is_text || definition.key_form != KeyForm::Json {
            let name = definition.name;
            let message = format!("`$prefix` applies to strings, and `{name}` is not a string");
            return Err(path.refuse(message));
        }
        operand::not_wide(model, property, path)?;
        Ok(QueryFilter::Prefix {
            property,
            prefix: operand::prefix(model, property, raw, path)?,
        })
    }

    fn count_term(&mut self, path: &Path<'_>) -> Result<()> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(path.refuse(format!("the query has more than {MAX_TERMS} comparisons")));
        }
        Ok(())
    }
}
