//! The derive macro `#[derive(Resource)]`.

use crate::check;
use crate::diagnostics::Diagnostics;
use crate::expand::{self, fallback};
use crate::model::{Resource, ResourceAttributes};
use proc_macro2::TokenStream;
use syn::{DeriveInput, Error};

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    syn::parse2(item).map_or_else(Error::into_compile_error, |input| of(&input))
}

fn of(input: &DeriveInput) -> TokenStream {
    let mut diagnostics = Diagnostics::new();
    let attributes = ResourceAttributes::of(input, &mut diagnostics);
    let resource = Resource::of(input, &attributes, &mut diagnostics);
    check::resource(&resource, &mut diagnostics);
    match diagnostics.finish() {
        None => expand::resource(&resource),
        Some(errors) => fallback::resource(&resource, errors),
    }
}
