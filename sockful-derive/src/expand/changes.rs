//! `NewX` and `XPatch`: what creating and changing a resource takes.

use super::tokens::{constant, mixed, replace_self};
use crate::model::{Property, Resource};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Meta};

/// The names of the two structs.
pub(crate) fn names(resource: &Resource<'_>) -> (Ident, Ident) {
    let (title, span) = (resource.ident.unraw(), resource.ident.span());
    let own = |given: Option<&Ident>, name: Ident| given.cloned().unwrap_or(name);
    (
        own(resource.new, format_ident!("New{title}", span = span)),
        own(resource.patch, format_ident!("{title}Patch", span = span)),
    )
}

/// The two structs, beside the resource.
pub(crate) fn changes(resource: &Resource<'_>) -> TokenStream {
    let vis = resource.vis;
    let (new, patch) = names(resource);
    let title = resource.ident.unraw();
    let new_doc = format!("What creating a [`{title}`] takes. What is `None` gets its default.");
    let patch_doc = format!("What to change of a [`{title}`]. What is `None` stays as it is.");
    let lints = lints();
    let properties = || given(resource);
    let new_fields =
        properties().map(|(at, property)| field(resource, property, may_be_absent(resource, at)));
    let patch_fields = properties()
        .filter(|(at, _)| Some(*at) != resource.id())
        .map(|(_, property)| field(resource, property, true));
    quote_spanned! {mixed()=>
        #[doc = #new_doc]
        #lints
        #vis struct #new { #(#new_fields),* }
        #[doc = #patch_doc]
        #lints
        #[derive(::core::default::Default)]
        #vis struct #patch { #(#patch_fields),* }
    }
}

/// Names, types and docs are the user's, who can set a lint on the struct, but not on what is made of it.
pub(super) fn lints() -> TokenStream {
    quote_spanned! {mixed()=>
        #[allow(
            dead_code, deprecated, non_camel_case_types, non_snake_case, private_interfaces,
            unreachable_pub, clippy::all, clippy::pedantic, rustdoc::broken_intra_doc_links,
        )]
    }
}

/// The properties that somebody gives: all but those that the server keeps.
fn given<'a>(resource: &'a Resource<'a>) -> impl Iterator<Item = (usize, &'a Property<'a>)> {
    let properties = resource.properties.iter().enumerate();
    properties.filter(|(_, property)| property.managed.is_none())
}

/// Whether a new record may be given without the property at `at`.
fn may_be_absent(resource: &Resource<'_>, at: usize) -> bool {
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

/// The doc comment of a field, or one of ours where the user wrote none.
pub(super) fn field_doc(property: &Property<'_>) -> TokenStream {
    let mut docs = property
        .raw_attributes
        .iter()
        .filter(|attribute| is_doc(attribute))
        .peekable();
    let own = format!("The `{}`.", property.name.text);
    let own = docs
        .peek()
        .is_none()
        .then(|| quote_spanned!(mixed()=> #[doc = #own]));
    quote_spanned!(mixed()=> #own #(#docs)*)
}

/// Whether it is a line of a doc comment, and not such as `#[doc(alias = "…")]`.
fn is_doc(attribute: &Attribute) -> bool {
    matches!(&attribute.meta, Meta::NameValue(pair) if pair.path.is_ident("doc"))
}

/// What the two structs implement.
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
        put(private, at, ident_at(at), may_be_absent(resource, at))
    });
    let put_patch = all().map(|at| {
        if Some(at) == resource.id() || is_kept(at) {
            return quote_spanned!(mixed()=> given.skip(););
        }
        put(private, at, ident_at(at), true)
    });
    let (new_writes, patch_writes) = (
        changing(resource, &new, put_new),
        changing(resource, &patch, put_patch),
    );
    quote_spanned!(mixed()=> #new_writes #patch_writes)
}

/// What the two structs can do for anybody: they are shown without what is never sent, and
/// `NewX` has a default where that can be.
pub(crate) fn conveniences(resource: &Resource<'_>) -> TokenStream {
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
            fn fmt(&self, f: &mut #private::Formatter<'_>) -> #private::Formatted {
                #private::show::<#ident>(#title, self, f)
            }
        }
    }
}

/// That a struct can be made a payload of.
fn changing(
    resource: &Resource<'_>,
    name: &Ident,
    puts: impl Iterator<Item = TokenStream>,
) -> TokenStream {
    let private = &resource.paths.private;
    quote_spanned! {mixed()=>
        #[automatically_derived]
        impl #private::Changes for #name {
            fn write(&self, given: &mut #private::Given) {
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

/// `Default` where every type that must be given has one. A bound that holds for no `T` is an error
/// unless it looks as if it depended on something, which the lifetime is for.
fn default(resource: &Resource<'_>, new: &Ident) -> TokenStream {
    let this = resource.ident.to_token_stream();
    let needed = given(resource).filter(|(at, _)| !may_be_absent(resource, *at));
    let types = needed.map(|(_, property)| replace_self(property.ty, &this));
    let fields = given(resource).map(|(_, property)| property.ident);
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
