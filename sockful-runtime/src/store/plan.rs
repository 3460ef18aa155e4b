//! Which values of an indexed property a filter leaves open.

use crate::model::scalar::Scalar;
use crate::query::{CompareOp, QueryFilter};
use std::ops::Bound;

/// From which value to which.
pub(super) type Interval = (Bound<Scalar<'static>>, Bound<Scalar<'static>>);

/// The values of one property that records which meet a filter may have.
#[derive(Debug)]
pub(super) struct Values {
    /// Ascending, and apart from each other.
    pub(super) intervals: Vec<Interval>,
    /// Whether the filter says anything of the property at all.
    pub(super) is_narrow: bool,
}

impl Values {
    /// What `filter` leaves of the values of `property`.
    pub(super) fn of(property: usize, filter: &QueryFilter) -> Self {
        let mut values = Self {
            intervals: vec![(Bound::Unbounded, Bound::Unbounded)],
            is_narrow: false,
        };
        values.narrow(property, filter);
        values
    }

    /// Whether these are single values only.
    pub(super) fn are_points(&self) -> bool {
        self.is_narrow
            && self.intervals.iter().all(|interval| match interval {
                (Bound::Included(lower), Bound::Included(upper)) => lower == upper,
                _ => false,
            })
    }

    fn narrow(&mut self, property: usize, filter: &QueryFilter) {
        match filter {
            QueryFilter::And(each) => each.iter().for_each(|filter| self.narrow(property, filter)),
            QueryFilter::Compare {
                property: of,
                is,
                value,
            } if *of == property => self.keep(&[compared(*is, value)]),
            QueryFilter::In {
                property: of,
                values,
            } if *of == property => {
                let points = values.iter().map(|value| compared(CompareOp::Equal, value));
                self.keep(&points.collect::<Vec<_>>());
            }
            QueryFilter::Prefix {
                property: of,
                prefix,
            } if *of == property => self.keep(&[beginning(prefix)]),
            // Of these something may be said that no interval shows.
            _ => {}
        }
    }

    /// Keeps what is in one of `intervals` too, which are ascending and apart.
    fn keep(&mut self, intervals: &[Interval]) {
        let both = self
            .intervals
            .iter()
            .flat_map(|one| intervals.iter().filter_map(|other| common(one, other)));
        self.intervals = both.collect();
        self.is_narrow = true;
    }
}

fn compared(is: CompareOp, value: &Scalar<'static>) -> Interval {
    let value = value.clone();
    // Null is neither less nor greater than anything, and stands before everything.
    let not_null = Bound::Excluded(Scalar::Null);
    match is {
        CompareOp::Equal => (Bound::Included(value.clone()), Bound::Included(value)),
        CompareOp::Less => (not_null, Bound::Excluded(value)),
        CompareOp::LessOrEqual => (not_null, Bound::Included(value)),
        CompareOp::Greater => (Bound::Excluded(value), Bound::Unbounded),
        CompareOp::GreaterOrEqual if value.is_null() => (not_null, Bound::Excluded(Scalar::Null)),
        CompareOp::GreaterOrEqual => (Bound::Included(value), Bound::Unbounded),
    }
}

/// The texts that begin with `prefix`.
fn beginning(prefix: &str) -> Interval {
    let lower = Bound::Included(text(prefix.to_owned()));
    // Texts are in the order of their characters, so those behind all these begin with the next
    // character; where there is none behind the last one, with the one before it.
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

/// What two intervals have in common, if anything.
pub(super) fn common(one: &Interval, other: &Interval) -> Option<Interval> {
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
    let holds_something = match (lower, upper) {
        (Bound::Included(lower), Bound::Included(upper)) => lower <= upper,
        (
            Bound::Included(lower) | Bound::Excluded(lower),
            Bound::Included(upper) | Bound::Excluded(upper),
        ) => lower < upper,
        _ => true,
    };
    holds_something.then(|| (lower.clone(), upper.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_a_beginning_end_before_the_next_character() {
        let upper = |prefix: &str| match beginning(prefix).1 {
            Bound::Excluded(Scalar::Text(upper)) => Some(upper.into_owned()),
            _ => None,
        };
        assert_eq!(upper("ab").as_deref(), Some("ac"));
        assert_eq!(upper("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(upper("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(upper("\u{10ffff}"), None);
        assert_eq!(upper(""), None);
    }

    #[test]
    fn conditions_that_contradict_each_other_leave_nothing() {
        let compare = |is, number: f64| QueryFilter::Compare {
            property: 1,
            is,
            value: Scalar::Number(number),
        };
        let left = |each: Vec<QueryFilter>| Values::of(1, &QueryFilter::And(each)).intervals.len();
        assert_eq!(
            left(vec![
                compare(CompareOp::Less, 1.0),
                compare(CompareOp::Greater, 1.0)
            ]),
            0
        );
        assert_eq!(
            left(vec![
                compare(CompareOp::LessOrEqual, 1.0),
                compare(CompareOp::GreaterOrEqual, 1.0)
            ]),
            1
        );
        assert_eq!(
            left(vec![
                compare(CompareOp::Less, 1.0),
                compare(CompareOp::Equal, 1.0)
            ]),
            0
        );
        assert!(!Values::of(0, &compare(CompareOp::Less, 1.0)).is_narrow);
    }
}
