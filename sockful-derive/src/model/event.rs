//! An event that a resource declares.

use super::syntax::doc;
use crate::attributes::{Attributes, EventArg};
use crate::names::Name;
use quote::ToTokens;
use syn::Type;
use syn::ext::IdentExt;

/// An event and the type of its data.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) name: Name,
    pub(crate) doc: String,
    pub(crate) ty: &'a Type,
}

impl<'a> Event<'a> {
    /// The events that the attributes of a struct declare.
    pub(crate) fn all(attributes: &'a Attributes) -> Vec<Self> {
        attributes.events().iter().map(Self::of).collect()
    }

    fn of(arg: &'a EventArg) -> Self {
        Self {
            name: Name {
                text: arg.name.unraw().to_string(),
                span: arg.name.span(),
            },
            doc: doc(&arg.attributes),
            ty: &arg.ty,
        }
    }

    /// The type as written, without spaces.
    pub(crate) fn type_name(&self) -> String {
        let tokens = self.ty.to_token_stream().to_string();
        tokens.split_whitespace().collect()
    }
}
