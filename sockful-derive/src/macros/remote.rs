//! `#[remote]`, from tokens to tokens.

use crate::attributes::{Place, Words};
use crate::check;
use crate::diagnostics::Diagnostics;
use crate::expand::{self, fallback};
use crate::model::{Block, BlockWords};
use proc_macro2::TokenStream;
use syn::ItemImpl;

pub(crate) fn attribute(words: TokenStream, item: &TokenStream) -> TokenStream {
    match syn::parse2(item.clone()) {
        Ok(block) => of(words, &block),
        Err(_) => fallback::no_block(item),
    }
}

fn of(words: TokenStream, item: &ItemImpl) -> TokenStream {
    let mut diagnostics = Diagnostics::new();
    let words = Words::in_brackets(words, Place::Block, &mut diagnostics);
    let said = BlockWords::of(item, &mut diagnostics);
    let block = Block::of(item, &words, &said);
    check::remote(&block, &mut diagnostics);
    match diagnostics.finish() {
        None => expand::remote(&block),
        Some(errors) => fallback::remote(&block, &errors),
    }
}
