//! The attributes that the macros accept, and the parsers that read them.

mod actions;
mod event;
mod hook;
mod kind;
mod parse;
mod policy;
mod relation;
mod rule;
mod suggest;
mod syntax;
mod table;
mod value;

pub(crate) use hook::{HookAttributes, Phase, hook_attribute};
pub(crate) use parse::Attributes;
pub(crate) use policy::{PolicyAttributes, is_policy_attribute};
pub(crate) use rule::SANITIZERS;
pub(crate) use suggest::nearest;
pub(crate) use syntax::has_name;
#[cfg(test)]
pub(crate) use table::{ATTRIBUTES, AttributeDef, allowed_on};
pub(crate) use table::{Target, conflicts_of};
pub(crate) use value::{EventArg, Value};
