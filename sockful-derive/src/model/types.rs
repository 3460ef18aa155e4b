//! Properties of a type that its syntax shows.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Type;

/// The type without parentheses, and without the invisible groups of `macro_rules`.
pub(crate) fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        ty => ty,
    }
}

/// Whether a type contains a reference.
pub(crate) fn contains_reference(ty: &Type) -> bool {
    any(
        ty.to_token_stream(),
        &|token, _| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '&'),
    )
}

/// Whether a type borrows for less than `'static`.
pub(crate) fn borrows(ty: &Type) -> bool {
    any(ty.to_token_stream(), &|token, next| match token {
        TokenTree::Punct(punct) if punct.as_char() == '&' => !is_lifetime(next),
        TokenTree::Punct(punct) if punct.as_char() == '\'' => {
            next.is_some_and(|name| name.to_string() != "static")
        }
        _ => false,
    })
}

fn is_lifetime(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == '\'')
}

/// Whether a type contains a keyword such as `impl`.
pub(crate) fn contains_keyword(ty: &Type, keyword: &str) -> bool {
    any(
        ty.to_token_stream(),
        &|token, _| matches!(token, TokenTree::Ident(ident) if ident == keyword),
    )
}

/// Whether `is` is true for a token and the one after it.
fn any(tokens: TokenStream, is: &impl Fn(&TokenTree, Option<&TokenTree>) -> bool) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(group) => any(group.stream(), is),
        token => is(token, tokens.get(at + 1)),
    })
}
