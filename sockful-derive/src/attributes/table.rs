//! The table of the attributes that `#[resource(…)]` and `#[remote(…)]` accept.

use super::kind::ValueKind;
use super::suggest::nearest;

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
    pub(crate) fn described(self) -> &'static str {
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
    pub(crate) places: &'static [Place],
    pub(super) form: ValueKind,
    pub(crate) excludes: &'static [(&'static str, &'static str)],
}

use Place::{Block, Field, Method, Parameter, Struct};
use ValueKind::{
    Actions, Alone, Duration, Events, Function, Ident, Maybe, Name, OnDestroy, Page, Path, Range,
    Said, Sanitizers, Served, Text,
};

const OF_NUMBERS: &str = "that is for texts, and a range for numbers";
const FRESH_ID: &str = "an id is given by who creates the record, or made afresh";
const UNSET: &str = "the server keeps it, and nobody else sets it";
const GIVEN_PARENT: &str = "clients say by it whose child a record is";
const UNKEPT_PARENT: &str = "what the server keeps is no id of another record";
const FOUND_BY_ID: &str = "a record is found by its id as it is written";
const PLAIN_ID: &str = "an id is a text or a number, with nothing inside";
const FIXED_ID: &str = "the id of a record never changes anyway";
const SENT_ID: &str = "clients address the record by it";
const KEPT_TWICE: &str = "the server keeps one thing in one property";
const LOOKED_UP: &str = "an id is unique and looked up anyway";
const EXACT_ID: &str = "an id is within ±(2^53-1), which every client can hold";
const MANY_AT_ONCE: &str = "one commit stores many records, which then have it in common";
const JUDGED: &str = "the server keeps it, so there is nothing to judge or change";
const HELD: &str = "what the server keeps is within ±(2^53-1), which every client can hold";

