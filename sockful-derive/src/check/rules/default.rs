//! A default that is written out keeps to the rules beside it. All others are asked at start.

use crate::diagnostics::Diagnostics;
use crate::model::{Check, Default, Number, Rule, text_of};
use sockful_formats::{Format, Pattern};
use std::cmp::Ordering;
use syn::{ExprRange, RangeLimits};

pub(super) fn keeps_to(
    rule: &Rule<'_>,
    default: Option<Default<'_>>,
    diagnostics: &mut Diagnostics,
) {
    let Some(Default::Written(default)) = default else {
        return;
    };
    let text = text_of(default).map(syn::LitStr::value);
    let kept = match (rule.check, text) {
        (Check::Range(range), None) => Number::of(default).is_none_or(|it| is_in(it, range)),
        (Check::Length(range), Some(text)) => {
            let count = i128::try_from(text.chars().count()).unwrap_or(i128::MAX);
            is_in(Number::Int(count), range)
        }
        (Check::Pattern(pattern), Some(text)) => Pattern::finds(&pattern.value(), &text),
        (Check::Format(name), Some(text)) => {
            Format::called(&name.value()).is_none_or(|format| format.is_met_by(&text))
        }
        _ => true,
    };
    if !kept {
        let message = format!(
            "this default is refused by `{}`; change one of them",
            rule.word
        );
        diagnostics.add(default, message);
    }
}

/// Whether a number is in a range, as far as its ends are written out.
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
