//! Checks relations, as far as one of the two resources shows them.

use crate::diagnostics::Diagnostics;
use crate::model::{DefaultValue, Property, Relation, Resource};
use crate::names::{Name, is_core_action, is_live_list_name, is_name};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Error, Ident};

pub(super) fn relations(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    let mut earlier: Vec<(&Property<'_>, &Relation<'_>)> = Vec::new();
    for (at, property) in resource.properties.iter().enumerate() {
        // The table of attributes reports an id that is also a parent.
        if resource.ids.contains(&at) {
            continue;
        }
        let Some(relation) = &property.relation else {
            check_attributes_without_parent(property, diagnostics);
            continue;
        };
        check_default(property, diagnostics);
        if check_parent_name(resource, property, relation, diagnostics) {
            check_distinct_at_child(property, relation, &earlier, diagnostics);
        }
        if check_children_name(relation, diagnostics) {
            check_distinct_at_parent(resource, property, relation, &earlier, diagnostics);
        }
        earlier.push((property, relation));
    }
}

/// Rejects attributes of a relation on a field without a parent.
fn check_attributes_without_parent(property: &Property<'_>, diagnostics: &mut Diagnostics) {
    // The attribute that could not be parsed may be the parent.
    if property.attributes.has_errors() {
        return;
    }
    for name in ["on_destroy", "name", "plural"] {
        let Some(keyword) = property.attributes.keyword(name) else {
            continue;
        };
        let message = match name {
            "name" => {
                "`name` names the relation and needs `parent = …`; to rename the property, write #[serde(rename = \"…\")]"
                    .to_owned()
            }
            _ => format!("`{name}` needs `parent = …` on the same field; add that, or remove `{name}`"),
        };
        diagnostics.add(keyword, message);
    }
}

/// Rejects the type's default, an empty string or zero: it is not the id of a record.
fn check_default(property: &Property<'_>, diagnostics: &mut Diagnostics) {
    if let Some(DefaultValue::TypeDefault(name)) = property.default {
        let message = "a parent needs an explicit default; write `default = …` with an id, or remove `default`: an `Option` is optional without it";
        diagnostics.add(name, message);
    }
}

/// Checks the name of the parent, which is an action of the child and a key next to its properties.
fn check_parent_name(
    resource: &Resource<'_>,
    property: &Property<'_>,
    relation: &Relation<'_>,
    diagnostics: &mut Diagnostics,
) -> bool {
    let (own, field) = (&relation.parent_name, property.ident);
    let hidden = resource
        .properties
        .iter()
        .find(|other| other.name.text == own.text);
    let message = match hidden {
        _ if !is_name(&own.text) => format!(
            "the parent's name can't be derived from `{field}`; end the field's name in `_id`, such as `album_id` for the parent `album`"
        ),
        Some(other) if other.ident == field && !ends_with_id(field) => format!(
            "`{}` would name both the property and the parent; rename the field to `{}_id`",
            own.text,
            without_id(field)
        ),
        Some(other) => format!(
            "`{field}` names the parent `{}`, which is also the name of the property `{}`; rename one of them",
            own.text, other.ident
        ),
        None => match reserved_by(own) {
            Some(by) => format!(
                "`{field}` names the parent `{}`, which is reserved for {by}; rename the field",
                own.text
            ),
            None => return true,
        },
    };
    diagnostics.push(Error::new(own.span, message));
    false
}

fn ends_with_id(field: &Ident) -> bool {
    field.to_string().ends_with("_id")
}

fn without_id(field: &Ident) -> String {
    let name = field.unraw().to_string();
    name.strip_suffix("Id").unwrap_or(&name).to_owned()
}

/// Checks the name of the children, which is an action and part of the names of others.
fn check_children_name(relation: &Relation<'_>, diagnostics: &mut Diagnostics) -> bool {
    let children = &relation.children_name;
    let Some(by) = reserved_by(children) else {
        return true;
    };
    let message = format!(
        "the children can't be named `{}`, which is reserved for {by}; write another name with `plural = \"…\"`",
        children.text
    );
    diagnostics.push(Error::new(children.span, message));
    false
}

/// The reason why a name is reserved.
fn reserved_by(name: &Name) -> Option<&'static str> {
    match &name.text {
        text if is_core_action(text) => Some("an action of every resource"),
        text if is_live_list_name(text) => Some("live lists of children"),
        _ => None,
    }
}

/// Rejects two parents of one name.
fn check_distinct_at_child(
    property: &Property<'_>,
    relation: &Relation<'_>,
    earlier: &[(&Property<'_>, &Relation<'_>)],
    diagnostics: &mut Diagnostics,
) {
    let same = earlier
        .iter()
        .find(|(_, that)| that.parent_name.text == relation.parent_name.text);
    if let Some((that, _)) = same {
        let message = format!(
            "`{}` and `{}` both name the parent `{}`; rename one of the fields",
            that.ident, property.ident, relation.parent_name.text
        );
        diagnostics.push(Error::new(relation.parent_name.span, message));
    }
}

/// Rejects two relations to one parent whose children have one name.
fn check_distinct_at_parent(
    resource: &Resource<'_>,
    property: &Property<'_>,
    relation: &Relation<'_>,
    earlier: &[(&Property<'_>, &Relation<'_>)],
    diagnostics: &mut Diagnostics,
) {
    let same = earlier.iter().find_map(|(that, other)| {
        let is_same = |one: &Name, other: &Name| one.text == other.text;
        let parent = |it: &Relation<'_>| match it.parent.get_ident() {
            Some(this) if this == "Self" => resource.ident.to_string(),
            _ => it.parent.to_token_stream().to_string(),
        };
        let shared = if is_same(&other.children_name, &relation.children_name) {
            &relation.children_name
        } else if is_same(&other.child_name, &relation.child_name) {
            &relation.child_name
        } else {
            return None;
        };
        (parent(other) == parent(relation)).then_some((that, shared))
    });
    if let Some((that, shared)) = same {
        let message = format!(
            "`{}` and `{}` have the same parent, where both relations would be named `{}`; write `name = \"…\", plural = \"…\"` on one of them",
            that.ident, property.ident, shared.text
        );
        diagnostics.add(relation.parent, message);
    }
}
