//! Intervals of the values of one property, and sets of them.

use crate::model::scalar::Scalar;
use crate::query::{CompareOp, QueryFilter};
use std::cmp::Ordering;
use std::ops::Bound;

/// The lower and the upper bound of values.
pub(crate) type Interval = (Bound<Scalar<'static>>, Bound<Scalar<'static>>);

/// Returns the values of `property` that matching records may have, or non-matching ones if `negated`;
/// `None` if these are all values.
pub(super) fn intervals(
    property: usize,
    filter: &QueryFilter,
    negated: bool,
) -> Option<Vec<Interval>> {
    let of_property = match filter {
        // Nothing matches the negation of everything.
        QueryFilter::All => return negated.then(Vec::new),
        QueryFilter::Not(filter) => return intervals(property, filter, !negated),
        QueryFilter::And(filters) | QueryFilter::Or(filters) => {
            let each = filters
                .iter()
                .map(|filter| intervals(property, filter, negated));
            return if matches!(filter, QueryFilter::And(_)) == negated {
                let each: Option<Vec<_>> = each.collect();
                each.map(|each| union(each.into_iter().flatten().collect()))
            } else {
                intersection_of(each.flatten().collect())
            };
        }
        QueryFilter::Compare {
            property: of,
            is,
            value,
        } if *of == property => compared(*is, value).into_iter().collect(),
        QueryFilter::In {
            property: of,
            values,
        } if *of == property => values.iter().map(point).collect(),
        QueryFilter::Prefix {
            property: of,
            prefix,
        } if *of == property => vec![beginning(prefix)],
        QueryFilter::Compare { .. }
        | QueryFilter::In { .. }
        | QueryFilter::Prefix { .. }
        | QueryFilter::Related(_) => return None,
    };
    Some(if negated {
        complement(of_property)
    } else {
        of_property
    })
}

/// Returns the interval of only this value.
pub(crate) fn point(value: &Scalar<'static>) -> Interval {
    (
        Bound::Included(value.clone()),
        Bound::Included(value.clone()),
    )
}

/// Returns the interval of the values with this comparison; `None` if there are none.
fn compared(is: CompareOp, value: &Scalar<'static>) -> Option<Interval> {
    // Null sorts before everything, but is neither less nor greater than anything.
    if is != CompareOp::Equal && value.is_null() {
        return None;
    }
    let not_null = Bound::Excluded(Scalar::Null);
    Some(match is {
        CompareOp::Equal => point(value),
        CompareOp::Less => (not_null, Bound::Excluded(value.clone())),
        CompareOp::LessOrEqual => (not_null, Bound::Included(value.clone())),
        CompareOp::Greater => (Bound::Excluded(value.clone()), Bound::Unbounded),
        CompareOp::GreaterOrEqual => (Bound::Included(value.clone()), Bound::Unbounded),
    })
}

/// Returns the values that are in none of these intervals, which are ascending and disjoint.
fn complement(intervals: Vec<Interval>) -> Vec<Interval> {
    let mut between = Vec::with_capacity(intervals.len() + 1);
    let mut lower = Bound::Unbounded;
    for (from, to) in intervals {
        let upper = match from {
            // No value sorts before null.
            Bound::Included(Scalar::Null) | Bound::Unbounded => None,
            Bound::Included(value) => Some(Bound::Excluded(value)),
            Bound::Excluded(value) => Some(Bound::Included(value)),
        };
        let is_some = |upper: &Bound<_>| !is_empty(&lower, upper);
        between.extend(upper.filter(is_some).map(|upper| (lower, upper)));
        lower = match to {
            Bound::Included(value) => Bound::Excluded(value),
            Bound::Excluded(value) => Bound::Included(value),
            Bound::Unbounded => return between,
        };
    }
    between.push((lower, Bound::Unbounded));
    between
}

/// Returns the values that are in each of these lists; `None` if there are no lists.
///
/// Each list is ascending and disjoint. The number of steps to merge them is that of their intervals.
fn intersection_of(mut lists: Vec<Vec<Interval>>) -> Option<Vec<Interval>> {
    // The intersection with the shortest list is never longer than that list, if the others are single
    // values.
    lists.sort_by_key(Vec::len);
    lists
        .into_iter()
        .reduce(|one, other| intersection(&one, &other))
}

fn intersection(one: &[Interval], other: &[Interval]) -> Vec<Interval> {
    let (mut at, mut at_other) = (0, 0);
    let mut both = Vec::with_capacity(one.len().min(other.len()));
    while let (Some(a), Some(b)) = (one.get(at), other.get(at_other)) {
        note_step();
        both.extend(common(a, b));
        // The interval that ends first has nothing in common with the rest of the other list.
        if compare_upper(&a.1, &b.1).is_le() {
            at += 1;
        } else {
            at_other += 1;
        }
    }
    both
}

