//! Checks a resource as a whole.

use super::events::events;
use super::relations::relations;
use super::rules::rules;
use crate::attributes::conflicts_of;
use crate::diagnostics::Diagnostics;
use crate::model::{Managed, Property, Resource, contains_reference};
use crate::names::{is_name, is_property_name};
use syn::Error;
use syn::ext::IdentExt;

pub(crate) fn resource(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    check_name(resource, diagnostics);
    // For an enum or a generic struct that error is the only one.
    if resource.is_valid {
        check_single_id(resource, diagnostics);
        check_implicit_id(resource, diagnostics);
        check_owned_types(resource, diagnostics);
        check_property_names(resource, diagnostics);
        check_distinct_names(resource, diagnostics);
        check_renamed_from(resource, diagnostics);
        check_managed_once(resource, diagnostics);
        relations(resource, diagnostics);
        events(resource, diagnostics);
        for property in &resource.properties {
            rules(&property.rules, property.ty, property.default, diagnostics);
        }
    }
}

/// Rejects `sockful`, which addresses frames of the protocol itself.
fn check_name(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    if resource.name.text == "sockful" {
        let message =
            "the resource name `sockful` is reserved; write another with #[resource(name = \"…\")]";
        diagnostics.push(Error::new(resource.name.span, message));
    } else if !is_name(&resource.name.text) {
        let message = "the wire name can't be derived from this identifier; write one with #[resource(name = \"…\")]";
        diagnostics.push(Error::new(resource.name.span, message));
    }
}

/// Requires exactly one id.
fn check_single_id(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    match resource.ids.as_slice() {
        [] => {
            let message = format!(
                "`{}` has no id; name a field `id`, or mark one with #[resource(id)]",
                resource.ident.unraw()
            );
            diagnostics.add(resource.ident, message);
        }
        [first, more @ ..] => {
            for &other in more {
                let first = resource.properties[*first].ident;
                let keyword = resource.properties[other].attributes.keyword("id");
                diagnostics.add(
                    keyword,
                    format!("`{first}` is already the id; remove one #[resource(id)]"),
                );
            }
        }
    }
}

/// Checks an id that has no `id` attribute, so the table of attributes does not see it.
fn check_implicit_id(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    let Some(id) = resource.ids.first().map(|&at| &resource.properties[at]) else {
        return;
    };
    if id.attributes.has("id") {
        return;
    }
    for (other, why) in conflicts_of("id") {
        if let Some(keyword) = id.attributes.keyword(other) {
            diagnostics.add(keyword, format!("`{other}` can't be used on the id: {why}"));
        }
    }
}

/// Rejects borrowed types: there is nothing to borrow from when a record is decoded.
fn check_owned_types(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    for property in resource
        .properties
        .iter()
        .filter(|it| contains_reference(it.ty))
    {
        let message = "a property can't borrow; write an owned type, such as `String`";
        diagnostics.add(property.ty, message);
    }
}

/// Rejects names that need escapes in frames, or begin with `$` like query operators.
fn check_property_names(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    for property in &resource.properties {
        let Property { name, .. } = property;
        if !is_property_name(&name.text) {
            let message = format!(
                "invalid property name {:?}; use one without quotes, backslashes, control characters and a leading `$`",
                name.text
            );
            diagnostics.push(Error::new(name.span, message));
        }
    }
}

/// Rejects two properties of one name.
fn check_distinct_names(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    for (at, property) in resource.properties.iter().enumerate() {
        let earlier = resource.properties[..at]
            .iter()
            .find(|earlier| earlier.name.text == property.name.text);
        if let Some(earlier) = earlier {
            let message = format!(
                "`{}` and `{}` have the same wire name `{}`; rename one of them",
                earlier.ident, property.ident, property.name.text
            );
            diagnostics.push(Error::new(property.name.span, message));
        }
    }
}

/// Requires that a former name belongs to one property only.
fn check_renamed_from(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    let mut older = resource.renamed_from.iter();
    if let Some(name) = older.find(|it| it.text == resource.name.text) {
        let message = "`renamed_from` is the current name; write the former name";
        diagnostics.push(Error::new(name.span, message));
    }
    let older = |property: &Property<'_>| property.attributes.names("renamed_from").to_vec();
    let properties = resource.properties.iter().enumerate();
    let names = properties.flat_map(|(at, property)| {
        let names = older(property).into_iter();
        names.map(move |name| (at, property, name))
    });
    for (at, property, name) in names {
        let is_taken = |it: &&Property<'_>| it.name.text == name.text;
        let is_claimed = |it: &&Property<'_>| older(it).iter().any(|it| it.text == name.text);
        let taken = resource.properties.iter().find(is_taken);
        let claimed = resource.properties[..at].iter().find(is_claimed);
        let message = match (taken, claimed) {
            (Some(it), _) if it.ident == property.ident => {
                "`renamed_from` is the current name; write the former name".to_owned()
            }
            (Some(it), _) => format!(
                "`{}` is currently named `{}`, so stored values under that name can't belong to another property",
                it.ident, name.text
            ),
            (None, Some(it)) => format!(
                "`{}` is already renamed from `{}`; a stored value can move to one property only",
                it.ident, name.text
            ),
            (None, None) => continue,
        };
        diagnostics.push(Error::new(name.span, message));
    }
}

/// Rejects a second property with the same managed value.
fn check_managed_once(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    for (name, kept) in Managed::ALL {
        let mut keeping = resource
            .properties
            .iter()
            .filter(|it| it.managed == Some(kept));
        let Some(first) = keeping.next() else {
            continue;
        };
        for other in keeping {
            let message = format!("`{}` is already `{name}`; remove one", first.ident);
            diagnostics.add(other.attributes.keyword(name), message);
        }
    }
}
