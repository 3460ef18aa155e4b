//! Resolves the names in a query, and suggests the nearest one for a typo.

use super::path::Path;
use crate::core::error::{Error, Result};
use crate::model::definition::Access;
use crate::model::resource_model::Model;

/// The clauses of a query other than its conditions.
pub(super) const CLAUSES: [&str; 6] = ["$sort", "$limit", "$skip", "$after", "$select", "$with"];
/// The operators that combine conditions.
pub(super) const COMBINATORS: [&str; 3] = ["$or", "$and", "$not"];
/// The operators that compare the value of a property.
pub(crate) const OPERATORS: [&str; 8] = [
    "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$prefix",
];

/// The operators on the children of a record.
pub(super) const QUANTIFIERS: [&str; 2] = ["$some", "$none"];

/// Returns the position of the property `name`.
///
/// A private property is reported like one that does not exist, and is never suggested.
pub(super) fn property(model: &Model, name: &str, path: &Path<'_>) -> Result<usize> {
    let position = model.definition.sent_position(name);
    position.ok_or_else(|| unknown_property(model, name, &[], path))
}

/// Returns the error for a property that the resource does not have; `others` are names that may be
/// meant as well.
pub(super) fn unknown_property(
    model: &Model,
    name: &str,
    others: &[&'static str],
    path: &Path<'_>,
) -> Error {
    let is_write_only = |at: usize| model.definition.properties[at].access == Access::WriteOnly;
    if model.definition.position(name).is_some_and(is_write_only) {
        return path.refuse(format!("`{name}` is never sent, so it can't be queried"));
    }
    let known = model.definition.properties.iter();
    let known = known
        .filter(|property| property.access.is_sent())
        .map(|property| property.name);
    let resource = model.definition.name;
    let unknown = format!("`{resource}` has no property `{}`", truncated(name));
    path.refuse(suggest(unknown, name, known.chain(others.iter().copied())))
}

/// Returns the error for a relation that the resource does not have; `known` are those that it has.
pub(super) fn unknown_relation(
    model: &Model,
    name: &str,
    known: &[&'static str],
    path: &Path<'_>,
) -> Error {
    let resource = model.definition.name;
    let unknown = format!("`{resource}` has no relation `{}`", truncated(name));
    path.refuse(suggest(unknown, name, known.iter().copied()))
}

/// Appends the known name nearest to `name` to a message.
fn suggest<'a>(unknown: String, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    match nearest(name, known) {
        Some(meant) => format!("{unknown}; did you mean `{meant}`?"),
        None => unknown,
    }
}

/// Returns the error for a `$word` that is not in `known`.
pub(super) fn unknown_word(word: &str, known: &[&'static str], path: &Path<'_>) -> Error {
    let unknown = format!("`{}` is not an operator", truncated(word));
    path.refuse(match nearest(word, known.iter().copied()) {
        Some(meant) => format!("{unknown}; did you mean `{meant}`?"),
        None => format!("{unknown}; write one of `{}`", known.join("` `")),
    })
}

/// Returns the beginning of a name, for a message.
fn truncated(name: &str) -> String {
    const ROOM: usize = 64;
    if name.chars().count() <= ROOM {
        return name.to_owned();
    }
    name.chars().take(ROOM).chain(['…']).collect()
}

/// Returns the known name nearest to `name`, unless more than half of it differs.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let bare = |name: &'a str| name.trim_start_matches('$');
    let name = name.trim_start_matches('$');
    let length = name.chars().count();
    // Distances are computed only for names of similar length, so a long name costs nothing.
    let near = known.filter(|known| bare(known).chars().count().abs_diff(length) <= 2);
    let (distance, meant) = near
        .map(|known| (distance(name, bare(known)), known))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= 2 && distance * 2 <= length).then_some(meant)
}

/// The Levenshtein distance of `a` and `b`.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.chars().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_suggests_close_names_only() {
        let known = || ["id", "name", "life", "kind"].into_iter();
        assert_eq!(nearest("lief", known()), Some("life"));
        assert_eq!(nearest("nmae", known()), Some("name"));
        assert_eq!(nearest("kinds", known()), Some("kind"));
        assert_eq!(nearest("colour", known()), None);
        assert_eq!(nearest("", known()), None);
        assert_eq!(nearest("$limt", CLAUSES.into_iter()), Some("$limit"));
        assert_eq!(nearest("$without", CLAUSES.into_iter()), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
