//! Resolves the names in a query, and suggests the nearest one for a typo.

use super::path::Path;
use crate::core::error::{Error, Result};
use crate::model::definition::Access;
use crate::model::resource_model::Model;

/// The words that stand beside the conditions of a query.
pub(super) const CLAUSES: [&str; 6] = ["$sort", "$limit", "$skip", "$after", "$select", "$with"];
/// The words that join conditions.
pub(super) const JOINTS: [&str; 3] = ["$or", "$and", "$not"];
/// The words that compare the value of a property.
pub(super) const OPERATORS: [&str; 8] = [
    "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$prefix",
];

/// The position of the property called `name`.
///
/// A private one is refused in the words for one that nobody ever declared, and is never proposed.
pub(super) fn property(model: &Model, name: &str, path: &Path<'_>) -> Result<usize> {
    model.definition.sent_position(name).ok_or_else(|| {
        let is_write_only = |at: usize| model.definition.properties[at].access == Access::WriteOnly;
        if model.definition.position(name).is_some_and(is_write_only) {
            return path.refuse(format!("`{name}` is never sent, so it can't be asked for"));
        }
        let known = model.definition.properties.iter();
        let known = known
            .filter(|property| property.access.is_sent())
            .map(|property| property.name);
        let resource = model.definition.name;
        let unknown = format!("`{resource}` has no property `{}`", shown(name));
        path.refuse(match nearest(name, known) {
            Some(meant) => format!("{unknown}, write `{meant}`"),
            None => unknown,
        })
    })
}

/// Refuses a `$word` that is none of `known`.
pub(super) fn unknown_word(word: &str, known: &[&'static str], path: &Path<'_>) -> Error {
    let unknown = format!("`{}` is not an operator", shown(word));
    path.refuse(match nearest(word, known.iter().copied()) {
        Some(meant) => format!("{unknown}, write `{meant}`"),
        None => format!("{unknown}, write one of `{}`", known.join("` `")),
    })
}

/// As much of a name as is worth repeating.
fn shown(name: &str) -> String {
    const ROOM: usize = 64;
    if name.chars().count() <= ROOM {
        return name.to_owned();
    }
    name.chars().take(ROOM).chain(['…']).collect()
}

/// The known name that `name` was probably meant to be: no more than half of it is wrong.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let bare = |name: &'a str| name.trim_start_matches('$');
    let name = name.trim_start_matches('$');
    let length = name.chars().count();
    // Distances are computed only to names of about this length, so a long name costs nothing.
    let near = known.filter(|known| bare(known).chars().count().abs_diff(length) <= 2);
    let (distance, meant) = near
        .map(|known| (distance(name, bare(known)), known))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= 2 && distance * 2 <= length).then_some(meant)
}

/// How many characters must be changed, put in or left out to make `a` of `b`.
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
    fn the_nearest_name_is_proposed_and_a_far_one_is_not() {
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
