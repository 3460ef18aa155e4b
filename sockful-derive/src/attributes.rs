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

pub(crate) use hook::{HookWords, Phase, of_hooks};
pub(crate) use parse::Words;
pub(crate) use policy::{PolicyWords, is_of_policy};
pub(crate) use rule::SANITIZERS;
pub(crate) use suggest::nearest;
pub(crate) use syntax::holds_words;
pub(crate) use table::{Place, excluded_by};
#[cfg(test)]
pub(crate) use table::{WORDS, Word, at};
pub(crate) use value::{EventWord, Value};
