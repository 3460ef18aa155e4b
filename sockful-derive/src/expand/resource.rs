//! `impl Resource`, and what goes with it.

use super::changes::{self, changes};
use super::codec;
use super::tokens::{constant, mixed, value};
use crate::model::{Access, Property, Resource, doc};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;

pub(crate) fn resource(resource: &Resource<'_>) -> TokenStream {
    let Resource { ident, paths, .. } = resource;
    let (imports, must) = (&paths.imports, &paths.must);
    let structs = changes(resource);
    let codecs = codecs(resource);
    let implementation = implementation(resource);
    let changes = changes::implementations(resource);
    let beside = beside(resource);
    quote_spanned! {mixed()=>
        #structs
        #[allow(deprecated, unused_imports)]
        const _: () = {
            #imports
            use #must::Absent as _;
            #codecs
            #implementation
            #changes
            #beside
            #must::record::<#ident>()
        };
    }
}

/// What code elsewhere may rely on, be the rest of the expansion there or errors in its place.
pub(crate) fn beside(resource: &Resource<'_>) -> TokenStream {
    let conveniences = changes::conveniences(resource);
    let schema = schema(resource);
    quote_spanned!(mixed()=> #conveniences #schema)
}

/// One constant a property.
fn codecs(resource: &Resource<'_>) -> TokenStream {
    let Resource { ident, paths, .. } = resource;
    let (private, must) = (&paths.private, &paths.must);
    let this = ident.to_token_stream();
    let codecs = resource.properties.iter().enumerate().map(|(at, property)| {
        let constant = constant(at);
        let ty = super::tokens::without_self(property.ty, &this);
        if Some(at) == resource.id() {
            // Through the resource, so that a type that is no key is told once, at `type Id`.
            let codec = codec::of_field(&ty, paths);
            let id = quote_spanned!(mixed()=> <#ident as #private::Resource>::Id);
            return quote_spanned!(mixed()=> const #constant: #private::Codec<#id> = #must::id::<#ident>(#codec););
        }
        let codec = codec::of_property(property, paths, &this);
        quote_spanned!(mixed()=> const #constant: #private::Codec<#ty> = #codec;)
    });
    codecs.collect()
}

fn implementation(resource: &Resource<'_>) -> TokenStream {
    let Resource {
        ident,
        paths,
        name,
        plural,
        doc,
        properties,
        ..
    } = resource;
    let private = &paths.private;
    let (new, patch) = changes::names(resource);
    let (name, title) = (&name.text, ident.unraw().to_string());
    // Without an id nothing is expanded, but what stands beside the error.
    let id = resource.id().unwrap_or_default();
    let id_type = properties[id].ty;
    let rows = properties.iter().map(|property| row(property, private));
    let fields: Vec<_> = properties.iter().map(|property| property.ident).collect();
    let constants: Vec<_> = (0..fields.len()).map(constant).collect();
    let values: Vec<_> = (0..fields.len()).map(value).collect();
    quote_spanned! {mixed()=>
        #[automatically_derived]
        impl #private::Resource for #ident {
            type Id = #id_type;
            type New = #new;
            type Patch = #patch;
            const DECLARED: &'static #private::Declared = &#private::Declared {
                name: #name,
                plural: #plural,
                title: #title,
                doc: #doc,
                properties: &[#(#rows),*],
                id: #id,
                key: #private::kind_of::<Self>(),
            };
            fn read(reader: &mut #private::Reader<'_>) -> #private::Option<Self> {
                #(let #values = reader.next(&#constants);)*
                #private::Some(Self { #(#fields: #values?),* })
            }
            fn write(&self, writer: &mut #private::Writer) {
                #(writer.put(&#constants, &self.#fields);)*
            }
        }
    }
}

fn row(property: &Property<'_>, private: &TokenStream) -> TokenStream {
    let (name, doc) = (&property.name.text, doc(property.attributes));
    let row = quote_spanned!(mixed()=> #private::Property::new(#name, #doc));
    match property.access {
        Access::Open => row,
        Access::ReadOnly => quote_spanned!(mixed()=> #row.access(#private::Access::ReadOnly)),
        Access::Private => quote_spanned!(mixed()=> #row.access(#private::Access::Private)),
    }
}

/// The schema of the resource, with which a remote method can return it.
fn schema(resource: &Resource<'_>) -> TokenStream {
    if resource.has_private() {
        return no_schema(resource);
    }
    let (ident, private) = (resource.ident, &resource.paths.private);
    let title = ident.unraw().to_string();
    let path = format!("::{title}");
    quote_spanned! {mixed()=>
        #[automatically_derived]
        impl #private::JsonSchema for #ident {
            fn schema_name() -> #private::Cow<'static, str> {
                #private::Cow::Borrowed(#title)
            }
            fn schema_id() -> #private::Cow<'static, str> {
                #private::Cow::Borrowed(::core::concat!(::core::module_path!(), #path))
            }
            fn json_schema(generator: &mut #private::SchemaGenerator) -> #private::Schema {
                #private::record_schema::<Self>(generator)
            }
        }
    }
}

/// That a resource with private properties has no schema by other means either: with one a remote
/// method could return it, and they would leak.
fn no_schema(resource: &Resource<'_>) -> TokenStream {
    let (ident, must) = (resource.ident, &resource.paths.must);
    let message = format!(
        "with a schema a remote method could return `{}` and leak its private properties; remove `JsonSchema`",
        ident.unraw()
    );
    let at_name = ident.span().resolved_at(mixed());
    let panic = quote_spanned!(at_name=> ::core::panic!(#message));
    quote_spanned! {mixed()=>
        use #must::Undescribed as _;
        const _: () = if #must::Described::<#ident>::HAS_SCHEMA { #panic };
    }
}
