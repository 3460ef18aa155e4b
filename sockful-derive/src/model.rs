//! What the user declared, borrowed from the original nodes, whose spans the messages need.

mod list;
mod names;
mod number;
mod remote;
mod resource;
mod rules;
mod serde;
mod syntax;
mod types;

pub(crate) use list::List;
pub(crate) use names::{camel_case, is_name, is_plain};
pub(crate) use number::{Number, text_of};
pub(crate) use remote::{Argument, Block, BlockWords, Method, Parameter, Takes, typed};
pub(crate) use resource::{Access, Default, Kept, Property, Resource, ResourceWords};
pub(crate) use rules::{Check, Rule, Rules};
pub(crate) use syntax::{Paths, conditions, doc, holds_words, words_removed};
pub(crate) use types::{bare, borrows, has_keyword, mentions_a_borrow};

use proc_macro2::Span;

/// A name on the wire, and where it was written or derived from.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}
