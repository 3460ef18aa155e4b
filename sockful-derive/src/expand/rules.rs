//! Expands rules as data of a property and as functions of its codec.

use super::tokens::{mixed, replace_self};
use crate::attributes::SANITIZERS;
use crate::model::{Number, Paths, Rule, RuleKind, Rules};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, ExprRange, Path, RangeLimits};

/// Adds the rules to `property`.
pub(super) fn of_property(
    property: TokenStream,
    rules: &Rules<'_>,
    paths: &Paths,
    this: &TokenStream,
) -> TokenStream {
    let mut property = property;
    if !rules.list.is_empty() {
        let list = rules.list.iter().map(|it| rule(it, rules, paths, this));
        property = quote_spanned!(mixed()=> #property.rules(&[#(#list),*]));
    }
    if rules.when.is_some() {
        property = quote_spanned!(mixed()=> #property.conditional());
    }
    property
}

fn rule(rule: &Rule<'_>, rules: &Rules<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let private = &paths.private;
    let data = match rule.kind {
        RuleKind::Range(range) => {
            with_bounds(&quote_spanned!(mixed()=> range), range, private, this)
        }
        RuleKind::Length(range) => {
            with_bounds(&quote_spanned!(mixed()=> length), range, private, this)
        }
        // Each pattern has a static, so that its regular expression is compiled once and on first use.
        RuleKind::Pattern(text) => quote_spanned! {mixed()=> pattern(|| {
            static PATTERN: #private::Pattern = #private::Pattern::new(#text);
            &PATTERN
        })},
        RuleKind::Format(name) => {
            let variant = variant(&name.value());
            quote_spanned!(mixed()=> format(#private::Format::#variant))
        }
        RuleKind::Conform(_) => quote_spanned!(mixed()=> new(#private::Check::Conform)),
        RuleKind::Nested => quote_spanned!(mixed()=> new(#private::Check::Nested)),
    };
    let message = rules
        .message_of(rule)
        .map(|text| quote_spanned!(mixed()=> .message(#text)));
    let data = quote_spanned!(mixed()=> #private::Rule::#data #message);
    match rule.kind {
        RuleKind::Range(range) | RuleKind::Length(range) if has_constant(range) => {
            not_empty(&data, rule, private)
        }
        _ => data,
    }
}

/// The variant of a format: its name in `PascalCase`.
fn variant(name: &str) -> Ident {
    let parts = name.split('-').map(|part| {
        let (first, rest) = part.split_at(part.len().min(1));
        first.to_uppercase() + rest
    });
    Ident::new(&parts.collect::<String>(), mixed())
}

/// Adds a call to `rule` for each bound of the range.
fn with_bounds(
    rule: &TokenStream,
    range: &ExprRange,
    private: &TokenStream,
    this: &TokenStream,
) -> TokenStream {
    let to = match range.limits {
        RangeLimits::Closed(_) => "to",
        RangeLimits::HalfOpen(_) => "below",
    };
    let from = range.start.as_deref().map(|end| ("from", end));
    let to = range.end.as_deref().map(|end| (to, end));
    let ends = from.into_iter().chain(to);
    let ends = ends.map(|(name, end)| add_bound(name, end, private, this));
    quote_spanned!(mixed()=> #rule() #(#ends)*)
}

/// Expands `.from(5)`, or `.from_bound(…)` for a bound that may not be an integer.
fn add_bound(name: &str, end: &Expr, private: &TokenStream, this: &TokenStream) -> TokenStream {
    let ident = |suffix| Ident::new(&format!("{name}{suffix}"), mixed());
    let (whole, any) = (ident(""), ident("_bound"));
    let minus = |is_less: bool| is_less.then(|| quote_spanned!(mixed()=> -));
    match Number::of(end) {
        Some(Number::Int(int)) => {
            let (minus, digits) = (minus(int < 0), Literal::u128_unsuffixed(int.unsigned_abs()));
            quote_spanned!(mixed()=> .#whole(#minus #digits))
        }
        Some(Number::Float(float)) => {
            let minus = minus(float.is_sign_negative());
            let digits = Literal::f64_unsuffixed(float.abs());
            quote_spanned!(mixed()=> .#any(#private::Bound::Float(#minus #digits)))
        }
        // Only the compiler knows the type of a constant.
        None => {
            let constant = replace_self(end, this);
            quote_spanned!(mixed()=> .#any(#private::Bound::of(#constant as _, #constant as _)))
        }
    }
}

fn has_constant(range: &ExprRange) -> bool {
    let mut ends = [&range.start, &range.end].into_iter().flatten();
    ends.any(|end| Number::of(end).is_none())
}

/// Adds a compile-time check that the range is not empty, reported at its keyword. The constant has
/// underscores because constants are not hygienic.
fn not_empty(data: &TokenStream, rule: &Rule<'_>, private: &TokenStream) -> TokenStream {
    let message = "the range is empty; write the smaller number first";
    let at = rule.keyword.span().resolved_at(mixed());
    let panic = quote_spanned!(at=> ::core::panic!(#message));
    quote_spanned! {mixed()=> {
        const __RULE: #private::Rule = #data;
        const _: () = if __RULE.is_empty() { #panic };
        __RULE
    }}
}

/// Adds the bounds and functions of the rules to `codec`.
pub(super) fn wrap_codec(
    codec: TokenStream,
    rules: &Rules<'_>,
    ty: &TokenStream,
    paths: &Paths,
    this: &TokenStream,
) -> TokenStream {
    let bounds = &paths.bounds;
    let mut codec = codec;
    let mut called = Vec::new();
    for rule in &rules.list {
        let bound = match rule.kind {
            RuleKind::Range(_) => "range",
            RuleKind::Length(_) => "length",
            RuleKind::Pattern(_) | RuleKind::Format(_) => "string",
            RuleKind::Nested => "nested",
            RuleKind::Conform(path) => {
                codec = conform(&codec, path, ty, this);
                continue;
            }
        };
        // Two rules with the same bound give one error.
        if !called.contains(&bound) {
            called.push(bound);
            let bound = Ident::new(bound, mixed());
            codec = quote_spanned!(mixed()=> #bounds::#bound::<#ty>(#codec));
        }
    }
    match rules.sanitize {
        Some((_, paths)) => sanitize(&codec, paths, ty, this),
        None => codec,
    }
}

/// Adds a function of the user to the codec; a mismatch is reported at its path.
fn conform(codec: &TokenStream, path: &Path, ty: &TokenStream, this: &TokenStream) -> TokenStream {
    let (first, last) = super::tokens::ends(&path.to_token_stream());
    let bounds = Paths::bounds_at(first);
    let path = replace_self(path, this);
    let arguments = quote_spanned!(last=> #path(value));
    let arguments = super::tokens::parenthesize(arguments, last);
    quote_spanned!(last=> #codec.with_conform(|value: &#ty| #bounds::conform_output #arguments))
}

/// Adds the sanitizers to the codec, nested; the built-in ones change each string of the value.
fn sanitize(
    codec: &TokenStream,
    functions: &[Path],
    ty: &TokenStream,
    this: &TokenStream,
) -> TokenStream {
    let bounds = Paths::bounds_at(mixed());
    let mut value = quote_spanned!(mixed()=> value);
    for path in functions {
        let (first, last) = super::tokens::ends(&path.to_token_stream());
        let built_in = path
            .get_ident()
            .filter(|name| SANITIZERS.iter().any(|it| name == it));
        let function = replace_self(path, this);
        value = if built_in.is_some() {
            quote_spanned!(mixed()=> _each(#value, #bounds::#function))
        } else {
            let value = super::tokens::parenthesize(value, last);
            quote_spanned!(first=> #function #value)
        };
    }
    quote_spanned!(mixed()=> #bounds::sanitize::<#ty>(#codec, |value, _each| #value))
}
