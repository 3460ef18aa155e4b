//! Expands the items next to errors, so that one mistake gives one error.

use super::remote::block;
use super::resource::public_items;
use super::{changes, fields};
use crate::model::{Block, Resource};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Error;
use syn::ext::IdentExt;

/// Expands the two structs and a stub of the resource.
pub(crate) fn resource(resource: &Resource<'_>, errors: TokenStream) -> TokenStream {
    if !resource.is_valid {
        return errors;
    }
    let (ident, private) = (resource.ident, &resource.paths.private);
    let imports = &resource.paths.imports;
    let structs = [changes::changes(resource), fields::fields(resource)];
    let public_items = public_items(resource);
    let (name, title) = (&resource.name.text, ident.unraw().to_string());
    let (new, patch) = changes::names(resource);
    let id = resource
        .ids
        .first()
        .map(|&at| resource.properties[at].ty.to_token_stream());
    let id = id.unwrap_or_else(|| quote_spanned!(Span::mixed_site()=> ::core::primitive::u64));
    quote_spanned! {Span::mixed_site()=>
        #errors
        #(#structs)*
        const _: () = {
            #imports
            #[automatically_derived]
            impl #private::Resource for #ident {
                type Id = #id;
                type New = #new;
                type Patch = #patch;
                const NAME: &'static str = #name;
                const DEFINITION: &'static #private::ResourceDef = &#private::ResourceDef::stub(#name, #title);
                fn read(_: &mut #private::Reader<'_>) -> #private::Option<Self> {
                    #private::None
                }
                fn write(&self, _: &mut #private::Writer) {}
            }
            #[automatically_derived]
            impl #private::Changes for #new {
                fn write(&self, _: &mut #private::PayloadWriter) {}
            }
            #[automatically_derived]
            impl #private::Changes for #patch {
                fn write(&self, _: &mut #private::PayloadWriter) {}
            }
            #public_items
        };
    }
}

/// Expands the block, so that editors still know its methods.
pub(crate) fn remote(of: &Block<'_>, errors: &TokenStream) -> TokenStream {
    let item = block(of.item);
    quote_spanned!(Span::mixed_site()=> #item #errors)
}

/// Expands the item unchanged, with an error that it is not an impl block.
pub(crate) fn not_a_block(item: &TokenStream) -> TokenStream {
    let message =
        "`#[remote]` belongs on an impl block of a resource, such as `impl Creature { … }`";
    unchanged(item, message)
}

/// Expands the item unchanged, with an error about the place of the macro.
pub(crate) fn unchanged(item: &TokenStream, message: &str) -> TokenStream {
    let error = Error::new(Span::call_site(), message).into_compile_error();
    quote_spanned!(Span::mixed_site()=> #item #error)
}
