//! Expands `XFields` and `X::FIELDS`, the names that queries are built from.

use super::changes::{allowed_lints, field_doc};
use super::tokens::{mixed, replace_self};
use crate::model::{Managed, Resource};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt;

fn name(resource: &Resource<'_>) -> Ident {
    format_ident!(
        "{}Fields",
        resource.ident.unraw(),
        span = resource.ident.span()
    )
}

/// Expands the struct.
pub(crate) fn fields(resource: &Resource<'_>) -> TokenStream {
    let (name, ident, vis) = (name(resource), resource.ident, resource.vis);
    let (private, this) = (&resource.paths.rooted, ident.to_token_stream());
    let doc = format!(
        "The properties of a [`{}`], for building queries.",
        ident.unraw()
    );
    let fields = resource.properties.iter().map(|property| {
        let (field, doc) = (property.ident, field_doc(property));
        let ty = replace_self(property.ty, &this);
        let ty = match property.managed {
            _ if property.attributes.has("wide") => {
                quote_spanned!(mixed()=> #private::Decimal<#ty>)
            }
            Some(Managed::CreatedAt | Managed::UpdatedAt) => {
                quote_spanned!(mixed()=> #private::Time<#ty>)
            }
            Some(Managed::Rev) | None => ty,
        };
        let parent = property.relation.as_ref().map(|relation| {
            let parent = replace_self(relation.parent, &this);
            quote_spanned!(mixed()=> , #private::ParentId<#parent>)
        });
        quote_spanned!(mixed()=> #doc #vis #field: #private::Field<#ident, #ty #parent>)
    });
    let allowed_lints = allowed_lints();
    quote_spanned! {mixed()=>
        #[doc = #doc]
        #allowed_lints
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #vis struct #name { #(#fields),* }
    }
}

/// Expands the constant, where `__private` is imported.
pub(crate) fn constant(resource: &Resource<'_>) -> TokenStream {
    let (name, ident, vis) = (name(resource), resource.ident, resource.vis);
    let private = &resource.paths.private;
    let fields = resource.properties.iter().map(|property| property.ident);
    let positions = 0..resource.properties.len();
    quote_spanned! {mixed()=>
        #[allow(dead_code, private_interfaces, unreachable_pub)]
        impl #ident {
            /// The properties, to build queries from.
            #vis const FIELDS: #name = #name { #(#fields: #private::Field::at(#positions)),* };
        }
    }
}
