//! That of any two words at one place the table tells, and nothing else does.

use super::docs::mistakes;
use crate::attributes::{Place, WORDS, Word, at, excluded_by};
use crate::model::Kept;

/// A use of the word that is right by itself, on a type of which only the compiler knows what it is.
fn spelt(word: &str) -> &str {
    match word {
        "name" => "name = \"beast\"",
        "plural" => "plural = \"sheep\"",
        "parent" => "parent = Album",
        "renamed_from" => "renamed_from = \"monster\"",
        "new" => "new = Egg",
        "patch" => "patch = Change",
        "only" => "only(get, find)",
        "except" => "except(destroy)",
        "page" => "page(20, 100)",
        "event" => "event(roared = Roar)",
        "timeout" => "timeout = \"5s\"",
        "crate" => "crate = deps::sockful",
        "range" => "range(0..=20)",
        "length" => "length(1..=32)",
        "pattern" => "pattern = \"^[a-z]+$\"",
        "format" => "format = \"email\"",
        "conform" => "conform = self::check",
        "message" => "message = \"is missing\"",
        "when" => "when = Self::is_known",
        "sanitize" => "sanitize(trim)",
        alone => alone,
    }
}

/// The words at a place, but for those that are said of a parent and mean nothing without one.
fn words_at(place: Place) -> impl Iterator<Item = &'static Word> {
    let is_of_parent = move |word: &Word| {
        place == Place::Field && ["name", "plural", "on_destroy"].contains(&word.name)
    };
    at(place).filter(move |word| !is_of_parent(word))
}

fn is_rule(word: &str) -> bool {
    ["range", "length", "pattern", "format", "conform", "nested"].contains(&word)
}

/// What stands at the place, with these words.
fn used(place: Place, words: &[&str]) -> String {
    let mut all: Vec<_> = words.iter().map(|word| spelt(word)).collect();
    // These two are said of a rule.
    let is_of_rule = words.contains(&"message") || words.contains(&"when");
    if is_of_rule && !words.iter().any(|word| is_rule(word)) {
        all.push(spelt("conform"));
    }
    let words = format!("#[{}({})]", place.attribute(), all.join(", "));
    match place {
        Place::Field if all.contains(&"id") => format!("{words} slug: Points"),
        Place::Field | Place::Parameter => format!("{words} points_id: Points"),
        Place::Struct | Place::Block | Place::Method => words,
    }
}

/// The mistakes that are of the two words; without its feature `nested` says which one it needs.
fn told(place: Place, words: &[&str]) -> Vec<String> {
    let mut told = mistakes(place.described(), &used(place, words));
    told.retain(|message| !message.starts_with("`nested` needs the feature"));
    told
}

/// What is to be told where `later` stands behind `earlier`.
fn expected(place: Place, earlier: &str, later: &str) -> Option<String> {
    if (earlier, later) == ("nested", "message") || (earlier, later) == ("message", "nested") {
        let message = "the messages of `nested` are the type's own; remove this";
        return Some(message.to_owned());
    }
    if (earlier, later) == ("parent", "default") || (earlier, later) == ("default", "parent") {
        // Another default, one with a value, is right.
        let message = "a parent has no default of its own; write `default = …` with an id, or remove it: an `Option` may be missing anyway";
        return Some(message.to_owned());
    }
    let of_rule = ["message", "when"]
        .into_iter()
        .find(|word| [earlier, later].contains(word));
    let kept = Kept::ALL
        .into_iter()
        .find(|(word, _)| [earlier, later].contains(word));
    let (earlier, later) = match (of_rule, kept) {
        // It is the rule they are said of that can't stand there.
        (Some(_), Some((kept, _))) => (kept, "conform"),
        _ => (earlier, later),
    };
    let (_, why) = excluded_by(later).find(|(other, _)| *other == earlier)?;
    let place = place.described();
    Some(format!(
        "`{later}` can't stand beside `{earlier}` on {place}: {why}"
    ))
}

#[test]
fn of_two_words_the_table_tells_once_or_nobody_does() {
    for place in [Place::Struct, Place::Field, Place::Method, Place::Parameter] {
        for earlier in words_at(place) {
            assert_eq!(told(place, &[earlier.name]), [""; 0], "{}", earlier.name);
            for later in words_at(place).filter(|later| later.name != earlier.name) {
                let words = [earlier.name, later.name];
                let expected: Vec<_> = expected(place, words[0], words[1]).into_iter().collect();
                assert_eq!(told(place, &words), expected, "{words:?}");
            }
        }
    }
}

/// Whichever of the two is meant, the other does not fit the type: that would be a second error.
#[test]
fn of_two_words_for_different_types_the_type_is_not_told_too() {
    for other in excluded_by("range").map(|(other, _)| other) {
        for ty in ["i32", "String", "Option<i32>"] {
            for words in [["range", other], [other, "range"]] {
                let used = used(Place::Field, &words).replace("Points", ty);
                let expected = expected(Place::Field, words[0], words[1]);
                let expected: Vec<_> = expected.into_iter().collect();
                assert_eq!(mistakes("field", &used), expected, "{used}");
            }
        }
    }
}

/// A word that is not excluded at any place where both may stand is excluded in vain.
#[test]
fn words_that_exclude_each_other_can_meet() {
    for word in WORDS {
        for (other, _) in word.excludes {
            let meet = |place: &Place| at(*place).any(|known| known.name == *other);
            assert!(word.places.iter().any(meet), "{} and {other}", word.name);
        }
    }
}

#[test]
fn a_field_that_is_the_id_by_its_name_excludes_what_the_word_does() {
    for word in words_at(Place::Field).filter(|word| word.name != "id") {
        let used = used(Place::Field, &[word.name]).replace("points_id:", "id:");
        let mut told = mistakes("the id", &used);
        told.retain(|message| !message.starts_with("`nested` needs the feature"));
        let excluded = excluded_by("id").find(|(other, _)| *other == word.name);
        let expected = excluded.map(|(word, why)| format!("`{word}` can't stand on the id: {why}"));
        assert_eq!(told, expected.into_iter().collect::<Vec<_>>(), "{used}");
    }
}
