//! Reads `#[can(…)]`, which makes a method of the block a policy.

use super::hook::actions;
use super::syntax::holds_words;
use crate::diagnostics::Diagnostics;
use syn::{Attribute, Ident};

/// What the attributes of a method say that it decides; several are one.
#[derive(Debug, Default)]
pub(crate) struct PolicyWords {
    pub(crate) grants: Vec<Ident>,
}

impl PolicyWords {
    pub(crate) fn of(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Self {
        let own = attributes.iter().filter(|it| is_of_policy(it));
        let each = own.filter_map(|attribute| {
            let ask = "say what it decides: write #[can(read)], or #[can(create, update)]";
            diagnostics.ok(actions(attribute, "can", ask))
        });
        let grants = each.flatten().collect();
        Self { grants }
    }
}

/// Whether an attribute is one of a policy, or looks like it.
pub(crate) fn is_of_policy(attribute: &Attribute) -> bool {
    holds_words(attribute, "can")
}
