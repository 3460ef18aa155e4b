//! The macros of sockful. An implementation detail: depend on `sockful`, which documents them.
#![deny(clippy::expect_used, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(test, allow(clippy::expect_used, clippy::panic, clippy::unwrap_used))]

mod attributes;
mod check;
mod diagnostics;
mod expand;
mod macros;
mod model;
mod names;

use proc_macro::TokenStream;

/// Makes a struct a resource; documented at `sockful::Resource`.
#[proc_macro_derive(Resource, attributes(resource))]
pub fn derive_resource(item: TokenStream) -> TokenStream {
    macros::derive(item.into()).into()
}

/// Makes the `pub` methods of an impl block remote; documented at `sockful::remote`.
#[proc_macro_attribute]
pub fn remote(words: TokenStream, item: TokenStream) -> TokenStream {
    macros::attribute(words.into(), &item.into()).into()
}

/// Runs a method of a `#[remote]` block before a change is stored; documented at `sockful::before`.
#[proc_macro_attribute]
pub fn before(_: TokenStream, item: TokenStream) -> TokenStream {
    macros::outside("before", &item.into()).into()
}

/// Runs a method of a `#[remote]` block after a change was stored; documented at `sockful::after`.
#[proc_macro_attribute]
pub fn after(_: TokenStream, item: TokenStream) -> TokenStream {
    macros::outside("after", &item.into()).into()
}

/// Makes a method of a `#[remote]` block an access policy; documented at `sockful::can`.
#[proc_macro_attribute]
pub fn can(_: TokenStream, item: TokenStream) -> TokenStream {
    macros::outside("can", &item.into()).into()
}

/// Lists the resources that a server serves; documented at `sockful::resources`.
#[proc_macro]
pub fn resources(list: TokenStream) -> TokenStream {
    macros::list(list.into()).into()
}
