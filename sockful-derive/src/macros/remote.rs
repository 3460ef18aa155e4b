//! The attribute macro `#[remote]`.

use crate::attributes::{Attributes, Target};
use crate::check;
use crate::diagnostics::Diagnostics;
use crate::expand::{self, fallback};
use crate::model::{Block, BlockAttributes};
use proc_macro2::TokenStream;
use syn::ItemImpl;

pub(crate) fn attribute(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    match syn::parse2(item.clone()) {
        Ok(block) => of(arguments, &block),
        Err(_) => fallback::not_a_block(item),
    }
}

fn of(arguments: TokenStream, item: &ItemImpl) -> TokenStream {
    let mut diagnostics = Diagnostics::new();
    let attributes = Attributes::parse_args(arguments, Target::Block, &mut diagnostics);
    let inner = BlockAttributes::of(item, &mut diagnostics);
    let block = Block::of(item, &attributes, &inner);
    check::block(&block, &mut diagnostics);
    match diagnostics.finish() {
        None => expand::remote(&block),
        Some(errors) => fallback::remote(&block, &errors),
    }
}
