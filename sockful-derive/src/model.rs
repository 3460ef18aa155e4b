//! What the user declared, borrowed from the original nodes, whose spans the messages need.

mod block;
mod event;
mod hook;
mod list;
mod method;
mod number;
mod policy;
mod property;
mod relation;
mod resource;
mod rules;
mod serde;
mod syntax;
mod types;

pub(crate) use block::{Block, BlockWords};
pub(crate) use event::Event;
pub(crate) use hook::{Given, Hook, Occasion, Old, On};
pub(crate) use list::List;
pub(crate) use method::{Argument, Method, Parameter, Takes, payload_words, typed};
pub(crate) use number::{Number, is_constant, text_of};
pub(crate) use policy::{Grant, Granted, Policy};
pub(crate) use property::{Access, Default, Kept, Property};
pub(crate) use relation::{OnDestroy, Relation};
pub(crate) use resource::{Resource, ResourceWords};
pub(crate) use rules::{Check, Rule, Rules};
pub(crate) use syntax::{Paths, conditions, doc, words_removed};
pub(crate) use types::{bare, borrows, has_keyword, mentions_a_borrow};
