//! That of any two words at one place the table tells, and nothing else does.

use super::docs::mistakes;
use crate::attributes::{ATTRIBUTES, AttributeDef, Target, allowed_on, conflicts_of};
use crate::model::Managed;

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
fn words_at(place: Target) -> impl Iterator<Item = &'static AttributeDef> {
    let is_of_parent = move |word: &AttributeDef| {
        place == Target::Field && ["name", "plural", "on_destroy"].contains(&word.name)
    };
    allowed_on(place).filter(move |word| !is_of_parent(word))
}

fn is_rule(word: &str) -> bool {
    ["range", "length", "pattern", "format", "conform", "nested"].contains(&word)
}

/// What stands at the place, with these words.
fn used(place: Target, words: &[&str]) -> String {
    let mut all: Vec<_> = words.iter().map(|word| spelt(word)).collect();
    // These two are said of a rule.
    let is_of_rule = words.contains(&"message") || words.contains(&"when");
    if is_of_rule && !words.iter().any(|word| is_rule(word)) {
        all.push(spelt("conform"));
    }
    let words = format!("#[{}({})]", place.attribute(), all.join(", "));
    match place {
        Target::Field if all.contains(&"id") => format!("{words} slug: Points"),
        Target::Field | Target::Parameter => format!("{words} points_id: Points"),
        Target::Struct | Target::Block | Target::Method => words,
    }
}

/// The mistakes that are of the two words; without its feature `nested` says which one it needs.
fn told(place: Target, words: &[&str]) -> Vec<String> {
    let mut told = mistakes(place.description(), &used(place, words));
    told.retain(|message| !message.starts_with("`nested` needs the feature"));
    told
}

/// What is to be told where `later` stands behind `earlier`.
fn expected(place: Target, earlier: &str, later: &str) -> Option<String> {
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
    let kept = Managed::ALL
        .into_iter()
        .find(|(word, _)| [earlier, later].contains(word));
    let (earlier, later) = match (of_rule, kept) {
        // It is the rule they are said of that can't stand there.
        (Some(_), Some((kept, _))) => (kept, "conform"),
        _ => (earlier, later),
    };
    let (_, why) = conflicts_of(later).find(|(other, _)| *other == earlier)?;
    let place = place.description();
    Some(format!(
        "`{later}` can't stand beside `{earlier}` on {place}: {why}"
    ))
}

#[test]
fn pair_reports_its_conflict_once() {
    for place in [
        Target::Struct,
        Target::Field,
        Target::Method,
        Target::Parameter,
    ] {
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
fn range_conflict_hides_type_error() {
    for other in conflicts_of("range").map(|(other, _)| other) {
        for ty in ["i32", "String", "Option<i32>"] {
            for words in [["range", other], [other, "range"]] {
                let used = used(Target::Field, &words).replace("Points", ty);
                let expected = expected(Target::Field, words[0], words[1]);
                let expected: Vec<_> = expected.into_iter().collect();
                assert_eq!(mistakes("field", &used), expected, "{used}");
            }
        }
    }
}

/// A word that is not excluded at any place where both may stand is excluded in vain.
#[test]
fn conflicting_attributes_share_a_target() {
    for word in ATTRIBUTES {
        for (other, _) in word.conflicts {
            let meet = |place: &Target| allowed_on(*place).any(|known| known.name == *other);
            assert!(word.targets.iter().any(meet), "{} and {other}", word.name);
        }
    }
}

#[test]
fn implicit_id_has_conflicts_of_id() {
    for word in words_at(Target::Field).filter(|word| word.name != "id") {
        let used = used(Target::Field, &[word.name]).replace("points_id:", "id:");
        let mut told = mistakes("the id", &used);
        told.retain(|message| !message.starts_with("`nested` needs the feature"));
        let excluded = conflicts_of("id").find(|(other, _)| *other == word.name);
        let expected = excluded.map(|(word, why)| format!("`{word}` can't stand on the id: {why}"));
        assert_eq!(told, expected.into_iter().collect::<Vec<_>>(), "{used}");
    }
}
