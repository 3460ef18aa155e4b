//! The syntax that several parsers of attributes share.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Error, Ident, LitStr, Meta, Result, Token, parenthesized, token};

/// Whether an attribute has this name, with any path before it or inside a `cfg_attr`.
pub(crate) fn has_name(attribute: &Attribute, name: &str) -> bool {
    let is_name = |token| matches!(token, TokenTree::Ident(ident) if ident == name);
    let path = attribute.path();
    match &attribute.meta {
        Meta::List(list) if path.is_ident("cfg_attr") => {
            list.tokens.clone().into_iter().any(is_name)
        }
        _ => path.segments.last().is_some_and(|last| last.ident == name),
    }
}

pub(super) fn parse_equals(keyword: &Ident, example: &str, input: ParseStream<'_>) -> Result<()> {
    let (name, error_span) = (keyword.unraw(), error_span(keyword, input));
    let equals = input.parse::<Token![=]>();
    let missing = |_| Error::new(error_span, format!("expected `{name} = {example}`"));
    equals.map(drop).map_err(missing)
}

pub(super) fn parse_string(
    keyword: &Ident,
    example: &str,
    input: ParseStream<'_>,
) -> Result<LitStr> {
    parse_equals(keyword, example, input)?;
    let (name, error_span) = (keyword.unraw(), error_span(keyword, input));
    let wrong = format!("`{name}` must be a string; write `{name} = {example}`");
    input.parse().map_err(|_| Error::new(error_span, wrong))
}

/// The span for an error in the next token: that token, or the keyword if there is none.
pub(super) fn error_span(keyword: &Ident, input: ParseStream<'_>) -> Span {
    if input.is_empty() {
        keyword.span()
    } else {
        input.span()
    }
}

/// Parses the parentheses after a keyword with `read`. After an error the rest of them is skipped, so
/// that it is not reported as a second error.
pub(super) fn in_parentheses<T>(
    keyword: &Ident,
    example: &str,
    input: ParseStream<'_>,
    read: impl FnOnce(ParseStream<'_>) -> Result<T>,
) -> Result<T> {
    if !input.peek(token::Paren) {
        let message = format!("expected `{}({example})`", keyword.unraw());
        return Err(Error::new(error_span(keyword, input), message));
    }
    let inside;
    parenthesized!(inside in input);
    let read = read(&inside);
    if read.is_err() {
        inside.parse::<TokenStream>()?;
    }
    read
}
