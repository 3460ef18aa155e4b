//! Tests that each pair of attributes reports the conflict of the table, or nothing.

use super::docs::errors;
use crate::attributes::{ATTRIBUTES, AttributeDef, Target, allowed_on, conflicts_of};
use crate::model::Managed;

/// A valid use of an attribute, on a type that only the compiler knows.
fn name(attribute: &str) -> &str {
    match attribute {
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

/// The attributes of a target, except those that need a parent.
fn attributes_of(target: Target) -> impl Iterator<Item = &'static AttributeDef> {
    let is_of_parent = move |attribute: &AttributeDef| {
        target == Target::Field && ["name", "plural", "on_destroy"].contains(&attribute.name)
    };
    allowed_on(target).filter(move |attribute| !is_of_parent(attribute))
}

fn is_rule(attribute: &str) -> bool {
    ["range", "length", "pattern", "format", "conform", "nested"].contains(&attribute)
}

/// An item with these attributes.
fn item(target: Target, names: &[&str]) -> String {
    let mut all: Vec<_> = names.iter().map(|attribute| name(attribute)).collect();
    // These two need a rule.
    let is_of_rule = names.contains(&"message") || names.contains(&"when");
    if is_of_rule && !names.iter().any(|attribute| is_rule(attribute)) {
        all.push(name("conform"));
    }
    let names = format!("#[{}({})]", target.attribute(), all.join(", "));
    match target {
        Target::Field if all.contains(&"id") => format!("{names} slug: Points"),
        Target::Field | Target::Parameter => format!("{names} points_id: Points"),
        Target::Struct | Target::Block | Target::Method => names,
    }
}

/// The errors of the attributes, without the missing feature of `nested`.
fn messages(target: Target, names: &[&str]) -> Vec<String> {
    let mut messages = errors(target.description(), &item(target, names));
    messages.retain(|message| !message.starts_with("`nested` needs the feature"));
    messages
}

/// The expected error if `later` follows `earlier`.
fn expected(target: Target, earlier: &str, later: &str) -> Option<String> {
    if (earlier, later) == ("nested", "message") || (earlier, later) == ("message", "nested") {
        let message = "the messages of `nested` come from its type; remove `message`";
        return Some(message.to_owned());
    }
    if (earlier, later) == ("parent", "default") || (earlier, later) == ("default", "parent") {
        // A default with a value is valid.
        let message = "a parent needs an explicit default; write `default = …` with an id, or remove `default`: an `Option` is optional without it";
        return Some(message.to_owned());
    }
    let of_rule = ["message", "when"]
        .into_iter()
        .find(|attribute| [earlier, later].contains(attribute));
    let kept = Managed::ALL
        .into_iter()
        .find(|(attribute, _)| [earlier, later].contains(attribute));
    let (earlier, later) = match (of_rule, kept) {
        // The conflict is with the rule that they need.
        (Some(_), Some((kept, _))) => (kept, "conform"),
        _ => (earlier, later),
    };
    let (_, why) = conflicts_of(later).find(|(other, _)| *other == earlier)?;
    let target = target.description();
    Some(format!(
        "`{later}` can't be combined with `{earlier}` on {target}: {why}"
    ))
}

#[test]
fn pair_reports_its_conflict_once() {
    for target in [
        Target::Struct,
        Target::Field,
        Target::Method,
        Target::Parameter,
    ] {
        for earlier in attributes_of(target) {
            assert_eq!(
                messages(target, &[earlier.name]),
                [""; 0],
                "{}",
                earlier.name
            );
            for later in attributes_of(target).filter(|later| later.name != earlier.name) {
                let names = [earlier.name, later.name];
                let expected: Vec<_> = expected(target, names[0], names[1]).into_iter().collect();
                assert_eq!(messages(target, &names), expected, "{names:?}");
            }
        }
    }
}

/// Either of the two does not fit the type, which would be a second error.
#[test]
fn range_conflict_hides_type_error() {
    for other in conflicts_of("range").map(|(other, _)| other) {
        for ty in ["i32", "String", "Option<i32>"] {
            for names in [["range", other], [other, "range"]] {
                let item = item(Target::Field, &names).replace("Points", ty);
                let expected = expected(Target::Field, names[0], names[1]);
                let expected: Vec<_> = expected.into_iter().collect();
                assert_eq!(errors("field", &item), expected, "{item}");
            }
        }
    }
}

/// Otherwise the conflict could not occur.
#[test]
fn conflicting_attributes_share_a_target() {
    for attribute in ATTRIBUTES {
        for (other, _) in attribute.conflicts {
            let meet = |target: &Target| allowed_on(*target).any(|known| known.name == *other);
            assert!(
                attribute.targets.iter().any(meet),
                "{} and {other}",
                attribute.name
            );
        }
    }
}

#[test]
fn implicit_id_has_conflicts_of_id() {
    for attribute in attributes_of(Target::Field).filter(|attribute| attribute.name != "id") {
        let item = item(Target::Field, &[attribute.name]).replace("points_id:", "id:");
        let mut messages = errors("the id", &item);
        messages.retain(|message| !message.starts_with("`nested` needs the feature"));
        let excluded = conflicts_of("id").find(|(other, _)| *other == attribute.name);
        let expected = excluded
            .map(|(attribute, why)| format!("`{attribute}` can't be used on the id: {why}"));
        assert_eq!(messages, expected.into_iter().collect::<Vec<_>>(), "{item}");
    }
}
