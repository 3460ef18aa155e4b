//! Numbers and texts that can be read off an expression.

use std::cmp::Ordering;
use std::fmt;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr, UnOp};

/// A number that is written out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    /// The number that an expression is, also where it comes out of a `macro_rules`.
    pub(crate) fn of(expression: &Expr) -> Option<Self> {
        match expression {
            Expr::Group(group) => Self::of(&group.expr),
            Expr::Paren(paren) => Self::of(&paren.expr),
            Expr::Unary(ExprUnary {
                op: UnOp::Neg(_),
                expr,
                ..
            }) => Some(match Self::of(expr)? {
                Self::Int(int) => Self::Int(int.checked_neg()?),
                Self::Float(float) => Self::Float(-float),
            }),
            Expr::Lit(ExprLit {
                lit: Lit::Int(int), ..
            }) => int.base10_parse().ok().map(Self::Int),
            Expr::Lit(ExprLit {
                lit: Lit::Float(float),
                ..
            }) => float.base10_parse().ok().map(Self::Float),
            _ => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "as near as a float can be")]
    pub(crate) fn float(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => Some(one.cmp(other)),
            (one, other) => one.float().partial_cmp(&other.float()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => int.fmt(f),
            Self::Float(float) => fmt::Debug::fmt(float, f),
        }
    }
}

/// The text that an expression is, also where it comes out of a `macro_rules`.
pub(crate) fn text_of(expression: &Expr) -> Option<&LitStr> {
    match expression {
        Expr::Group(group) => text_of(&group.expr),
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text),
        _ => None,
    }
}
