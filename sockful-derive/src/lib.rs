//! The macros of sockful. An implementation detail: depend on `sockful`, which documents them.
#![deny(clippy::expect_used, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(test, allow(clippy::expect_used, clippy::panic, clippy::unwrap_used))]

mod check;
mod diagnostics;
mod expand;
mod fallback;
mod hook;
mod model;
mod names;
mod remote;
mod resource;
mod resources;
mod words;

use proc_macro::TokenStream;

/// Makes a struct a resource; documented at `sockful::Resource`.
#[proc_macro_derive(Resource, attributes(resource))]
pub fn derive_resource(item: TokenStream) -> TokenStream {
    resource::derive(item.into()).into()
}

/// Makes the `pub` methods of an impl block remote; documented at `sockful::remote`.
#[proc_macro_attribute]
pub fn remote(words: TokenStream, item: TokenStream) -> TokenStream {
    remote::attribute(words.into(), &item.into()).into()
}

/// Makes a method of a `#[remote]` block run before something; documented at `sockful::before`.
#[proc_macro_attribute]
pub fn before(_: TokenStream, item: TokenStream) -> TokenStream {
    hook::outside("before", &item.into()).into()
}

/// Makes a method of a `#[remote]` block run after something; documented at `sockful::after`.
#[proc_macro_attribute]
pub fn after(_: TokenStream, item: TokenStream) -> TokenStream {
    hook::outside("after", &item.into()).into()
}

/// Makes a method of a `#[remote]` block decide who may do what; documented at `sockful::can`.
#[proc_macro_attribute]
pub fn can(_: TokenStream, item: TokenStream) -> TokenStream {
    hook::outside("can", &item.into()).into()
}

/// Lists the resources that a server serves; documented at `sockful::resources`.
#[proc_macro]
pub fn resources(list: TokenStream) -> TokenStream {
    resources::list(list.into()).into()
}
