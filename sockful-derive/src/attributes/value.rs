//! The values of attributes, as the parsers return them.

use crate::names::Name;
use std::time::Duration;
use syn::{Attribute, Expr, ExprRange, Ident, LitStr, Path, Type};

/// The value of an attribute.
#[derive(Debug)]
pub(crate) enum Value {
    Flag,
    Name(Name),
    Names(Vec<Name>),
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

/// The argument of a rule, and the message for a value that violates it.
#[derive(Debug)]
pub(crate) struct WithMessage<T> {
    pub(crate) value: T,
    pub(crate) message: Option<LitStr>,
}

/// `roared = Roar`: the name of an event and the type of its data.
#[derive(Debug)]
pub(crate) struct EventArg {
    /// The doc comment before the name.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}
