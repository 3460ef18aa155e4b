//! Rules as the data that a property carries, and as the functions that its codec needs for some.

use super::tokens::{mixed, replace_self};
use crate::attributes::SANITIZERS;
use crate::model::{Number, Paths, Rule, RuleKind, Rules};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, ExprRange, Path, RangeLimits};

/// `property` with its rules.
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
        RuleKind::Range(range) => limited(&quote_spanned!(mixed()=> range), range, private, this),
        RuleKind::Length(range) => limited(&quote_spanned!(mixed()=> length), range, private, this),
        // A static of its own: a regular expression is compiled once, when it is first needed.
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

/// The variant for a format: its name in `PascalCase`.
fn variant(name: &str) -> Ident {
    let parts = name.split('-').map(|part| {
        let (first, rest) = part.split_at(part.len().min(1));
        first.to_uppercase() + rest
    });
    Ident::new(&parts.collect::<String>(), mixed())
}

/// `rule` with a call for each end that the range has.
fn limited(
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
    let ends = ends.map(|(name, end)| limit(name, end, private, this));
    quote_spanned!(mixed()=> #rule() #(#ends)*)
}

/// `.from(5)`, or with `_bound` what the compiler does not know to be a whole number.
fn limit(name: &str, end: &Expr, private: &TokenStream, this: &TokenStream) -> TokenStream {
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
        // Which kind of number a constant is only the compiler knows.
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

/// `data`, with what only the compiler can see of a range: that it is not empty, shown at its word.
/// The constant's underscores are because constants are not hygienic.
fn not_empty(data: &TokenStream, rule: &Rule<'_>, private: &TokenStream) -> TokenStream {
    let message = "nothing is in this range; write the smaller number first";
    let at = rule.keyword.span().resolved_at(mixed());
    let panic = quote_spanned!(at=> ::core::panic!(#message));
    quote_spanned! {mixed()=> {
        const __RULE: #private::Rule = #data;
        const _: () = if __RULE.is_empty() { #panic };
        __RULE
    }}
}

/// `codec` with what its rules ask of the type, and with the functions of the user's.
pub(super) fn around(
    codec: TokenStream,
    rules: &Rules<'_>,
    ty: &TokenStream,
    paths: &Paths,
    this: &TokenStream,
) -> TokenStream {
    let must = &paths.must;
    let mut codec = codec;
    let mut asked = Vec::new();
    for rule in &rules.list {
        let asks = match rule.kind {
            RuleKind::Range(_) => "range",
            RuleKind::Length(_) => "length",
            RuleKind::Pattern(_) | RuleKind::Format(_) => "string",
            RuleKind::Nested => "nested",
            RuleKind::Conform(path) => {
                codec = conform(&codec, path, ty, this);
                continue;
            }
        };
        // One question, and so one error, for two words that ask the same.
        if !asked.contains(&asks) {
            asked.push(asks);
            let asks = Ident::new(asks, mixed());
            codec = quote_spanned!(mixed()=> #must::#asks::<#ty>(#codec));
        }
    }
    match rules.sanitize {
        Some((_, paths)) => sanitize(&codec, paths, ty, this),
        None => codec,
    }
}

/// The codec with a function of the user's, whose mismatches are told at its path.
fn conform(codec: &TokenStream, path: &Path, ty: &TokenStream, this: &TokenStream) -> TokenStream {
    let (first, last) = super::tokens::ends(&path.to_token_stream());
    let must = Paths::must_at(first);
    let path = replace_self(path, this);
    let said = quote_spanned!(last=> #path(value));
    let said = super::tokens::in_brackets(said, last);
    quote_spanned!(last=> #codec.with_conform(|value: &#ty| #must::verdict #said))
}

/// The codec with the sanitizers, one around the other: ours change each text of the value.
fn sanitize(
    codec: &TokenStream,
    functions: &[Path],
    ty: &TokenStream,
    this: &TokenStream,
) -> TokenStream {
    let must = Paths::must_at(mixed());
    let mut value = quote_spanned!(mixed()=> value);
    for path in functions {
        let (first, last) = super::tokens::ends(&path.to_token_stream());
        let own = path
            .get_ident()
            .filter(|name| SANITIZERS.iter().any(|it| name == it));
        let function = replace_self(path, this);
        value = if own.is_some() {
            quote_spanned!(mixed()=> _each(#value, #must::#function))
        } else {
            let value = super::tokens::in_brackets(value, last);
            quote_spanned!(first=> #function #value)
        };
    }
    quote_spanned!(mixed()=> #must::sanitize::<#ty>(#codec, |value, _each| #value))
}
