//! The table of the attributes that `#[resource(…)]` and `#[remote(…)]` accept: each is one row.

use super::kind::ValueKind;
use super::suggest::nearest;

/// The item that an attribute is written on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
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

impl Target {
    /// The macro attribute that holds the attributes of this target.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Struct | Self::Field | Self::Parameter => "resource",
            Self::Block | Self::Method => "remote",
        }
    }

    /// The target as part of a message: "`x` is for …".
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Struct => "the struct",
            Self::Field => "a field",
            Self::Block => "the impl block",
            Self::Method => "a remote method",
            Self::Parameter => "a parameter",
        }
    }
}

/// A row of the table: the targets of an attribute, its value, and its conflicts with the reasons.
#[derive(Debug)]
pub(crate) struct AttributeDef {
    pub(crate) name: &'static str,
    pub(crate) targets: &'static [Target],
    pub(super) kind: ValueKind,
    pub(crate) conflicts: &'static [(&'static str, &'static str)],
}

use Target::{Block, Field, Method, Parameter, Struct};
use ValueKind::{
    Actions, Duration, Events, Flag, FunctionRule, Ident, Name, Names, OnDestroy, OptionalExpr,
    Page, Path, RangeRule, ResourcePath, Sanitizers, Str, TextRule,
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

/// All attributes, in the order of messages and docs.
#[rustfmt::skip]
pub(crate) static ATTRIBUTES: &[AttributeDef] = &[
    AttributeDef { name: "name",         targets: &[Struct, Method, Field],  kind: Name,          conflicts: &[] },
    AttributeDef { name: "plural",       targets: &[Struct, Field],          kind: Name,          conflicts: &[] },
    AttributeDef { name: "new",          targets: &[Struct],                 kind: Ident,         conflicts: &[] },
    AttributeDef { name: "patch",        targets: &[Struct],                 kind: Ident,         conflicts: &[] },
    AttributeDef { name: "only",         targets: &[Struct],                 kind: Actions,       conflicts: &[] },
    AttributeDef { name: "except",       targets: &[Struct],                 kind: Actions,       conflicts: &[
        ("only", "say either which actions there are or which there are not"),
    ] },
    AttributeDef { name: "page",         targets: &[Struct],                 kind: Page,          conflicts: &[] },
    AttributeDef { name: "public",       targets: &[Struct],                 kind: Flag,          conflicts: &[] },
    AttributeDef { name: "event",        targets: &[Struct],                 kind: Events,        conflicts: &[] },
    AttributeDef { name: "timeout",      targets: &[Method],                 kind: Duration,      conflicts: &[] },
    AttributeDef { name: "crate",        targets: &[Struct, Block],          kind: Path,          conflicts: &[] },
    AttributeDef { name: "id",           targets: &[Field],                  kind: Flag,          conflicts: &[] },
    AttributeDef { name: "parent",       targets: &[Field],                  kind: ResourcePath,  conflicts: &[
        ("id", "the id of a record is its own; write another field for the parent's"),
    ] },
    AttributeDef { name: "on_destroy",   targets: &[Field],                  kind: OnDestroy,     conflicts: &[] },
    AttributeDef { name: "default",      targets: &[Field, Parameter],       kind: OptionalExpr,  conflicts: &[("id", FRESH_ID)] },
    AttributeDef { name: "read_only",    targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", FRESH_ID), ("parent", GIVEN_PARENT),
    ] },
    AttributeDef { name: "private",      targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", SENT_ID), ("parent", GIVEN_PARENT),
        ("read_only", "a private property is never sent, so it can't be set either"),
    ] },
    AttributeDef { name: "write_only",   targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", SENT_ID), ("parent", "who is sent a child is told whose it is"),
        ("read_only", "a property that is neither sent nor set by clients is `private`"),
        ("private", "a private property is not set by clients either"),
    ] },
    AttributeDef { name: "immutable",    targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", FIXED_ID),
        ("read_only", "clients never set it, so not at creation either"),
        ("private", "clients never set it, so not at creation either"),
        ("write_only", "who saves a record gives back what can't change, and can't give back what is never sent"),
    ] },
    AttributeDef { name: "created_at",   targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", FRESH_ID), ("parent", UNKEPT_PARENT), ("default", UNSET), ("read_only", UNSET), ("immutable", UNSET),
        ("private", "clients that may not know it need not be told; leave `private` out, or the property"),
        ("write_only", UNSET),
    ] },
    AttributeDef { name: "updated_at",   targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", FRESH_ID), ("parent", UNKEPT_PARENT), ("default", UNSET), ("read_only", UNSET), ("immutable", UNSET),
        ("private", "clients that may not know it need not be told; leave `private` out, or the property"),
        ("write_only", UNSET), ("created_at", KEPT_TWICE),
    ] },
    AttributeDef { name: "rev",          targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", FRESH_ID), ("parent", UNKEPT_PARENT), ("default", UNSET), ("read_only", UNSET), ("immutable", UNSET),
        ("private", "clients compare revisions, so they are sent"),
        ("write_only", UNSET), ("created_at", KEPT_TWICE), ("updated_at", KEPT_TWICE),
    ] },
    AttributeDef { name: "unique",       targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", LOOKED_UP),
        ("created_at", MANY_AT_ONCE), ("updated_at", MANY_AT_ONCE), ("rev", MANY_AT_ONCE),
    ] },
    AttributeDef { name: "index",        targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", LOOKED_UP),
        ("parent", "a parent has an index anyway"),
        ("unique", "what is unique has an index already"),
    ] },
    AttributeDef { name: "wide",         targets: &[Field, Parameter],       kind: Flag,          conflicts: &[
        ("id", EXACT_ID), ("parent", "it is what the parent's id is, which every client can hold"),
        ("created_at", HELD), ("updated_at", HELD), ("rev", HELD),
    ] },
    AttributeDef { name: "renamed_from", targets: &[Struct, Field],          kind: Names,         conflicts: &[] },
    AttributeDef { name: "range",        targets: &[Field, Parameter],       kind: RangeRule,     conflicts: &[
        ("length", "a number has a range, a text or a list a length"),
        ("pattern", OF_NUMBERS),
        ("format", OF_NUMBERS),
        ("sanitize", OF_NUMBERS),
        ("created_at", JUDGED), ("updated_at", JUDGED), ("rev", JUDGED),
    ] },
    AttributeDef { name: "length",       targets: &[Field, Parameter],       kind: RangeRule,     conflicts: &[
        ("created_at", JUDGED), ("updated_at", JUDGED), ("rev", JUDGED),
    ] },
    AttributeDef { name: "pattern",      targets: &[Field, Parameter],       kind: TextRule,      conflicts: &[
        ("created_at", JUDGED), ("updated_at", JUDGED), ("rev", JUDGED),
    ] },
    AttributeDef { name: "format",       targets: &[Field, Parameter],       kind: TextRule,      conflicts: &[
        ("created_at", JUDGED), ("updated_at", JUDGED), ("rev", JUDGED),
    ] },
    AttributeDef { name: "conform",      targets: &[Field, Parameter],       kind: FunctionRule,  conflicts: &[
        ("created_at", JUDGED), ("updated_at", JUDGED), ("rev", JUDGED),
    ] },
    AttributeDef { name: "nested",       targets: &[Field, Parameter],       kind: Flag,          conflicts: &[
        ("id", PLAIN_ID), ("parent", PLAIN_ID),
        ("created_at", JUDGED), ("updated_at", JUDGED), ("rev", JUDGED),
    ] },
    AttributeDef { name: "message",      targets: &[Field, Parameter],       kind: Str,           conflicts: &[] },
    AttributeDef { name: "when",         targets: &[Field],                  kind: Path,          conflicts: &[] },
    AttributeDef { name: "sanitize",     targets: &[Field, Parameter],       kind: Sanitizers,    conflicts: &[
        ("id", FOUND_BY_ID), ("parent", FOUND_BY_ID),
        ("created_at", JUDGED), ("updated_at", JUDGED), ("rev", JUDGED),
    ] },
];

