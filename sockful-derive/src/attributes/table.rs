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

const OF_NUMBERS: &str = "it applies to strings, and `range` to numbers";
const FRESH_ID: &str = "an id is set by the client that creates the record, or generated";
const UNSET: &str = "only the server sets this property";
const GIVEN_PARENT: &str = "clients set the parent's id";
const UNKEPT_PARENT: &str = "a property that the server sets can't be the id of another record";
const FOUND_BY_ID: &str = "records are looked up by the exact id";
const PLAIN_ID: &str = "an id is a string or a number, without nested values";
const FIXED_ID: &str = "the id of a record never changes";
const SENT_ID: &str = "clients address the record by its id";
const KEPT_TWICE: &str = "a property can hold only one of these values";
const LOOKED_UP: &str = "an id is always unique and indexed";
const EXACT_ID: &str = "an id is within ±(2^53-1), which every client can represent";
const MANY_AT_ONCE: &str = "all records of one commit have the same value";
const JUDGED: &str = "the server sets this property, so there is nothing to validate or sanitize";
const HELD: &str = "this value is always within ±(2^53-1), which every client can represent";

/// All attributes, in the order of messages and docs.
#[rustfmt::skip]
pub(crate) static ATTRIBUTES: &[AttributeDef] = &[
    AttributeDef { name: "name",         targets: &[Struct, Method, Field],  kind: Name,          conflicts: &[] },
    AttributeDef { name: "plural",       targets: &[Struct, Field],          kind: Name,          conflicts: &[] },
    AttributeDef { name: "new",          targets: &[Struct],                 kind: Ident,         conflicts: &[] },
    AttributeDef { name: "patch",        targets: &[Struct],                 kind: Ident,         conflicts: &[] },
    AttributeDef { name: "only",         targets: &[Struct],                 kind: Actions,       conflicts: &[] },
    AttributeDef { name: "except",       targets: &[Struct],                 kind: Actions,       conflicts: &[
        ("only", "use either `only` or `except`"),
    ] },
    AttributeDef { name: "page",         targets: &[Struct],                 kind: Page,          conflicts: &[] },
    AttributeDef { name: "public",       targets: &[Struct],                 kind: Flag,          conflicts: &[] },
    AttributeDef { name: "event",        targets: &[Struct],                 kind: Events,        conflicts: &[] },
    AttributeDef { name: "timeout",      targets: &[Method],                 kind: Duration,      conflicts: &[] },
    AttributeDef { name: "crate",        targets: &[Struct, Block],          kind: Path,          conflicts: &[] },
    AttributeDef { name: "id",           targets: &[Field],                  kind: Flag,          conflicts: &[] },
    AttributeDef { name: "parent",       targets: &[Field],                  kind: ResourcePath,  conflicts: &[
        ("id", "the id identifies the record itself; add another field for the parent's id"),
    ] },
    AttributeDef { name: "on_destroy",   targets: &[Field],                  kind: OnDestroy,     conflicts: &[] },
    AttributeDef { name: "default",      targets: &[Field, Parameter],       kind: OptionalExpr,  conflicts: &[("id", FRESH_ID)] },
    AttributeDef { name: "read_only",    targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", FRESH_ID), ("parent", GIVEN_PARENT),
    ] },
    AttributeDef { name: "private",      targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", SENT_ID), ("parent", GIVEN_PARENT),
        ("read_only", "clients can neither read nor set a private property"),
    ] },
    AttributeDef { name: "write_only",   targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", SENT_ID), ("parent", "a child is always sent with the id of its parent"),
        ("read_only", "a property that clients neither receive nor set is `private`"),
        ("private", "clients can't set a private property"),
    ] },
    AttributeDef { name: "immutable",    targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", FIXED_ID),
        ("read_only", "clients can't set this property, not even at creation"),
        ("private", "clients can't set this property, not even at creation"),
        ("write_only", "`save` must repeat immutable properties, and clients never receive this one"),
    ] },
    AttributeDef { name: "created_at",   targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", FRESH_ID), ("parent", UNKEPT_PARENT), ("default", UNSET), ("read_only", UNSET), ("immutable", UNSET),
        ("private", "a timestamp that clients must not see has no use; remove `private`, or the property"),
        ("write_only", UNSET),
    ] },
    AttributeDef { name: "updated_at",   targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", FRESH_ID), ("parent", UNKEPT_PARENT), ("default", UNSET), ("read_only", UNSET), ("immutable", UNSET),
        ("private", "a timestamp that clients must not see has no use; remove `private`, or the property"),
        ("write_only", UNSET), ("created_at", KEPT_TWICE),
    ] },
    AttributeDef { name: "rev",          targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", FRESH_ID), ("parent", UNKEPT_PARENT), ("default", UNSET), ("read_only", UNSET), ("immutable", UNSET),
        ("private", "clients compare revisions, so revisions are always sent"),
        ("write_only", UNSET), ("created_at", KEPT_TWICE), ("updated_at", KEPT_TWICE),
    ] },
    AttributeDef { name: "unique",       targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", LOOKED_UP),
        ("created_at", MANY_AT_ONCE), ("updated_at", MANY_AT_ONCE), ("rev", MANY_AT_ONCE),
    ] },
    AttributeDef { name: "index",        targets: &[Field],                  kind: Flag,          conflicts: &[
        ("id", LOOKED_UP),
        ("parent", "a parent property always has an index"),
        ("unique", "a unique property always has an index"),
    ] },
    AttributeDef { name: "wide",         targets: &[Field, Parameter],       kind: Flag,          conflicts: &[
        ("id", EXACT_ID), ("parent", "it has the type of the parent's id, which every client can represent"),
        ("created_at", HELD), ("updated_at", HELD), ("rev", HELD),
    ] },
    AttributeDef { name: "renamed_from", targets: &[Struct, Field],          kind: Names,         conflicts: &[] },
    AttributeDef { name: "range",        targets: &[Field, Parameter],       kind: RangeRule,     conflicts: &[
        ("length", "`range` applies to numbers, `length` to strings and lists"),
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
        return "`payload` is not an attribute of #[resource(…)]; write #[payload] instead"
            .to_owned();
    }
    if let Some(near) = nearest(name, allowed_on(target).map(|attribute| attribute.name)) {
        return format!("unknown attribute `{name}`; did you mean `{near}`?");
    }
    let words: Vec<_> = allowed_on(target)
        .map(|attribute| format!("`{}`", attribute.name))
        .collect();
    format!(
        "unknown attribute `{name}`; the attributes of {} are {}",
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
                format!("unknown attribute `{wrong}`; did you mean `{right}`?")
            );
        }
        assert_eq!(
            unknown_attribute("nmae", Struct),
            "unknown attribute `nmae`; did you mean `name`?"
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