/// The words, in the order in which messages and docs list them.
#[rustfmt::skip]
pub(crate) static WORDS: &[Word] = &[
    Word { name: "name",      places: &[Struct, Method, Field], form: Name,     excludes: &[] },
    Word { name: "plural",    places: &[Struct, Field],    form: Name,     excludes: &[] },
    Word { name: "new",       places: &[Struct],           form: Ident,    excludes: &[] },
    Word { name: "patch",     places: &[Struct],           form: Ident,    excludes: &[] },
    Word { name: "only",      places: &[Struct],           form: Actions,  excludes: &[] },
    Word { name: "except",    places: &[Struct],           form: Actions,  excludes: &[
        ("only", "say either which actions there are or which there are not"),
    ] },
    Word { name: "page",      places: &[Struct],           form: Page,     excludes: &[] },
    Word { name: "public",    places: &[Struct],           form: Alone,    excludes: &[] },
    Word { name: "event",     places: &[Struct],           form: Events,   excludes: &[] },
    Word { name: "timeout",   places: &[Method],           form: Duration, excludes: &[] },
    Word { name: "crate",     places: &[Struct, Block],    form: Path,     excludes: &[] },
    Word { name: "id",        places: &[Field],            form: Alone,    excludes: &[] },
    Word { name: "parent",    places: &[Field],            form: Served,   excludes: &[
        ("id", "the id of a record is its own; write another field for the parent's"),
    ] },
    Word { name: "on_destroy", places: &[Field],           form: OnDestroy, excludes: &[] },
    Word { name: "default",   places: &[Field, Parameter], form: Maybe,    excludes: &[("id", FRESH_ID)] },
    Word { name: "read_only", places: &[Field],            form: Alone,    excludes: &[
        ("id", FRESH_ID), ("parent", GIVEN_PARENT),
    ] },
    Word { name: "private",   places: &[Field],            form: Alone,    excludes: &[
        ("id", SENT_ID), ("parent", GIVEN_PARENT),
        ("read_only", "a private property is never sent, so it can't be set either"),
    ] },
    Word { name: "write_only", places: &[Field],           form: Alone,    excludes: &[
        ("id", SENT_ID), ("parent", "who is sent a child is told whose it is"),
        ("read_only", "a property that is neither sent nor set by clients is `private`"),
        ("private", "a private property is not set by clients either"),
    ] },
    Word { name: "immutable", places: &[Field],            form: Alone,    excludes: &[
        ("id", FIXED_ID),
        ("read_only", "clients never set it, so not at creation either"),
        ("private", "clients never set it, so not at creation either"),
        ("write_only", "who saves a record gives back what can't change, and can't give back what is never sent"),
    ] },
    Word { name: "created_at", places: &[Field],           form: Alone,    excludes: &[
        ("id", FRESH_ID), ("parent", UNKEPT_PARENT), ("default", UNSET), ("read_only", UNSET), ("immutable", UNSET),
        ("private", "clients that may not know it need not be told; leave `private` out, or the property"),
        ("write_only", UNSET),
    ] },
    Word { name: "updated_at", places: &[Field],           form: Alone,    excludes: &[
        ("id", FRESH_ID), ("parent", UNKEPT_PARENT), ("default", UNSET), ("read_only", UNSET), ("immutable", UNSET),
        ("private", "clients that may not know it need not be told; leave `private` out, or the property"),
        ("write_only", UNSET), ("created_at", KEPT_TWICE),
    ] },
    Word { name: "rev",       places: &[Field],            form: Alone,    excludes: &[
        ("id", FRESH_ID), ("parent", UNKEPT_PARENT), ("default", UNSET), ("read_only", UNSET), ("immutable", UNSET),
        ("private", "clients compare revisions, so they are sent"),
        ("write_only", UNSET), ("created_at", KEPT_TWICE), ("updated_at", KEPT_TWICE),
    ] },
    Word { name: "unique",    places: &[Field],            form: Alone,    excludes: &[
        ("id", LOOKED_UP),
        ("created_at", MANY_AT_ONCE), ("updated_at", MANY_AT_ONCE), ("rev", MANY_AT_ONCE),
    ] },
    Word { name: "index",     places: &[Field],            form: Alone,    excludes: &[
        ("id", LOOKED_UP),
        ("parent", "a parent has an index anyway"),
        ("unique", "what is unique has an index already"),
    ] },
    Word { name: "wide",      places: &[Field, Parameter], form: Alone,    excludes: &[
        ("id", EXACT_ID), ("parent", "it is what the parent's id is, which every client can hold"),
        ("created_at", HELD), ("updated_at", HELD), ("rev", HELD),
    ] },
    Word { name: "renamed_from", places: &[Struct, Field], form: Name,     excludes: &[] },
    Word { name: "range",     places: &[Field, Parameter], form: Range,      excludes: &[
        ("length", "a number has a range, a text or a list a length"),
        ("pattern", OF_NUMBERS),
        ("format", OF_NUMBERS),
        ("sanitize", OF_NUMBERS),
        ("created_at", JUDGED), ("updated_at", JUDGED), ("rev", JUDGED),
    ] },
    Word { name: "length",    places: &[Field, Parameter], form: Range,      excludes: &[
        ("created_at", JUDGED), ("updated_at", JUDGED), ("rev", JUDGED),
    ] },
    Word { name: "pattern",   places: &[Field, Parameter], form: Text,       excludes: &[
        ("created_at", JUDGED), ("updated_at", JUDGED), ("rev", JUDGED),
    ] },
    Word { name: "format",    places: &[Field, Parameter], form: Text,       excludes: &[
        ("created_at", JUDGED), ("updated_at", JUDGED), ("rev", JUDGED),
    ] },
    Word { name: "conform",   places: &[Field, Parameter], form: Function,   excludes: &[
        ("created_at", JUDGED), ("updated_at", JUDGED), ("rev", JUDGED),
    ] },
    Word { name: "nested",    places: &[Field, Parameter], form: Alone,      excludes: &[
        ("id", PLAIN_ID), ("parent", PLAIN_ID),
        ("created_at", JUDGED), ("updated_at", JUDGED), ("rev", JUDGED),
    ] },
    Word { name: "message",   places: &[Field, Parameter], form: Said,       excludes: &[] },
    Word { name: "when",      places: &[Field],            form: Path,       excludes: &[] },
    Word { name: "sanitize",  places: &[Field, Parameter], form: Sanitizers, excludes: &[
        ("id", FOUND_BY_ID), ("parent", FOUND_BY_ID),
        ("created_at", JUDGED), ("updated_at", JUDGED), ("rev", JUDGED),
    ] },
];

/// The words that may stand at `place`.
pub(crate) fn at(place: Place) -> impl Iterator<Item = &'static Word> {
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
pub(super) fn unknown(name: &str, place: Place) -> String {
    if let Some(word) = WORDS.iter().find(|word| word.name == name) {
        let places: Vec<_> = word.places.iter().map(|place| place.described()).collect();
        return format!(
            "`{name}` is for {}, not for {}",
            places.join(" and "),
            place.described()
        );
    }
    if name == "payload" && place == Parameter {
        return "`payload` is no word of #[resource(…)]; write #[payload] in its place".to_owned();
    }
    if let Some(near) = nearest(name, at(place).map(|word| word.name)) {
        return format!("unknown word `{name}`; did you mean `{near}`?");
    }
    let words: Vec<_> = at(place).map(|word| format!("`{}`", word.name)).collect();
    format!(
        "unknown word `{name}`; {} may have {}",
        place.described(),
        words.join(", ")
    )
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
            unknown("page", Field),
            "`page` is for the struct, not for a field"
        );
        assert!(unknown("frobnicate", Parameter).contains("`default`"));
    }

    #[test]
    fn the_docs_tell_every_word() {
        let docs = include_str!("../../../sockful/src/lib.rs");
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
