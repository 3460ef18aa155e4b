//! Reads `#[can(…)]`, which makes a method a policy.

use super::hook;
use super::syntax::has_name;
use crate::diagnostics::Diagnostics;
use syn::{Attribute, Ident};

/// The policy attributes of one method, merged.
#[derive(Debug, Default)]
pub(crate) struct PolicyAttributes {
    pub(crate) actions: Vec<Ident>,
}

impl PolicyAttributes {
    pub(crate) fn of(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Self {
        let own = attributes.iter().filter(|it| is_policy_attribute(it));
        let each = own.filter_map(|attribute| {
            let ask =
                "`can` needs at least one action, such as #[can(read)] or #[can(create, update)]";
            diagnostics.ok(hook::parse_actions(attribute, "can", ask))
        });
        let actions = each.flatten().collect();
        Self { actions }
    }
}

/// Whether an attribute is `#[can]`, even if it is written with a path or in a `cfg_attr`.
pub(crate) fn is_policy_attribute(attribute: &Attribute) -> bool {
    has_name(attribute, "can")
}
