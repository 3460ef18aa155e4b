//! Expands the relations of a resource.

use super::tokens::{ends, mixed, parenthesize, relocated, replace_self};
use crate::model::{OnDestroy, Paths, Relation, Resource};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::Type;

/// Expands a row for each parent. Failed bounds are reported at its path or at the field's type.
pub(super) fn rows(resource: &Resource<'_>) -> Vec<TokenStream> {
    let properties = resource.properties.iter().enumerate();
    let relations = properties
        .filter_map(|(at, property)| Some((at, property.ty, property.relation.as_ref()?)));
    let this = resource.ident.to_token_stream();
    let rows = relations.map(|(at, ty, relation)| {
        let (parent, names) = (replace_self(relation.parent, &this), relation.names());
        let on_destroy = on_destroy(relation, ty, &resource.paths, &this);
        let ty = replace_self(ty, &this);
        let (first, last) = ends(&relation.parent.to_token_stream());
        let bounds = Paths::bounds_at(first);
        let arguments = quote_spanned!(mixed()=> #at, #on_destroy, [#(#names),*]);
        let arguments = parenthesize(arguments, last);
        quote_spanned!(first=> #bounds::parent::<#parent, #ty> #arguments)
    });
    rows.collect()
}

fn on_destroy(
    relation: &Relation<'_>,
    ty: &Type,
    paths: &Paths,
    this: &TokenStream,
) -> TokenStream {
    let private = &paths.private;
    match relation.on_destroy {
        OnDestroy::Cascade => quote_spanned!(mixed()=> #private::OnDestroy::Cascade),
        OnDestroy::Restrict => quote_spanned!(mixed()=> #private::OnDestroy::Restrict),
        OnDestroy::Detach(text) => {
            let bounds = &paths.bounds;
            let ty = relocated(replace_self(ty, this), text.span());
            quote_spanned!(mixed()=> #bounds::detach::<#ty>())
        }
    }
}
