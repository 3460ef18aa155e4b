//! Suggestions for misspelt names.

/// The known name that is most similar to `name`, if one is similar enough.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (distance, near) = known.map(|known| (distance(name, known), known)).min()?;
    (distance <= near.len().max(name.len()) / 3).then_some(near)
}

/// The Damerau-Levenshtein distance: the number of insertions, deletions, replacements and swaps.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for at in 0..one.len() {
        let mut row = vec![at + 1];
        for to in 0..other.len() {
            let replaced = rows[at][to] + usize::from(one[at] != other[to]);
            let mut least = replaced.min(rows[at][to + 1] + 1).min(row[to] + 1);
            if at > 0 && to > 0 && one[at] == other[to - 1] && one[at - 1] == other[to] {
                least = least.min(rows[at - 1][to - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}
