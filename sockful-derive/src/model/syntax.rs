//! What both macros read off the nodes of the syntax tree.

use crate::attributes::{Attributes, has_name};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Path};

/// Where the expansion finds the crate.
#[derive(Debug)]
pub(crate) struct Paths {
    /// The two imports below, to stand where nobody else's names are.
    pub(crate) imports: TokenStream,
    /// What only the macros use, from anywhere.
    pub(crate) rooted: TokenStream,
    /// What only the macros use.
    pub(crate) private: TokenStream,
    /// What may show up in messages of the compiler.
    pub(crate) must: TokenStream,
}

impl Paths {
    /// The paths under `::sockful`, or under the one that the words give.
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
            imports: quote_spanned!(mixed=> use #root::{__private, must as __must};),
            rooted: quote_spanned!(mixed=> #root::__private),
            private: Self::private_at(mixed),
            must: Self::must_at(mixed),
        }
    }

    /// [`private`](Self::private), to be shown at `span` in messages.
    pub(crate) fn private_at(span: Span) -> TokenStream {
        quote_spanned!(span.resolved_at(Span::mixed_site())=> __private)
    }

    /// [`must`](Self::must), to be shown at `span` in messages.
    pub(crate) fn must_at(span: Span) -> TokenStream {
        quote_spanned!(span.resolved_at(Span::mixed_site())=> __must)
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

/// The `#[cfg(…)]` among `attributes`: what is made of a conditional item is under the same condition.
pub(crate) fn cfg_attributes(attributes: &[Attribute]) -> Vec<&Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect()
}

/// The attributes without those called `name`, which the compiler does not know.
pub(crate) fn without_attribute(attributes: &[Attribute], name: &str) -> Vec<Attribute> {
    attributes
        .iter()
        .filter(|attribute| !has_name(attribute, name))
        .cloned()
        .collect()
}
