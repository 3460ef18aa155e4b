//! The codecs of properties and parameters, each with its default.

use super::tokens::{mixed, without_self};
use crate::model::{Access, Default, Parameter, Paths, Property};
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Expr, ExprLit, Lit, LitStr};

/// The codec of a property that is not the id.
pub(super) fn of_property(
    property: &Property<'_>,
    paths: &Paths,
    this: &TokenStream,
) -> TokenStream {
    let must = &paths.must;
    let ty = without_self(property.ty, this);
    let codec = of_field(&ty, paths);
    match &property.default {
        Some(default) => with_default(&codec, default, &ty, this),
        None if property.access == Access::Open => codec,
        None => quote_spanned!(mixed()=> #must::kept::<#ty>(#codec)),
    }
}

/// The codec of a field's type.
pub(super) fn of_field(ty: &TokenStream, paths: &Paths) -> TokenStream {
    let must = &paths.must;
    quote_spanned!(mixed()=> #must::field::<#ty>(#must::Field::<#ty>::CODEC))
}

/// The codec of a parameter.
pub(super) fn of_parameter(
    parameter: &Parameter<'_>,
    paths: &Paths,
    this: &TokenStream,
) -> TokenStream {
    let must = &paths.must;
    let ty = without_self(parameter.ty, this);
    let codec = quote_spanned!(mixed()=> #must::property::<#ty>());
    match &parameter.default {
        Some(default) => with_default(&codec, default, &ty, this),
        None => codec,
    }
}

fn with_default(
    codec: &TokenStream,
    default: &Default<'_>,
    ty: &TokenStream,
    this: &TokenStream,
) -> TokenStream {
    let default = match default {
        Default::OfType(word) => {
            quote_spanned!(word.span()=> <#ty as ::core::default::Default>::default)
        }
        Default::Written(expression) => {
            let value = match text_of(expression) {
                // All of it at the text's own place, which shortens the message if it does not fit.
                Some(text) => quote_spanned!(text.span()=> __must::text(#text)),
                None => without_self(expression, this),
            };
            quote_spanned!(mixed()=> || -> #ty { #value })
        }
    };
    quote_spanned!(mixed()=> #codec.with_default(#default))
}

/// The text that an expression is, also where it comes out of a `macro_rules`.
fn text_of(expression: &Expr) -> Option<&LitStr> {
    match expression {
        Expr::Group(group) => text_of(&group.expr),
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text),
        _ => None,
    }
}
