//! What the user declared, borrowed from the original nodes, whose spans the messages need.

mod event;
mod hook;
mod list;
mod number;
mod policy;
mod relation;
mod remote;
mod resource;
mod rules;
mod serde;
mod syntax;
mod types;

pub(crate) use event::Event;
pub(crate) use hook::{Given, Hook, Occasion, Old, On};
pub(crate) use list::List;
pub(crate) use number::{Number, is_constant, text_of};
pub(crate) use policy::{Grant, Granted, Policy};
pub(crate) use relation::{OnDestroy, Relation};
pub(crate) use remote::{
    Argument, Block, BlockWords, Method, Parameter, Takes, payload_words, typed,
};
pub(crate) use resource::{Access, Default, Kept, Property, Resource, ResourceWords};
pub(crate) use rules::{Check, Rule, Rules};
pub(crate) use syntax::{Paths, conditions, doc, words_removed};
pub(crate) use types::{bare, borrows, has_keyword, mentions_a_borrow};
