//! Checks rules: they are satisfiable, fit the type, and accept the default.

mod default;

use crate::attributes::nearest;
use crate::diagnostics::Diagnostics;
use crate::model::{DefaultValue, Number, Rule, RuleKind, Rules};
use quote::ToTokens;
use sockful_formats::{Format, Pattern};
use std::cmp::Ordering;
use syn::{Expr, ExprRange, GenericArgument, LitStr, PathArguments, RangeLimits, Type};

/// Checks the rules of a field or a parameter of type `ty`.
pub(super) fn rules(
    rules: &Rules<'_>,
    ty: &Type,
    default: Option<DefaultValue<'_>>,
    diagnostics: &mut Diagnostics,
) {
    let has_range = rules.list.iter().any(Rule::is_range);
    for rule in &rules.list {
        // The table of attributes has reported a range next to a rule for strings.
        if has_range && rule.is_for_text() {
            continue;
        }
        let is_valid = match rule.kind {
            RuleKind::Range(range) => {
                check_range(rule, range, diagnostics)
                    && check_range_fits_type(range, ty, diagnostics)
            }
            RuleKind::Length(range) => {
                check_range(rule, range, diagnostics) && check_length(range, diagnostics)
            }
            RuleKind::Pattern(text) => check_pattern(text, diagnostics),
            RuleKind::Format(text) => check_format(text, diagnostics),
            RuleKind::Conform(_) => true,
            RuleKind::Nested => check_nested_feature(rule, diagnostics),
        };
        if is_valid && check_rule_fits_type(rule, ty, diagnostics) && rules.when.is_none() {
            default::check(rule, default, diagnostics);
        }
    }
    if !has_range {
        check_sanitize(rules, ty, diagnostics);
    }
    check_message(rules, diagnostics);
    check_when(rules, diagnostics);
}

/// Rejects a range that is empty, unbounded, or not made of numbers and constants.
fn check_range(rule: &Rule<'_>, range: &ExprRange, diagnostics: &mut Diagnostics) -> bool {
    let ends = [&range.start, &range.end];
    for end in ends.into_iter().flatten() {
        if Number::of(end).is_none() && !matches!(**end, Expr::Path(_)) {
            diagnostics.add(end, "expected a number or the path of a constant");
            return false;
        }
    }
    let number = |end: &Option<Box<Expr>>| end.as_deref().and_then(Number::of);
    match (number(&range.start), number(&range.end)) {
        _ if range.start.is_none() && range.end.is_none() => {
            let message = format!(
                "the range has no bounds; write one, such as `{}(1..)`",
                rule.keyword
            );
            diagnostics.add(range, message);
            false
        }
        (Some(from), Some(to)) if is_empty(from, to, &range.limits) => {
            let message = match range.limits {
                RangeLimits::HalfOpen(_) if from == to => {
                    format!(
                        "the range `{from}..{to}` is empty; write `{from}..={to}` to allow that value only"
                    )
                }
                _ => format!(
                    "the range from {from} to {to} is empty; write the smaller number first"
                ),
            };
            diagnostics.add(range, message);
            false
        }
        _ => true,
    }
}

fn is_empty(from: Number, to: Number, limits: &RangeLimits) -> bool {
    let holds_something = matches!(
        (from.partial_cmp(&to), limits),
        (Some(Ordering::Less), _) | (Some(Ordering::Equal), RangeLimits::Closed(_))
    );
    !holds_something
}

/// Rejects bounds that no value of the type reaches.
fn check_range_fits_type(range: &ExprRange, ty: &Type, diagnostics: &mut Diagnostics) -> bool {
    let Some((name, least, most)) = primitive(inner(ty)).and_then(integer) else {
        return true;
    };
    // `..256` means `..=255`.
    let open = i128::from(matches!(range.limits, RangeLimits::HalfOpen(_)));
    let mut fits = true;
    for (end, more) in [(&range.start, 0), (&range.end, open)] {
        let Some(end) = end.as_deref() else { continue };
        let message = match Number::of(end) {
            Some(Number::Float(_)) => {
                format!("`{name}` is an integer type; write an integer")
            }
            Some(Number::Int(int)) if int < least || int.saturating_sub(more) > most => {
                format!("{int} is out of range for `{name}`, which is from {least} to {most}")
            }
            _ => continue,
        };
        diagnostics.add(end, message);
        fits = false;
    }
    fits
}

fn check_length(range: &ExprRange, diagnostics: &mut Diagnostics) -> bool {
    let mut counted = true;
    for end in [&range.start, &range.end].into_iter().flatten() {
        let fits = match Number::of(end) {
            None => true,
            Some(Number::Int(int)) => int >= 0,
            Some(Number::Float(_)) => false,
        };
        if !fits {
            diagnostics.add(end, "a length must be an integer of at least 0");
            counted = false;
        }
    }
    counted
}

fn check_pattern(text: &LitStr, diagnostics: &mut Diagnostics) -> bool {
    let Err(broken) = Pattern::check(&text.value()) else {
        return true;
    };
    let message = format!(
        "invalid regular expression: {}, at character {}",
        broken.why, broken.at
    );
    diagnostics.add(text, message);
    false
}

