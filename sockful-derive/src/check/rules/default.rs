//! Checks a literal default against the rules next to it; other defaults are checked at start.

use crate::diagnostics::Diagnostics;
use crate::model::{DefaultValue, Number, Rule, RuleKind, str_literal};
use sockful_formats::{Format, Pattern};
use std::cmp::Ordering;
use syn::{ExprRange, RangeLimits};

pub(super) fn check(
    rule: &Rule<'_>,
    default: Option<DefaultValue<'_>>,
    diagnostics: &mut Diagnostics,
) {
    let Some(DefaultValue::Expr(default)) = default else {
        return;
    };
    let text = str_literal(default).map(syn::LitStr::value);
    let kept = match (rule.kind, text) {
        (RuleKind::Range(range), None) => Number::of(default).is_none_or(|it| is_in(it, range)),
        (RuleKind::Length(range), Some(text)) => {
            let count = i128::try_from(text.chars().count()).unwrap_or(i128::MAX);
            is_in(Number::Int(count), range)
        }
        (RuleKind::Pattern(pattern), Some(text)) => Pattern::finds(&pattern.value(), &text),
        (RuleKind::Format(name), Some(text)) => {
            Format::called(&name.value()).is_none_or(|format| format.is_met_by(&text))
        }
        _ => true,
    };
    if !kept {
        let message = format!(
            "the default violates `{}`; change one of them",
            rule.keyword
        );
        diagnostics.add(default, message);
    }
}

/// Whether a number is in a range, as far as the bounds are literals.
fn is_in(number: Number, range: &ExprRange) -> bool {
    let compare = |end: &Option<Box<syn::Expr>>| {
        let end = end.as_deref().and_then(Number::of)?;
        number.partial_cmp(&end)
    };
    let above = compare(&range.start).is_none_or(Ordering::is_ge);
    above
        && compare(&range.end).is_none_or(|ordering| match range.limits {
            RangeLimits::Closed(_) => ordering.is_le(),
            RangeLimits::HalfOpen(_) => ordering.is_lt(),
        })
}