/// Returns the values that are in any of these intervals, ascending and disjoint.
pub(super) fn union(mut intervals: Vec<Interval>) -> Vec<Interval> {
    // The input is several ascending lists in a row, which the sort merges.
    intervals.sort_by(|a, b| {
        note_step();
        compare_lower(&a.0, &b.0)
    });
    let mut merged: Vec<Interval> = Vec::with_capacity(intervals.len());
    for (lower, upper) in intervals {
        match merged.last_mut() {
            Some(last) if !is_apart(&last.1, &lower) => {
                if compare_upper(&last.1, &upper).is_lt() {
                    last.1 = upper;
                }
            }
            _ => merged.push((lower, upper)),
        }
    }
    merged
}

#[cfg(test)]
thread_local! {
    /// The number of interval comparisons while merging lists.
    pub(super) static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn note_step() {
    #[cfg(test)]
    STEPS.set(STEPS.get() + 1);
}

fn compare_lower(a: &Bound<Scalar<'_>>, b: &Bound<Scalar<'_>>) -> Ordering {
    compare_bounds(a, b, Ordering::Less)
}

fn compare_upper(a: &Bound<Scalar<'_>>, b: &Bound<Scalar<'_>>) -> Ordering {
    compare_bounds(a, b, Ordering::Greater)
}

/// Compares two bounds of the same side; an open one compares as `unbounded` to any other.
fn compare_bounds(a: &Bound<Scalar<'_>>, b: &Bound<Scalar<'_>>, unbounded: Ordering) -> Ordering {
    match (a, b) {
        (Bound::Unbounded, Bound::Unbounded) => Ordering::Equal,
        (Bound::Unbounded, _) => unbounded,
        (_, Bound::Unbounded) => unbounded.reverse(),
        (Bound::Included(x) | Bound::Excluded(x), Bound::Included(y) | Bound::Excluded(y)) => {
            let further = |bound: &Bound<_>| matches!(bound, Bound::Included(_));
            x.cmp(y).then_with(|| match (further(a), further(b)) {
                (true, false) => unbounded,
                (false, true) => unbounded.reverse(),
                _ => Ordering::Equal,
            })
        }
    }
}

/// Returns whether there are values between an interval that ends at `upper` and a later one that
/// begins at `lower`.
pub(super) fn is_apart(upper: &Bound<Scalar<'_>>, lower: &Bound<Scalar<'_>>) -> bool {
    match (upper, lower) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Excluded(end), Bound::Excluded(start)) => end <= start,
        (
            Bound::Included(end) | Bound::Excluded(end),
            Bound::Included(start) | Bound::Excluded(start),
        ) => end < start,
    }
}

fn is_empty(lower: &Bound<Scalar<'_>>, upper: &Bound<Scalar<'_>>) -> bool {
    match (lower, upper) {
        (Bound::Included(lower), Bound::Included(upper)) => lower > upper,
        (
            Bound::Included(lower) | Bound::Excluded(lower),
            Bound::Included(upper) | Bound::Excluded(upper),
        ) => lower >= upper,
        _ => false,
    }
}

/// Returns whether an interval that ends at `upper` ends before `value`.
pub(super) fn is_below(upper: &Bound<Scalar<'_>>, value: &Scalar<'_>) -> bool {
    match upper {
        Bound::Included(upper) => upper < value,
        Bound::Excluded(upper) => upper <= value,
        Bound::Unbounded => false,
    }
}

/// Returns the interval of the strings that begin with `prefix`.
pub(super) fn beginning(prefix: &str) -> Interval {
    let lower = Bound::Included(text(prefix.to_owned()));
    // Strings are ordered by their characters, so the strings after all of these begin with the next
    // character. If the last character has no next one, the previous one is used.
    let mut head = prefix.chars();
    while let Some(last) = head.next_back() {
        let next = (last..=char::MAX).nth(1);
        if let Some(next) = next {
            let upper = text(format!("{}{next}", head.as_str()));
            return (lower, Bound::Excluded(upper));
        }
    }
    (lower, Bound::Excluded(Scalar::Nested))
}

fn text(text: String) -> Scalar<'static> {
    Scalar::Text(text.into())
}

/// Returns the intersection of two intervals, if it is not empty.
pub(crate) fn common(one: &Interval, other: &Interval) -> Option<Interval> {
    let lower = match (&one.0, &other.0) {
        (Bound::Unbounded, bound) | (bound, Bound::Unbounded) => bound,
        (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => {
            if a > b || a == b && matches!(one.0, Bound::Excluded(_)) {
                &one.0
            } else {
                &other.0
            }
        }
    };
    let upper = match (&one.1, &other.1) {
        (Bound::Unbounded, bound) | (bound, Bound::Unbounded) => bound,
        (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => {
            if a < b || a == b && matches!(one.1, Bound::Excluded(_)) {
                &one.1
            } else {
                &other.1
            }
        }
    };
    let holds_something = !is_empty(lower, upper);
    holds_something.then(|| (lower.clone(), upper.clone()))
}
