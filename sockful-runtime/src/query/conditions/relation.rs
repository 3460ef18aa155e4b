//! Parses conditions over relations.

use super::{ConditionParser, Subject};
use crate::core::error::Result;
use crate::query::QueryFilter;
use crate::query::names;
use crate::query::names::QUANTIFIERS;
use crate::query::path::Path;
use crate::query::related::{MAX_STEPS, RelatedFilter, RelationSide, too_many_steps};
use crate::query::scope::RelationEnd;

impl<'m> ConditionParser<'m> {
    /// Parses a condition whose key is not a property of the resource: `album.year` through a parent,
    /// or `songs` over the children.
    pub(super) fn related(
        &mut self,
        of: Subject<'m>,
        key: &str,
        raw: &str,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<QueryFilter> {
        let (name, rest) = match key.split_once('.') {
            Some((name, rest)) => (name, Some(rest)),
            None => (key, None),
        };
        let relations = self.scope.of(of.model);
        let Some(end) = relations.iter().find(|end| end.name == name) else {
            let known: Vec<_> = relations.iter().map(|end| end.name).collect();
            return Err(match rest {
                Some(_) => names::unknown_relation(of.model, name, &known, path),
                None => names::unknown_property(of.model, key, &known, path),
            });
        };
        if let Some(kind) = self.scope.refusal() {
            return Err(path.refuse(format!(
                "a condition over the relation `{name}` is not available in {kind}"
            )));
        }
        if of.steps == MAX_STEPS {
            return Err(path.refuse(too_many_steps()));
        }
        let to = Subject {
            model: end.model,
            steps: of.steps + 1,
        };
        match (end.side, rest) {
            (RelationSide::Parent, Some(rest)) => {
                self.through_parent(end, to, rest, raw, path, depth)
            }
            (RelationSide::Children, None) => self.over_children(of, end, to, raw, path, depth),
            (RelationSide::Parent, None) => {
                let (resource, id) = (end.model.definition.name, end.model.id_name());
                Err(path.refuse(format!(
                    "`{key}` is the `{resource}` of a record; write one of its properties, such as `{key}.{id}`"
                )))
            }
            (RelationSide::Children, Some(_)) => Err(path.refuse(format!(
                "`{name}` are several records; write {{\"{name}\": {{\"$some\": …}}}}"
            ))),
        }
    }

    /// Parses the rest of a key such as `album.year`.
    fn through_parent(
        &mut self,
        end: &RelationEnd<'m>,
        to: Subject<'m>,
        rest: &str,
        raw: &str,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<QueryFilter> {
        let filter = match to.model.definition.sent_position(rest) {
            Some(property) => self.property(to.model, property, raw, path)?,
            None => self.related(to, rest, raw, path, depth)?,
        };
        let related = RelatedFilter::parent(end.parent.property, to.model.definition, filter);
        Ok(QueryFilter::Related(Box::new(related)))
    }

    /// Parses an object of `$some` and `$none`.
    fn over_children(
        &mut self,
        of: Subject<'m>,
        end: &RelationEnd<'m>,
        to: Subject<'m>,
        raw: &str,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<QueryFilter> {
        let name = end.name;
        let example = format!("such as {{\"$some\": {{…}}}}, because `{name}` are several records");
        let quantifiers = path.object(raw, &example)?;
        let filters = quantifiers.take_rest().map(|(word, raw)| {
            let path = path.key(word);
            if !QUANTIFIERS.contains(&word) {
                return Err(if word.starts_with('$') {
                    names::unknown_word(word, &QUANTIFIERS, &path)
                } else {
                    path.refuse(format!(
                        "`{name}` are several records; write {{\"{name}\": {{\"$some\": {{\"{word}\": …}}}}}}"
                    ))
                });
            }
            let filter = self.object(to, raw, &path, depth + 1)?;
            let (parent, child) = (of.model.definition, to.model.definition);
            let related = RelatedFilter::children(end.parent.property, parent, child, filter);
            let some = QueryFilter::Related(Box::new(related));
            Ok(if word == "$none" { some.negated() } else { some })
        });
        let filters = filters.collect::<Result<Vec<_>>>()?;
        if filters.is_empty() {
            return Err(path.refuse(format!(
                "`{name}` needs an operator, one of `{}`",
                QUANTIFIERS.join("` `")
            )));
        }
        Ok(QueryFilter::all_of(filters))
    }
}
