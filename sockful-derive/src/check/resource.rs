//! What a resource must be beyond what each of its words says.

use super::events::events;
use super::relations::relations;
use super::rules::rules;
use crate::attributes::excluded_by;
use crate::diagnostics::Diagnostics;
use crate::model::{Kept, Property, Resource, mentions_a_borrow};
use crate::names::{is_name, is_plain};
use syn::Error;
use syn::ext::IdentExt;

pub(crate) fn resource(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    name_is_not_ours(resource, diagnostics);
    // Of an enum or a generic struct there is no more to say than that.
    if resource.sound {
        one_id(resource, diagnostics);
        id_is_as_an_id_must_be(resource, diagnostics);
        values_are_owned(resource, diagnostics);
        names_are_plain(resource, diagnostics);
        names_differ(resource, diagnostics);
        older_names_are_free(resource, diagnostics);
        each_is_kept_once(resource, diagnostics);
        relations(resource, diagnostics);
        events(resource, diagnostics);
        for property in &resource.properties {
            rules(&property.rules, property.ty, property.default, diagnostics);
        }
    }
}

/// Frames of the protocol itself are addressed to `sockful`.
fn name_is_not_ours(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    if resource.name.text == "sockful" {
        let message = "`sockful` is the name of the protocol's own frames; write #[resource(name = \"…\")] with another";
        diagnostics.adopt(Error::new(resource.name.span, message));
    } else if !is_name(&resource.name.text) {
        let message = "this gives no name that a client could write; write #[resource(name = \"…\")] with one";
        diagnostics.adopt(Error::new(resource.name.span, message));
    }
}

/// Without an id no record could be addressed, with two it would be unclear by which.
fn one_id(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    match resource.ids.as_slice() {
        [] => {
            let message = format!(
                "`{}` has no id; call a field `id`, or mark one with #[resource(id)]",
                resource.ident.unraw()
            );
            diagnostics.add(resource.ident, message);
        }
        [first, more @ ..] => {
            for &other in more {
                let first = resource.properties[*first].ident;
                let spelt = resource.properties[other].words.spelt("id");
                diagnostics.add(
                    spelt,
                    format!("`{first}` is the id already; keep one #[resource(id)]"),
                );
            }
        }
    }
}

/// A field that is the id by its name has no word `id` for the table of words to see.
fn id_is_as_an_id_must_be(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    let Some(id) = resource.ids.first().map(|&at| &resource.properties[at]) else {
        return;
    };
    if id.words.has("id") {
        return;
    }
    for (other, why) in excluded_by("id") {
        if let Some(spelt) = id.words.spelt(other) {
            diagnostics.add(spelt, format!("`{other}` can't stand on the id: {why}"));
        }
    }
}

/// A record is made anew from its text each time it is read, so there is nothing to borrow from.
fn values_are_owned(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    for property in resource
        .properties
        .iter()
        .filter(|it| mentions_a_borrow(it.ty))
    {
        let message = "a property can't borrow; write a type that owns its value, such as `String`";
        diagnostics.add(property.ty, message);
    }
}

/// Names are written into frames as they are, and `$` begins the operators of a query.
fn names_are_plain(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    for property in &resource.properties {
        let Property { name, .. } = property;
        if !is_plain(&name.text) {
            let message = format!(
                "{:?} can't be the name of a property; write one without quotes, backslashes, control characters and a `$` in front",
                name.text
            );
            diagnostics.adopt(Error::new(name.span, message));
        }
    }
}

/// Of two properties with one name a payload could give one only.
fn names_differ(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    for (at, property) in resource.properties.iter().enumerate() {
        let earlier = resource.properties[..at]
            .iter()
            .find(|earlier| earlier.name.text == property.name.text);
        if let Some(earlier) = earlier {
            let message = format!(
                "`{}` and `{}` are both called `{}` on the wire; give one of them another name",
                earlier.ident, property.ident, property.name.text
            );
            diagnostics.adopt(Error::new(property.name.span, message));
        }
    }
}

/// What was stored under a name can become one property only.
fn older_names_are_free(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    let older = |property: &Property<'_>| property.words.name("renamed_from").cloned();
    if let Some(name) = resource
        .renamed_from
        .filter(|it| it.text == resource.name.text)
    {
        let message = "this is what it is called now; write the name that it had before";
        diagnostics.adopt(Error::new(name.span, message));
    }
    for (at, property) in resource.properties.iter().enumerate() {
        let Some(name) = older(property) else {
            continue;
        };
        let is_taken = |it: &&Property<'_>| it.name.text == name.text;
        let is_claimed = |it: &&Property<'_>| older(it).is_some_and(|it| it.text == name.text);
        let taken = resource.properties.iter().find(is_taken);
        let claimed = resource.properties[..at].iter().find(is_claimed);
        let message = match (taken, claimed) {
            (Some(it), _) if it.ident == property.ident => {
                "this is what it is called now; write the name that it had before".to_owned()
            }
            (Some(it), _) => format!(
                "`{}` is called `{}` now, so nothing that is stored by that name is of another property",
                it.ident, name.text
            ),
            (None, Some(it)) => format!(
                "`{}` was `{}` already; what was stored can become one property only",
                it.ident, name.text
            ),
            (None, None) => continue,
        };
        diagnostics.adopt(Error::new(name.span, message));
    }
}

/// A second property of the same would say the same.
fn each_is_kept_once(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    for (word, kept) in Kept::ALL {
        let mut keeping = resource
            .properties
            .iter()
            .filter(|it| it.kept == Some(kept));
        let Some(first) = keeping.next() else {
            continue;
        };
        for other in keeping {
            let message = format!("`{}` is `{word}` already; keep one", first.ident);
            diagnostics.add(other.words.spelt(word), message);
        }
    }
}
