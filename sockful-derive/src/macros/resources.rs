//! The macro `resources![…]`.

use crate::expand;
use crate::model::List;
use proc_macro2::TokenStream;
use syn::Error;

pub(crate) fn list(tokens: TokenStream) -> TokenStream {
    syn::parse2(tokens).map_or_else(Error::into_compile_error, |list: List| {
        expand::resources(&list)
    })
}
