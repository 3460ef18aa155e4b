//! Numbers and strings in expressions, and whether an expression is constant.

use std::cmp::Ordering;
use std::fmt;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr, UnOp};

/// A number literal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    /// The number in an expression, which a `macro_rules` macro may have wrapped in a group.
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

    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest float is close enough"
    )]
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

/// The string in an expression, which a `macro_rules` macro may have wrapped in a group.
pub(crate) fn str_literal(expression: &Expr) -> Option<&LitStr> {
    match expression {
        Expr::Group(group) => str_literal(&group.expr),
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text),
        _ => None,
    }
}

/// Whether the syntax of an expression shows that its value is always the same: literals and paths,
/// operators on them, and arrays, tuples and structs of them. Calls, macros and blocks do not count.
pub(crate) fn is_constant(expression: &Expr) -> bool {
    let mut parts: Vec<&Expr> = Vec::new();
    match expression {
        Expr::Lit(_) | Expr::Path(_) => {}
        Expr::Group(it) => parts.push(&it.expr),
        Expr::Paren(it) => parts.push(&it.expr),
        Expr::Unary(it) => parts.push(&it.expr),
        Expr::Cast(it) => parts.push(&it.expr),
        Expr::Reference(it) => parts.push(&it.expr),
        Expr::Binary(it) => parts.extend([&*it.left, &*it.right]),
        Expr::Array(it) => parts.extend(&it.elems),
        Expr::Tuple(it) => parts.extend(&it.elems),
        Expr::Repeat(it) => parts.extend([&*it.expr, &*it.len]),
        Expr::Struct(it) => {
            parts.extend(it.fields.iter().map(|field| &field.expr));
            parts.extend(it.rest.as_deref());
        }
        _ => return false,
    }
    parts.into_iter().all(is_constant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_constant_accepts_literals_and_paths() {
        let is_constant = |text| is_constant(&syn::parse_str(text).expect("an expression"));
        for text in [
            "10",
            "-1.5",
            "\"dragon\"",
            "Kind::Dragon",
            "60 * 60",
            "(1, [true; 2], [A, B])",
            "Point { x: 1, y: -Y as f64 }",
            "Point { x: 1, ..ORIGIN }",
        ] {
            assert!(is_constant(text), "{text}");
        }
        for text in [
            "now()",
            "\"dragon\".into()",
            "String::new()",
            "vec![]",
            "{ 1 }",
            "if A { 1 } else { 2 }",
            "(1, now())",
            "Point { x: now(), y: 1 }",
            "Point { x: 1, ..Point::default() }",
            "-now()",
        ] {
            assert!(!is_constant(text), "{text}");
        }
    }
}
