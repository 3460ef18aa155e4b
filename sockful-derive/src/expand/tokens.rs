//! Helpers for spans and for `Self`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};

/// The span of the macro's definition, with which locals are hygienic.
pub(super) fn mixed() -> Span {
    Span::mixed_site()
}

/// The constant that holds the codec of the property at `position`.
///
/// Constants are not hygienic, so the name has underscores; a local of the same name would be parsed as
/// a pattern with the constant.
pub(super) fn constant(position: usize) -> Ident {
    format_ident!("__{position}", span = mixed())
}

/// The local that holds the value at `position`.
pub(super) fn value(position: usize) -> Ident {
    format_ident!("value{position}", span = mixed())
}

/// Replaces `Self` by `this`, because nested items cannot use `Self`. Messages are reported where `Self`
/// is written.
pub(super) fn replace_self(tokens: impl ToTokens, this: &TokenStream) -> TokenStream {
    let replaced = tokens
        .into_token_stream()
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if ident == "Self" => relocated(this.clone(), ident.span()),
            TokenTree::Group(group) => {
                let mut replaced =
                    Group::new(group.delimiter(), replace_self(group.stream(), this));
                replaced.set_span(group.span());
                TokenTree::Group(replaced).into()
            }
            token => token.into(),
        });
    replaced.collect()
}

/// Moves `tokens` to `span`, where messages are reported.
pub(super) fn relocated(tokens: TokenStream, span: Span) -> TokenStream {
    let moved = tokens.into_iter().map(|mut token| {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), relocated(group.stream(), span)).into();
        }
        token.set_span(token.span().located_at(span));
        token
    });
    moved.collect()
}

/// The first and the last span of `tokens`. The compiler reports a template from its first token to its
/// last one.
pub(super) fn ends(tokens: &TokenStream) -> (Span, Span) {
    let mut spans = tokens.clone().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(mixed);
    let last = spans.last().unwrap_or(first);
    (first.resolved_at(mixed()), last.resolved_at(mixed()))
}

/// Wraps `tokens` in parentheses, the closing one at `span`.
pub(super) fn parenthesize(tokens: TokenStream, span: Span) -> TokenTree {
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(span);
    group.into()
}
