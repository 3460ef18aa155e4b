//! Checks the declared events.

use crate::diagnostics::Diagnostics;
use crate::model::Resource;
use crate::names::{camel_case, is_name, is_reserved_event};
use syn::Error;

pub(super) fn events(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    check_camel_case(resource, diagnostics);
    check_reserved_names(resource, diagnostics);
    check_distinct(resource, diagnostics);
}

/// Requires camelCase: clients in every language listen to the name as it is.
fn check_camel_case(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    for name in resource.events.iter().map(|event| &event.name) {
        let camel = camel_case(&name.text);
        if camel == name.text {
            continue;
        }
        let right = if is_name(&camel) { &camel } else { "roared" };
        let message = format!(
            "the event name `{}` is not in camelCase; write `{right}`",
            name.text
        );
        diagnostics.push(Error::new(name.span, message));
    }
}

/// Rejects names of the events that every resource has.
fn check_reserved_names(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    for name in resource.events.iter().map(|event| &event.name) {
        if is_reserved_event(&name.text) {
            let message = format!(
                "`{}` is reserved by the protocol; rename the event",
                name.text
            );
            diagnostics.push(Error::new(name.span, message));
        }
    }
}

/// Requires distinct names and types: the type alone identifies an emitted event.
fn check_distinct(resource: &Resource<'_>, diagnostics: &mut Diagnostics) {
    for (at, event) in resource.events.iter().enumerate() {
        let earlier = &resource.events[..at];
        let name = &event.name;
        if earlier.iter().any(|that| that.name.text == name.text) {
            let message = format!("duplicate event `{}`; rename one of them", name.text);
            diagnostics.push(Error::new(name.span, message));
        } else if let Some(that) = earlier
            .iter()
            .find(|that| that.type_name() == event.type_name())
        {
            let message = format!(
                "`{}` is already the payload type of `{}`; use a separate type for `{}`",
                event.type_name(),
                that.name.text,
                name.text
            );
            diagnostics.add(event.ty, message);
        }
    }
}
