//! The values of attributes, as the parsers return them.

use crate::names::Name;
use std::time::Duration;
use syn::{Attribute, Expr, ExprRange, Ident, LitStr, Path, Type};

/// What followed a word.
#[derive(Debug)]
pub(crate) enum Value {
    Flag,
    Name(Name),
    Duration(Duration),
    Path(Path),
    Expr(Box<Expr>),
    RangeRule(Box<WithMessage<ExprRange>>),
    TextRule(WithMessage<LitStr>),
    FunctionRule(WithMessage<Path>),
    Str(LitStr),
    Sanitizers(Vec<Path>),
    Ident(Ident),
    Actions(Vec<&'static str>),
    Page(usize, usize),
    Events(Vec<EventArg>),
}

/// What a rule asks, and what it says where that is not met.
#[derive(Debug)]
pub(crate) struct WithMessage<T> {
    pub(crate) value: T,
    pub(crate) message: Option<LitStr>,
}

/// `roared = Roar`: the name of an event, and the type of what is told of it.
#[derive(Debug)]
pub(crate) struct EventArg {
    /// The doc comment in front of it.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}
