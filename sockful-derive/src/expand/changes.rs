//! Expands `NewX` and `XPatch`, the inputs of creating and updating a resource.

use super::tokens::{constant, mixed, replace_self};
use crate::model::{Property, Resource};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Meta};

/// The names of the two structs.
pub(crate) fn names(resource: &Resource<'_>) -> (Ident, Ident) {
    let (title, span) = (resource.ident.unraw(), resource.ident.span());
    let name_or = |given: Option<&Ident>, name: Ident| given.cloned().unwrap_or(name);
    (
        name_or(resource.new, format_ident!("New{title}", span = span)),
        name_or(resource.patch, format_ident!("{title}Patch", span = span)),
    )
}

/// Expands the two structs.
pub(crate) fn changes(resource: &Resource<'_>) -> TokenStream {
    let vis = resource.vis;
    let (new, patch) = names(resource);
    let title = resource.ident.unraw();
    let new_doc = format!(
        "The properties to create a [`{title}`] with. A property that is `None` gets its default."
    );
    let patch_doc = format!(
        "The properties of a [`{title}`] to change. A property that is `None` keeps its value."
    );
    let allowed_lints = allowed_lints();
    let properties = || settable_properties(resource);
    let new_fields =
        properties().map(|(at, property)| field(resource, property, is_optional(resource, at)));
    let patch_fields = properties()
        .filter(|(at, _)| Some(*at) != resource.id())
        .map(|(_, property)| field(resource, property, true));
    quote_spanned! {mixed()=>
        #[doc = #new_doc]
        #allowed_lints
        #vis struct #new { #(#new_fields),* }
        #[doc = #patch_doc]
        #allowed_lints
        #[derive(::core::default::Default)]
        #vis struct #patch { #(#patch_fields),* }
    }
}

/// Allows lints that the user cannot set on generated structs.
pub(super) fn allowed_lints() -> TokenStream {
    quote_spanned! {mixed()=>
        #[allow(
            dead_code, deprecated, non_camel_case_types, non_snake_case, private_interfaces,
            unreachable_pub, clippy::all, clippy::pedantic, rustdoc::broken_intra_doc_links,
        )]
    }
}

/// The properties that clients or the application set: all except the managed ones.
fn settable_properties<'a>(
    resource: &'a Resource<'a>,
) -> impl Iterator<Item = (usize, &'a Property<'a>)> {
    let properties = resource.properties.iter().enumerate();
    properties.filter(|(_, property)| property.managed.is_none())
}

/// Whether a new record can omit the property at `at`.
fn is_optional(resource: &Resource<'_>, at: usize) -> bool {
    Some(at) == resource.id() || resource.properties[at].default.is_some()
}

fn field(resource: &Resource<'_>, property: &Property<'_>, optional: bool) -> TokenStream {
    let (vis, ident) = (resource.vis, property.ident);
    let ty = replace_self(property.ty, &resource.ident.to_token_stream());
    let ty = if optional {
        quote_spanned!(mixed()=> ::core::option::Option<#ty>)
    } else {
        ty
    };
    let doc = field_doc(property);
    quote_spanned!(mixed()=> #doc #vis #ident: #ty)
}

/// The doc comment of a field, or a generated one.
pub(super) fn field_doc(property: &Property<'_>) -> TokenStream {
    let mut docs = property
        .raw_attributes
        .iter()
        .filter(|attribute| is_doc(attribute))
        .peekable();
    let generated = format!("The `{}`.", property.name.text);
    let generated = docs
        .peek()
        .is_none()
        .then(|| quote_spanned!(mixed()=> #[doc = #generated]));
    quote_spanned!(mixed()=> #generated #(#docs)*)
}

/// Whether an attribute is a line of a doc comment, unlike `#[doc(alias = "…")]`.
fn is_doc(attribute: &Attribute) -> bool {
    matches!(&attribute.meta, Meta::NameValue(pair) if pair.path.is_ident("doc"))
}

/// Expands the trait implementations of the two structs.
pub(super) fn implementations(resource: &Resource<'_>) -> TokenStream {
    let (new, patch) = names(resource);
    let private = &resource.paths.private;
    let all = || 0..resource.properties.len();
    let ident_at = |at: usize| resource.properties[at].ident;
    let is_kept = |at: usize| resource.properties[at].managed.is_some();
    let put_new = all().map(|at| {
        if is_kept(at) {
            return quote_spanned!(mixed()=> given.skip(););
        }
        put(private, at, ident_at(at), is_optional(resource, at))
    });
    let put_patch = all().map(|at| {
        if Some(at) == resource.id() || is_kept(at) {
            return quote_spanned!(mixed()=> given.skip(););
        }
        put(private, at, ident_at(at), true)
    });
    let (new_writes, patch_writes) = (
        changes_impl(resource, &new, put_new),
        changes_impl(resource, &patch, put_patch),
    );
    quote_spanned!(mixed()=> #new_writes #patch_writes)
}

/// Expands `Debug` without private values, and `Default` for `NewX` if its types allow it.
pub(crate) fn debug_and_default(resource: &Resource<'_>) -> TokenStream {
    let (new, patch) = names(resource);
    let shown = [&new, &patch].map(|name| debug(resource, name));
    let default = default(resource, &new);
    quote_spanned!(mixed()=> #(#shown)* #default)
}

fn debug(resource: &Resource<'_>, name: &Ident) -> TokenStream {
    let (ident, private, title) = (resource.ident, &resource.paths.private, name.to_string());
    quote_spanned! {mixed()=>
        #[automatically_derived]
        impl ::core::fmt::Debug for #name {
            fn fmt(&self, f: &mut #private::fmt::Formatter<'_>) -> #private::fmt::Result {
                #private::show::<#ident>(#title, self, f)
            }
        }
    }
}

/// Expands the implementation that writes a struct into a payload.
fn changes_impl(
    resource: &Resource<'_>,
    name: &Ident,
    puts: impl Iterator<Item = TokenStream>,
) -> TokenStream {
    let private = &resource.paths.private;
    quote_spanned! {mixed()=>
        #[automatically_derived]
        impl #private::Changes for #name {
            fn write(&self, given: &mut #private::PayloadWriter) {
                #(#puts)*
            }
        }
    }
}

fn put(private: &TokenStream, at: usize, ident: &Ident, optional: bool) -> TokenStream {
    let constant = constant(at);
    if optional {
        quote_spanned!(mixed()=> given.put_if(&#constant, #private::Option::as_ref(&self.#ident));)
    } else {
        quote_spanned!(mixed()=> given.put(&#constant, &self.#ident);)
    }
}

/// Expands `Default` if every required type has one. The unused lifetime makes a bound that never holds
/// legal.
fn default(resource: &Resource<'_>, new: &Ident) -> TokenStream {
    let this = resource.ident.to_token_stream();
    let needed = settable_properties(resource).filter(|(at, _)| !is_optional(resource, *at));
    let types = needed.map(|(_, property)| replace_self(property.ty, &this));
    let fields = settable_properties(resource).map(|(_, property)| property.ident);
    quote_spanned! {mixed()=>
        #[automatically_derived]
        impl ::core::default::Default for #new
        where
            #(for<'any> #types: ::core::default::Default,)*
        {
            fn default() -> Self {
                Self { #(#fields: ::core::default::Default::default()),* }
            }
        }
    }
}