/// The attributes that are allowed on `target`.
pub(crate) fn allowed_on(target: Target) -> impl Iterator<Item = &'static AttributeDef> {
    ATTRIBUTES
        .iter()
        .filter(move |attribute| attribute.targets.contains(&target))
}

/// The attributes that conflict with the one called `name`, each with the reason.
pub(crate) fn conflicts_of(name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = ATTRIBUTES.iter().flat_map(|attribute| {
        attribute
            .conflicts
            .iter()
            .map(move |(other, why)| (attribute.name, *other, *why))
    });
    rows.filter_map(move |(attribute, other, why)| match name {
        _ if name == attribute => Some((other, why)),
        _ if name == other => Some((attribute, why)),
        _ => None,
    })
}

/// The message for an attribute that `target` does not allow: its targets, or the nearest known name.
pub(super) fn unknown_attribute(name: &str, target: Target) -> String {
    if let Some(attribute) = ATTRIBUTES.iter().find(|attribute| attribute.name == name) {
        let places: Vec<_> = attribute
            .targets
            .iter()
            .map(|target| target.description())
            .collect();
        return format!(
            "`{name}` is for {}, not for {}",
            places.join(" and "),
            target.description()
        );
    }
    if name == "payload" && target == Parameter {
        return "`payload` is no word of #[resource(…)]; write #[payload] in its place".to_owned();
    }
    if let Some(near) = nearest(name, allowed_on(target).map(|attribute| attribute.name)) {
        return format!("unknown word `{name}`; did you mean `{near}`?");
    }
    let words: Vec<_> = allowed_on(target)
        .map(|attribute| format!("`{}`", attribute.name))
        .collect();
    format!(
        "unknown word `{name}`; {} may have {}",
        target.description(),
        words.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_attribute_suggests_nearest() {
        for (wrong, right) in [
            ("defualt", "default"),
            ("readonly", "read_only"),
            ("privat", "private"),
        ] {
            assert_eq!(
                unknown_attribute(wrong, Field),
                format!("unknown word `{wrong}`; did you mean `{right}`?")
            );
        }
        assert_eq!(
            unknown_attribute("nmae", Struct),
            "unknown word `nmae`; did you mean `name`?"
        );
        assert_eq!(
            unknown_attribute("page", Field),
            "`page` is for the struct, not for a field"
        );
        assert!(unknown_attribute("frobnicate", Parameter).contains("`default`"));
    }

    #[test]
    fn docs_list_every_attribute() {
        let docs = include_str!("../../../sockful/src/lib.rs");
        for attribute in ATTRIBUTES {
            assert!(
                docs.contains(&format!("`{}", attribute.name)),
                "`{}` is not in the docs of the macros",
                attribute.name
            );
        }
    }

    #[test]
    fn conflicts_name_known_attributes() {
        let known = |name| ATTRIBUTES.iter().any(|attribute| attribute.name == name);
        assert!(
            ATTRIBUTES
                .iter()
                .flat_map(|attribute| attribute.conflicts)
                .all(|(other, _)| known(*other))
        );
    }
}
