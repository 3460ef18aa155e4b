//! Reports `#[before]`, `#[after]` and `#[can]` outside a `#[remote]` block, where they run as macros.

use crate::expand::fallback;
use proc_macro2::TokenStream;

pub(crate) fn outside(name: &str, item: &TokenStream) -> TokenStream {
    let message = format!(
        "`#[{name}(…)]` belongs on a method in a `#[remote]` block; write #[remote] above the `impl`"
    );
    fallback::unchanged(item, &message)
}
