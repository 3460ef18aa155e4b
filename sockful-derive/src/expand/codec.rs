//! Expands the codecs of properties and parameters with their defaults.

use super::rules;
use super::tokens::{mixed, replace_self};
use crate::model::{
    Access, DefaultValue, Managed, Parameter, Paths, Property, is_constant, str_literal,
};
use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

/// The codec of a property that is not the id.
pub(super) fn of_property(
    property: &Property<'_>,
    paths: &Paths,
    this: &TokenStream,
) -> TokenStream {
    let bounds = &paths.bounds;
    let ty = replace_self(property.ty, this);
    // The relation already requires a type that can be looked up.
    let is_looked_up = property.relation.is_none()
        && (property.attributes.has("unique") || property.attributes.has("index"));
    let codec = match property.managed {
        _ if property.attributes.has("wide") => quote_spanned!(mixed()=> #bounds::wide::<#ty>()),
        None if is_looked_up => {
            let codec = of_field(&ty, paths);
            quote_spanned!(mixed()=> #bounds::indexed::<#ty>(#codec))
        }
        None => of_field(&ty, paths),
        Some(Managed::CreatedAt | Managed::UpdatedAt) => {
            let codec = of_field(&ty, paths);
            return quote_spanned!(mixed()=> #bounds::timestamp::<#ty>(#codec));
        }
        Some(Managed::Rev) => {
            let codec = of_field(&ty, paths);
            return quote_spanned!(mixed()=> #bounds::revision::<#ty>(#codec));
        }
    };
    let codec = rules::wrap_codec(codec, &property.rules, &ty, paths, this);
    match (&property.default, property.access) {
        (Some(default), _) => with_default(&codec, default, &ty, this),
        (None, Access::ReadOnly | Access::Private) => {
            quote_spanned!(mixed()=> #bounds::optional::<#ty>(#codec))
        }
        (None, Access::Open | Access::WriteOnly | Access::Immutable) => codec,
    }
}

/// The codec of a field's type.
pub(super) fn of_field(ty: &TokenStream, paths: &Paths) -> TokenStream {
    let bounds = &paths.bounds;
    quote_spanned!(mixed()=> #bounds::field::<#ty>(#bounds::FieldCodec::<#ty>::CODEC))
}

/// The codec of a parameter.
pub(super) fn of_parameter(
    parameter: &Parameter<'_>,
    paths: &Paths,
    this: &TokenStream,
) -> TokenStream {
    let bounds = &paths.bounds;
    let ty = replace_self(parameter.ty, this);
    if parameter.is_payload {
        return quote_spanned!(mixed()=> #bounds::payload::<#ty>());
    }
    let codec = if parameter.is_wide {
        quote_spanned!(mixed()=> #bounds::wide::<#ty>())
    } else {
        quote_spanned!(mixed()=> #bounds::param::<#ty>())
    };
    let codec = rules::wrap_codec(codec, &parameter.rules, &ty, paths, this);
    match &parameter.default {
        Some(default) => with_default(&codec, default, &ty, this),
        None => codec,
    }
}

fn with_default(
    codec: &TokenStream,
    default: &DefaultValue<'_>,
    ty: &TokenStream,
    this: &TokenStream,
) -> TokenStream {
    let with = match default {
        DefaultValue::Expr(expression) if !is_constant(expression) => "with_computed_default",
        _ => "with_default",
    };
    let with = Ident::new(with, mixed());
    let default = match default {
        DefaultValue::TypeDefault(keyword) => {
            quote_spanned!(keyword.span()=> <#ty as ::core::default::Default>::default)
        }
        DefaultValue::Expr(expression) => {
            let value = match str_literal(expression) {
                // With the span of the string, which shortens the message if it does not fit.
                Some(text) => quote_spanned!(text.span()=> __bounds::text_default(#text)),
                None => replace_self(expression, this),
            };
            quote_spanned!(mixed()=> || -> #ty { #value })
        }
    };
    quote_spanned!(mixed()=> #codec.#with(#default))
}
