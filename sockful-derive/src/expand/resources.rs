//! Expands the dispatch table of a list of resources, which is a constant.

use super::tokens::{ends, mixed, parenthesize};
use crate::model::List;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};

pub(crate) fn resources(served: &List) -> TokenStream {
    let (imports, private) = (&served.paths.imports, &served.paths.private);
    let entries = served.items.iter().map(|item| {
        let (path, path_text) = (&item.path, &item.path_text);
        quote_spanned! {mixed()=>
            #private::ResourceEntry {
                path: #path_text,
                shape: #private::Shape::of::<#path>(),
                remotes: #private::MethodsOf::<#path>::REMOTES,
                hooks: #private::MethodsOf::<#path>::HOOKS,
                policies: #private::MethodsOf::<#path>::POLICIES,
            }
        }
    });
    // The panic is expanded for each item: inside the library its message would show our paths.
    let clashes = served.items.iter().enumerate().map(|(at, item)| {
        let (first, last) = ends(&item.path.to_token_stream());
        let text = parenthesize(quote_spanned!(mixed()=> "{}", text.as_str()), last);
        let panic = quote_spanned!(first=> ::core::panic! #text);
        quote_spanned! {mixed()=>
            const _: () = if let #private::Some(text) = #private::clash(__ENTRIES, #at) { #panic };
        }
    });
    quote_spanned! {mixed()=> {
        #imports
        #[allow(unused_imports)]
        use #private::NoRemotes as _;
        const __ENTRIES: &[#private::ResourceEntry] = &[#(#entries),*];
        const __ROUTES: usize = #private::count(__ENTRIES);
        static __TABLE: #private::Table<__ROUTES, { #private::buckets(__ROUTES) }, { #private::slots(__ROUTES) }> =
            #private::Table::new(__ENTRIES);
        #(#clashes)*
        #private::Resources::new(__ENTRIES, &__TABLE)
    }}
}
