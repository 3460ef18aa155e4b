//! Every word that may stand in `#[resource(…)]` and `#[remote(…)]`, in one table.

mod parse;
mod value;

pub(crate) use parse::Words;
pub(crate) use value::Value;

use value::Form;

/// What an attribute stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The struct of a resource.
    Struct,
    /// A field of that struct.
    Field,
    /// An impl block with remote methods.
    Block,
    /// A remote method.
    Method,
    /// A parameter of a remote method.
    Parameter,
}

impl Place {
    /// The name of the attribute that holds words here.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Struct | Self::Field | Self::Parameter => "resource",
            Self::Block | Self::Method => "remote",
        }
    }

    /// The place in a sentence: "`x` is for …".
    fn described(self) -> &'static str {
        match self {
            Self::Struct => "the struct",
            Self::Field => "a field",
            Self::Block => "the impl block",
            Self::Method => "a remote method",
            Self::Parameter => "a parameter",
        }
    }
}

/// A word: where it may stand, what follows it, and which words can't stand beside it and why.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) name: &'static str,
    places: &'static [Place],
    form: Form,
    excludes: &'static [(&'static str, &'static str)],
}

use Form::{Alone, Duration, Maybe, Name, Path};
use Place::{Block, Field, Method, Parameter, Struct};

const FRESH_ID: &str = "an id is given by who creates the record, or made afresh";

/// The words, in the order in which messages and docs list them.
#[rustfmt::skip]
pub(crate) static WORDS: &[Word] = &[
    Word { name: "name",      places: &[Struct, Method],   form: Name,     excludes: &[] },
    Word { name: "plural",    places: &[Struct],           form: Name,     excludes: &[] },
    Word { name: "timeout",   places: &[Method],           form: Duration, excludes: &[] },
    Word { name: "crate",     places: &[Struct, Block],    form: Path,     excludes: &[] },
    Word { name: "id",        places: &[Field],            form: Alone,    excludes: &[] },
    Word { name: "default",   places: &[Field, Parameter], form: Maybe,    excludes: &[("id", FRESH_ID)] },
    Word { name: "read_only", places: &[Field],            form: Alone,    excludes: &[("id", FRESH_ID)] },
    Word { name: "private",   places: &[Field],            form: Alone,    excludes: &[
        ("id", "clients address the record by it"),
        ("read_only", "a private property is never sent, so it can't be set either"),
    ] },
];

/// The words that may stand at `place`.
fn at(place: Place) -> impl Iterator<Item = &'static Word> {
    WORDS
        .iter()
        .filter(move |word| word.places.contains(&place))
}

/// The words that can't stand beside the word called `name`, each with the reason.
pub(crate) fn excluded_by(name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = WORDS.iter().flat_map(|word| {
        word.excludes
            .iter()
            .map(move |(other, why)| (word.name, *other, *why))
    });
    rows.filter_map(move |(word, other, why)| match name {
        _ if name == word => Some((other, why)),
        _ if name == other => Some((word, why)),
        _ => None,
    })
}

/// What to say of a word that can't stand at `place`: where it belongs, or the nearest right one.
fn unknown(name: &str, place: Place) -> String {
    if let Some(word) = WORDS.iter().find(|word| word.name == name) {
        let places: Vec<_> = word.places.iter().map(|place| place.described()).collect();
        return format!(
            "`{name}` is for {}, not for {}",
            places.join(" and "),
            place.described()
        );
    }
    let near = at(place)
        .map(|word| (distance(name, word.name), word.name))
        .min();
    match near {
        Some((distance, near)) if distance <= near.len().max(name.len()) / 3 => {
            format!("unknown word `{name}`; did you mean `{near}`?")
        }
        _ => {
            let words: Vec<_> = at(place).map(|word| format!("`{}`", word.name)).collect();
            format!(
                "unknown word `{name}`; {} may have {}",
                place.described(),
                words.join(", ")
            )
        }
    }
}

/// How many letters must be put in, left out, replaced, or swapped with the next to make `one` of `other`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_is_told_the_nearest_right_one() {
        for (wrong, right) in [
            ("defualt", "default"),
            ("readonly", "read_only"),
            ("privat", "private"),
        ] {
            assert_eq!(
                unknown(wrong, Field),
                format!("unknown word `{wrong}`; did you mean `{right}`?")
            );
        }
        assert_eq!(
            unknown("nmae", Struct),
            "unknown word `nmae`; did you mean `name`?"
        );
        assert_eq!(
            unknown("plural", Field),
            "`plural` is for the struct, not for a field"
        );
        assert!(unknown("frobnicate", Parameter).contains("`default`"));
    }

    #[test]
    fn the_docs_tell_every_word() {
        let docs = include_str!("../../sockful/src/lib.rs");
        for word in WORDS {
            assert!(
                docs.contains(&format!("`{}", word.name)),
                "`{}` is not in the docs of the macros",
                word.name
            );
        }
    }

    #[test]
    fn words_that_are_excluded_exist() {
        let known = |name| WORDS.iter().any(|word| word.name == name);
        assert!(
            WORDS
                .iter()
                .flat_map(|word| word.excludes)
                .all(|(other, _)| known(*other))
        );
    }
}
