//! Rules as the data that a property carries, and as the functions that its codec needs for some.

use super::tokens::{mixed, without_self};
use crate::model::{Check, Number, Paths, Rule, Rules};
use crate::words::SANITIZERS;
use proc_macro2::{Literal, TokenStream};
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
    let check = match rule.check {
        Check::Range(range) => limits("Range", range, private, this),
        Check::Length(range) => limits("Length", range, private, this),
        // A static of its own: a regular expression is compiled once, when it is first needed.
        Check::Pattern(text) => quote_spanned! {mixed()=> Pattern(|| {
            static PATTERN: #private::Pattern = #private::Pattern::new(#text);
            &PATTERN
        })},
        Check::Format(name) => {
            let variant = variant(&name.value());
            quote_spanned!(mixed()=> Format(#private::Format::#variant))
        }
        Check::Conform(_) => quote_spanned!(mixed()=> Conform),
        Check::Nested => quote_spanned!(mixed()=> Nested),
    };
    let empty = emptiness(rule, private, this);
    let message = rules
        .message_of(rule)
        .map(|text| quote_spanned!(mixed()=> .message(#text)));
    let rule = quote_spanned!(mixed()=> #private::Rule::new(#private::Check::#check) #message);
    match empty {
        Some(empty) => quote_spanned!(mixed()=> { #empty #rule }),
        None => rule,
    }
}

/// The variant for a format: its name in `PascalCase`.
fn variant(name: &str) -> proc_macro2::Ident {
    let parts = name.split('-').map(|part| {
        let (first, rest) = part.split_at(part.len().min(1));
        first.to_uppercase() + rest
    });
    proc_macro2::Ident::new(&parts.collect::<String>(), mixed())
}

fn limits(
    check: &str,
    range: &ExprRange,
    private: &TokenStream,
    this: &TokenStream,
) -> TokenStream {
    let check = proc_macro2::Ident::new(check, mixed());
    let (from, to) = ends(range, private, this);
    quote_spanned!(mixed()=> #check(#from, #to))
}

fn ends(
    range: &ExprRange,
    private: &TokenStream,
    this: &TokenStream,
) -> (TokenStream, TokenStream) {
    let none = || quote_spanned!(mixed()=> #private::Limit::None);
    let bound = |expression: &Expr| bound(expression, private, this);
    let from = range.start.as_deref().map(bound).map_or_else(
        none,
        |bound| quote_spanned!(mixed()=> #private::Limit::Through(#bound)),
    );
    let to = range
        .end
        .as_deref()
        .map(bound)
        .map_or_else(none, |bound| match range.limits {
            RangeLimits::Closed(_) => quote_spanned!(mixed()=> #private::Limit::Through(#bound)),
            RangeLimits::HalfOpen(_) => quote_spanned!(mixed()=> #private::Limit::Below(#bound)),
        });
    (from, to)
}

fn bound(expression: &Expr, private: &TokenStream, this: &TokenStream) -> TokenStream {
    match Number::of(expression) {
        Some(Number::Int(int)) => {
            let minus = (int < 0).then(|| quote_spanned!(mixed()=> -));
            let digits = Literal::u128_unsuffixed(int.unsigned_abs());
            quote_spanned!(mixed()=> #private::Bound::Int(#minus #digits))
        }
        Some(Number::Float(float)) => {
            let minus = float
                .is_sign_negative()
                .then(|| quote_spanned!(mixed()=> -));
            let digits = Literal::f64_unsuffixed(float.abs());
            quote_spanned!(mixed()=> #private::Bound::Float(#minus #digits))
        }
        // Which kind of number a constant is only the compiler knows.
        None => {
            let constant = without_self(expression, this);
            quote_spanned!(mixed()=> #private::Bound::of(#constant as _, #constant as _))
        }
    }
}

/// That a range with a constant in it is not empty, shown at the range.
fn emptiness(rule: &Rule<'_>, private: &TokenStream, this: &TokenStream) -> Option<TokenStream> {
    let (Check::Range(range) | Check::Length(range)) = rule.check else {
        return None;
    };
    let is_constant =
        |end: &Option<Box<Expr>>| end.as_deref().is_some_and(|end| Number::of(end).is_none());
    if !is_constant(&range.start) && !is_constant(&range.end) {
        return None;
    }
    let (from, to) = ends(range, private, this);
    let message = "nothing is in this range; write the smaller number first";
    let at = rule.word.span().resolved_at(mixed());
    let panic = quote_spanned!(at=> ::core::panic!(#message));
    Some(quote_spanned!(mixed()=> const _: () = if #private::is_empty(#from, #to) { #panic };))
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
    for rule in &rules.list {
        let asks = match rule.check {
            Check::Range(_) => "range",
            Check::Length(_) => "length",
            Check::Pattern(_) | Check::Format(_) => "string",
            Check::Nested => "nested",
            Check::Conform(path) => {
                codec = conform(&codec, path, ty, this);
                continue;
            }
        };
        let asks = proc_macro2::Ident::new(asks, mixed());
        codec = quote_spanned!(mixed()=> #must::#asks::<#ty>(#codec));
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
    let path = without_self(path, this);
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
        let function = without_self(path, this);
        value = if own.is_some() {
            quote_spanned!(mixed()=> _each(#value, #must::#function))
        } else {
            let value = super::tokens::in_brackets(value, last);
            quote_spanned!(first=> #function #value)
        };
    }
    quote_spanned!(mixed()=> #must::sanitize::<#ty>(#codec, |value, _each| #value))
}