fn check_format(text: &LitStr, diagnostics: &mut Diagnostics) -> bool {
    let name = text.value();
    if Format::called(&name).is_some() {
        return true;
    }
    let message = if let Some(near) = nearest(&name, Format::names()) {
        format!("unknown format `{name}`; did you mean `{near}`?")
    } else {
        let names: Vec<_> = Format::names().map(|name| format!("`{name}`")).collect();
        format!(
            "unknown format `{name}`; the formats are {}",
            names.join(", ")
        )
    };
    diagnostics.add(text, message);
    false
}

fn check_nested_feature(rule: &Rule<'_>, diagnostics: &mut Diagnostics) -> bool {
    let is_there = cfg!(feature = "garde");
    if !is_there {
        let message = "`nested` needs the feature `garde` of the crate `sockful`; add `features = [\"garde\"]` to it in Cargo.toml";
        diagnostics.add(rule.keyword, message);
    }
    is_there
}

/// Rejects a rule that does not fit a primitive type. For other types the compiler checks the traits in
/// `macro_support::bounds`.
fn check_rule_fits_type(rule: &Rule<'_>, ty: &Type, diagnostics: &mut Diagnostics) -> bool {
    let Some(name) = primitive(inner(ty)) else {
        return true;
    };
    let is_number = is_number(name);
    let kinds = match rule.kind {
        RuleKind::Range(_) if !is_number => "numbers",
        RuleKind::Length(_) => "strings, lists and maps",
        RuleKind::Pattern(_) | RuleKind::Format(_) => "strings",
        RuleKind::Range(_) | RuleKind::Conform(_) | RuleKind::Nested => return true,
    };
    let instead = match rule.kind {
        RuleKind::Length(_) if is_number => "; write `range(…)`",
        _ => "",
    };
    let message = format!(
        "`{}` applies to {kinds}, not to `{name}`{instead}",
        rule.keyword
    );
    diagnostics.add(rule.keyword, message);
    false
}

fn check_sanitize(rules: &Rules<'_>, ty: &Type, diagnostics: &mut Diagnostics) {
    if let (Some((keyword, _)), Some(name)) = (rules.sanitize, primitive(inner(ty))) {
        let message = format!("`sanitize` applies to strings, not to `{name}`; remove it");
        diagnostics.add(keyword, message);
    }
}

fn check_message(rules: &Rules<'_>, diagnostics: &mut Diagnostics) {
    let Some((keyword, _)) = rules.message else {
        return;
    };
    match rules.list.as_slice() {
        [] => diagnostics.add(
            keyword,
            "`message` needs a rule on the same property; add a rule, or remove it",
        ),
        [rule] if matches!(rule.kind, RuleKind::Nested) => {
            diagnostics.add(
                keyword,
                "the messages of `nested` come from its type; remove `message`",
            );
        }
        [rule] if rule.message.is_some() => {
            let message = format!(
                "`{}` already has a message in its parentheses; remove one",
                rule.keyword
            );
            diagnostics.add(keyword, message);
        }
        [_] => {}
        [first, ..] => {
            let message = format!(
                "`message` is ambiguous with several rules; write it inside one of them: `{}(…, message = \"…\")`",
                first.keyword
            );
            diagnostics.add(keyword, message);
        }
    }
}

fn check_when(rules: &Rules<'_>, diagnostics: &mut Diagnostics) {
    if let (Some((keyword, _)), []) = (rules.when, rules.list.as_slice()) {
        diagnostics.add(
            keyword,
            "`when` needs a rule on the same property; add a rule, or remove it",
        );
    }
}

/// The type inside an `Option`, or the type itself.
fn inner(ty: &Type) -> &Type {
    let last = match ty {
        Type::Group(group) => return inner(&group.elem),
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    match last.map(|last| (&last.ident, &last.arguments)) {
        Some((name, PathArguments::AngleBracketed(arguments))) if name == "Option" => {
            match arguments.args.first() {
                Some(GenericArgument::Type(ty)) => ty,
                _ => ty,
            }
        }
        _ => ty,
    }
}

/// The name of a primitive type.
fn primitive(ty: &Type) -> Option<&'static str> {
    const NAMES: &[&str] = &[
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16",
        "u32", "u64", "u128", "usize",
    ];
    let path = match ty {
        Type::Path(ty) => ty.path.get_ident()?.to_token_stream().to_string(),
        _ => return None,
    };
    NAMES.iter().copied().find(|name| *name == path)
}

fn is_number(primitive: &str) -> bool {
    !matches!(primitive, "bool" | "char")
}

/// The bounds of an integer type.
fn integer(name: &'static str) -> Option<(&'static str, i128, i128)> {
    let (least, most) = match name {
        "i8" => (i8::MIN.into(), i8::MAX.into()),
        "i16" => (i16::MIN.into(), i16::MAX.into()),
        "i32" => (i32::MIN.into(), i32::MAX.into()),
        "i64" | "isize" => (i64::MIN.into(), i64::MAX.into()),
        "i128" => (i128::MIN, i128::MAX),
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        "u64" | "usize" => (0, u64::MAX.into()),
        "u128" => (0, i128::MAX),
        _ => return None,
    };
    Some((name, least, most))
}
