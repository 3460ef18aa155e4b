//! Expands `impl Resource` and the items that belong to it.

use super::changes::{self, changes};
use super::codec;
use super::events;
use super::fields;
use super::parents;
use super::rules;
use super::tokens::{constant, mixed, parenthesize, replace_self, value};
use crate::model::{Access, Managed, Paths, Property, Resource, doc};
use crate::names::Name;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;

pub(crate) fn resource(resource: &Resource<'_>) -> TokenStream {
    let Resource { ident, paths, .. } = resource;
    let (imports, bounds) = (&paths.imports, &paths.bounds);
    let (structs, fields) = (changes(resource), fields::fields(resource));
    let codecs = codecs(resource);
    let implementation = implementation(resource);
    let changes = changes::implementations(resource);
    let public_items = public_items(resource);
    quote_spanned! {mixed()=>
        #structs
        #fields
        #[allow(deprecated, unused_imports, unused_qualifications)]
        const _: () = {
            #imports
            use #bounds::{NoFieldCodec as _, NoKeyForm as _};
            #codecs
            #implementation
            #changes
            #public_items
            #bounds::record::<#ident>()
        };
    }
}

/// Expands the items that other code may use, with the full expansion or next to errors.
pub(crate) fn public_items(resource: &Resource<'_>) -> TokenStream {
    let debug_and_default = changes::debug_and_default(resource);
    let names = fields::constant(resource);
    let schema = schema(resource);
    let events = events::implementations(resource);
    quote_spanned!(mixed()=> #debug_and_default #names #schema #events)
}

/// Expands a codec constant for each property.
fn codecs(resource: &Resource<'_>) -> TokenStream {
    let Resource { ident, paths, .. } = resource;
    let (private, bounds) = (&paths.private, &paths.bounds);
    let this = ident.to_token_stream();
    let codecs = resource.properties.iter().enumerate().map(|(at, property)| {
        let constant = constant(at);
        let ty = replace_self(property.ty, &this);
        if Some(at) == resource.id() {
            // Through the resource, so that a type that cannot be a key is reported once, at `type Id`.
            let codec = codec::of_field(&ty, paths);
            let codec = rules::wrap_codec(codec, &property.rules, &ty, paths, &this);
            let id = quote_spanned!(mixed()=> <#ident as #private::Resource>::Id);
            return quote_spanned!(mixed()=> const #constant: #private::Codec<#id> = #bounds::id::<#ident>(#codec););
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
    let this = ident.to_token_stream();
    let (new, patch) = changes::names(resource);
    let (name, title) = (&name.text, ident.unraw().to_string());
    // Without an id only the items next to the error are expanded.
    let id = resource.id().unwrap_or_default();
    let id_type = properties[id].ty;
    let unserved = &resource.unserved;
    let page = match resource.page {
        None => quote_spanned!(mixed()=> #private::None),
        Some((usual, most)) => quote_spanned!(mixed()=> #private::Some((#usual, #most))),
    };
    let public = resource.is_public;
    let public = public.then(|| quote_spanned!(mixed()=> public: true,));
    let older = resource.renamed_from.iter().map(|Name { text, .. }| text);
    let renamed = (!resource.renamed_from.is_empty())
        .then(|| quote_spanned!(mixed()=> renamed_from: &[#(#older),*],));
    let parents = parents::rows(resource);
    let events = events::rows(resource);
    let rows = properties
        .iter()
        .map(|property| row(property, paths, &this));
    let fields: Vec<_> = properties.iter().map(|property| property.ident).collect();
    let puts = properties
        .iter()
        .enumerate()
        .map(|(at, property)| put(at, property, &this));
    let constants: Vec<_> = (0..fields.len()).map(constant).collect();
    let values: Vec<_> = (0..fields.len()).map(value).collect();
    quote_spanned! {mixed()=>
        #[automatically_derived]
        impl #private::Resource for #ident {
            type Id = #id_type;
            type New = #new;
            type Patch = #patch;
            const NAME: &'static str = #name;
            const DEFINITION: &'static #private::ResourceDef = &#private::ResourceDef {
                name: #name,
                plural: #plural,
                title: #title,
                doc: #doc,
                properties: &[#(#rows),*],
                id: #id,
                unserved: &[#(#unserved),*],
                page: #page,
                parents: &[#(#parents),*],
                #events
                #public
                #renamed
                ..#private::ResourceDef::of::<Self>()
            };
            fn read(reader: &mut #private::Reader<'_>) -> #private::Option<Self> {
                #(let #values = reader.next(&#constants);)*
                #private::Some(Self { #(#fields: #values?),* })
            }
            fn write(&self, writer: &mut #private::Writer) {
                #(#puts)*
            }
        }
    }
}

/// Expands the statement that writes a property and records whether its rules apply.
fn put(at: usize, property: &Property<'_>, this: &TokenStream) -> TokenStream {
    let (constant, field) = (constant(at), property.ident);
    match property.rules.when {
        None => quote_spanned!(mixed()=> writer.put(&#constant, &self.#field);),
        Some((_, path)) => {
            let (_, last) = super::tokens::ends(&path.to_token_stream());
            let path = replace_self(path, this);
            let record = parenthesize(quote_spanned!(last=> self), last);
            quote_spanned! {mixed()=>
                if #path #record {
                    writer.put(&#constant, &self.#field);
                } else {
                    writer.put_exempt(&#constant, &self.#field);
                }
            }
        }
    }
}

fn row(property: &Property<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let private = &paths.private;
    let (name, doc) = (&property.name.text, doc(property.raw_attributes));
    let access = match property.access {
        Access::Open => None,
        Access::ReadOnly => Some(quote_spanned!(mixed()=> ReadOnly)),
        Access::Private => Some(quote_spanned!(mixed()=> Private)),
        Access::WriteOnly => Some(quote_spanned!(mixed()=> WriteOnly)),
        Access::Immutable => Some(quote_spanned!(mixed()=> Immutable)),
    };
    let access = access.map(|access| quote_spanned!(mixed()=> .access(#private::Access::#access)));
    let kept = property.managed.map(|kept| match kept {
        Managed::CreatedAt => quote_spanned!(mixed()=> CreatedAt),
        Managed::UpdatedAt => quote_spanned!(mixed()=> UpdatedAt),
        Managed::Rev => quote_spanned!(mixed()=> Rev),
    });
    let kept = kept.map(|kept| quote_spanned!(mixed()=> .kept(#private::Managed::#kept)));
    let flags = ["unique", "index", "wide"]
        .into_iter()
        .filter(|word| property.attributes.has(word) || *word == "index" && is_parent(property));
    let flags = flags.map(|word| Ident::new(word, mixed()));
    let key_form = key_form(property, paths, this);
    let sanitizers = property.rules.sanitize.map(|(_, functions)| {
        let names = functions.iter().map(|it| it.to_token_stream().to_string());
        let text = names.collect::<Vec<_>>().join(", ").replace(" :: ", "::");
        quote_spanned!(mixed()=> .sanitizers(#text))
    });
    let older = property.attributes.names("renamed_from");
    let older = older
        .iter()
        .map(|Name { text, .. }| text)
        .collect::<Vec<_>>();
    let renamed =
        (!older.is_empty()).then(|| quote_spanned!(mixed()=> .renamed_from(&[#(#older),*])));
    let row = quote_spanned!(mixed()=> #private::Property::new(#name, #doc) #access #kept #(.#flags())* #key_form #sanitizers #renamed);
    rules::of_property(row, &property.rules, paths, this)
}

/// Expands the call that sets how the values of a property are compared.
fn key_form(property: &Property<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let (private, bounds) = (&paths.private, &paths.bounds);
    let ty = replace_self(property.ty, this);
    let ty = match property.managed {
        _ if property.attributes.has("wide") => return TokenStream::new(),
        Some(Managed::Rev) => return TokenStream::new(),
        Some(Managed::CreatedAt | Managed::UpdatedAt) => {
            quote_spanned!(mixed()=> #private::Time<#ty>)
        }
        None => ty,
    };
    quote_spanned!(mixed()=> .key_form(#bounds::KeyFormOf::<#ty>::KEY_FORM))
}

/// Whether the property needs an index to look up children; a unique one already has it.
fn is_parent(property: &Property<'_>) -> bool {
    property.relation.is_some() && !property.attributes.has("unique")
}

/// Expands the schema of the resource, which allows remote methods to return it.
fn schema(resource: &Resource<'_>) -> TokenStream {
    if let Some(why) = resource.not_returnable_reason() {
        return no_schema(resource, why);
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

/// Expands a check that a resource which remote methods cannot return has no schema.
fn no_schema(resource: &Resource<'_>, why: &str) -> TokenStream {
    let (ident, bounds) = (resource.ident, &resource.paths.bounds);
    let message = format!(
        "`{}` must not implement `JsonSchema`: a remote method could then return it {why}; remove `JsonSchema`",
        ident.unraw()
    );
    let at_name = ident.span().resolved_at(mixed());
    let panic = quote_spanned!(at_name=> ::core::panic!(#message));
    quote_spanned! {mixed()=>
        use #bounds::NoSchema as _;
        const _: () = if #bounds::SchemaProbe::<#ident>::HAS_SCHEMA { #panic };
    }
}
