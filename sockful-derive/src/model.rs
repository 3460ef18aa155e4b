//! The model of the user's declarations, borrowed from the syntax tree to keep its spans for messages.

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

pub(crate) use block::{Block, BlockAttributes};
pub(crate) use event::Event;
pub(crate) use hook::{Hook, HookAction, HookParam, HookTarget, OldRecord};
pub(crate) use list::List;
pub(crate) use method::{Argument, Method, Parameter, Receiver, payload_attributes, typed_params};
pub(crate) use number::{Number, is_constant, str_literal};
pub(crate) use policy::{Policy, PolicyAction, PolicyTarget};
pub(crate) use property::{Access, DefaultValue, Managed, Property};
pub(crate) use relation::{OnDestroy, Relation};
pub(crate) use resource::{Resource, ResourceAttributes};
pub(crate) use rules::{Rule, RuleKind, Rules};
pub(crate) use syntax::{Paths, cfg_attributes, doc, without_attribute};
pub(crate) use types::{borrows, contains_keyword, contains_reference, ungrouped};
