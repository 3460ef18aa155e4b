//! Helpers for the syntax tree that several macros share.

use crate::attributes::{Attributes, has_name};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Path};

/// The paths under which the expansion finds the crate.
#[derive(Debug)]
pub(crate) struct Paths {
    /// Imports `private` and `bounds` into the scope of the expansion.
    pub(crate) imports: TokenStream,
    /// The private module, as a path that works in every scope.
    pub(crate) rooted: TokenStream,
    /// The private module, where it is imported.
    pub(crate) private: TokenStream,
    /// The module of bounds that may appear in compiler messages.
    pub(crate) bounds: TokenStream,
}

impl Paths {
    /// The paths under `::sockful`, or under the `crate` attribute.
    pub(crate) fn of(attributes: &Attributes) -> Self {
        Self::under(attributes.path("crate"))
    }

    /// The paths under `root`, or under `::sockful`.
    pub(crate) fn under(root: Option<&Path>) -> Self {
        let mixed = Span::mixed_site();
        let root = root.map_or_else(
            || quote_spanned!(mixed=> ::sockful),
            ToTokens::to_token_stream,
        );
        Self {
            imports: quote_spanned!(mixed=> use #root::{__private, macro_support as __bounds};),
            rooted: quote_spanned!(mixed=> #root::__private),
            private: Self::private_at(mixed),
            bounds: Self::bounds_at(mixed),
        }
    }

    /// [`private`](Self::private), reported at `span` in messages.
    pub(crate) fn private_at(span: Span) -> TokenStream {
        quote_spanned!(span.resolved_at(Span::mixed_site())=> __private)
    }

    /// [`bounds`](Self::bounds), reported at `span` in messages.
    pub(crate) fn bounds_at(span: Span) -> TokenStream {
        quote_spanned!(span.resolved_at(Span::mixed_site())=> __bounds)
    }
}

/// The text of a doc comment.
pub(crate) fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        });
    let lines: Vec<String> = lines
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).to_owned())
        .collect();
    lines.join("\n").trim().to_owned()
}

/// The `#[cfg(…)]` attributes, which generated code repeats for a conditional item.
pub(crate) fn cfg_attributes(attributes: &[Attribute]) -> Vec<&Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect()
}

/// Removes the attributes called `name`, which the compiler does not know.
pub(crate) fn without_attribute(attributes: &[Attribute], name: &str) -> Vec<Attribute> {
    attributes
        .iter()
        .filter(|attribute| !has_name(attribute, name))
        .cloned()
        .collect()
}
