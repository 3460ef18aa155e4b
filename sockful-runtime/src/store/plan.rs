//! Plans a query: which index ranges contain the records that a filter may match.

mod intervals;

pub(crate) use intervals::{Interval, common, point};

use crate::core::error::Result;
use crate::model::scalar::Scalar;
use crate::query::QueryFilter;
use intervals::{intervals, is_below, union};
use std::mem;
use std::ops::Bound;

/// A range of records in the order of an index or of the table.
#[derive(Debug)]
pub(crate) enum RecordSource<'q> {
    /// All records, in the order of their ids.
    All {
        /// Whether the order is reversed.
        descending: bool,
        /// The id after which the range begins.
        after: Option<&'q str>,
    },
    /// The record with this id, if there is one.
    One {
        /// The id.
        id: Box<str>,
    },
    /// The records whose indexed property has a value in the interval, in the order of the values; ids
    /// ascend among equal values in both directions.
    Within {
        /// The position of the property.
        property: usize,
        /// The values.
        interval: Interval,
        /// Whether the order of the values is reversed.
        descending: bool,
        /// The value and the id after which the range begins.
        after: Option<(Scalar<'static>, &'q str)>,
    },
}

/// All records, in the order of their ids.
pub(crate) const EVERYTHING: RecordSource<'static> = RecordSource::All {
    descending: false,
    after: None,
};

/// Returns the source of the records that have one value of an indexed property, in the order of their
/// ids.
pub(crate) fn holders(property: usize, value: &Scalar<'static>) -> RecordSource<'static> {
    RecordSource::Within {
        property,
        interval: point(value),
        descending: false,
        after: None,
    }
}

/// The values of one property that matching records may have.
#[derive(Clone, Debug)]
pub(super) struct IndexRange {
    /// The position of the property.
    pub(super) property: usize,
    /// The intervals, ascending and disjoint.
    pub(super) intervals: Vec<Interval>,
}

/// Index ranges of which each matching record is in at least one.
#[derive(Clone, Debug)]
pub(super) struct Candidates {
    /// The ranges, at most one for each property.
    pub(super) ranges: Vec<IndexRange>,
}

impl IndexRange {
    /// Returns the values of `property` that `filter` allows; all of them if it has no condition on it.
    pub(super) fn of(property: usize, filter: &QueryFilter) -> Self {
        let all = || vec![(Bound::Unbounded, Bound::Unbounded)];
        Self {
            property,
            intervals: intervals(property, filter, false).unwrap_or_else(all),
        }
    }

    /// Returns whether a record with this value is in the range.
    pub(super) fn contains(&self, value: &Scalar<'_>) -> bool {
        let after = self
            .intervals
            .partition_point(|(_, upper)| is_below(upper, value));
        self.intervals
            .get(after)
            .is_some_and(|(lower, _)| match lower {
                Bound::Included(lower) => value >= lower,
                Bound::Excluded(lower) => value > lower,
                Bound::Unbounded => true,
            })
    }

    /// Returns the values, if each interval is a single value.
    pub(super) fn points(&self) -> Option<Vec<&Scalar<'static>>> {
        let points = self.intervals.iter().map(|interval| match interval {
            (Bound::Included(lower), Bound::Included(upper)) if lower == upper => Some(lower),
            _ => None,
        });
        points.collect()
    }
}

impl Candidates {
    /// Returns the alternative sets of candidates, each sufficient on its own, the simplest first. If a
    /// branch of a disjunction has several, `pick` chooses one; it receives the simplest first.
    pub(super) fn of(
        filter: &QueryFilter,
        id: usize,
        indexed: &[usize],
        pick: &mut dyn FnMut(Vec<Self>) -> Result<Self>,
    ) -> Result<Vec<Self>> {
        Self::collect(filter, false, (id, indexed), pick)
    }

    fn collect(
        filter: &QueryFilter,
        negated: bool,
        (id, indexed): (usize, &[usize]),
        pick: &mut dyn FnMut(Vec<Self>) -> Result<Self>,
    ) -> Result<Vec<Self>> {
        let single = indexed.iter().filter_map(|&property| {
            let intervals = intervals(property, filter, negated)?;
            let ranges = vec![IndexRange {
                property,
                intervals,
            }];
            Some(Self { ranges })
        });
        let mut all: Vec<_> = single.collect();
        // The table is in the order of the ids, but finds only single ones.
        let by_id = intervals(id, filter, negated).map(|intervals| IndexRange {
            property: id,
            intervals,
        });
        if let Some(by_id) = by_id.filter(|it| it.points().is_some() && !indexed.contains(&id)) {
            all.push(Self {
                ranges: vec![by_id],
            });
        }
        let mut disjunctions = Vec::new();
        add_disjunctions(filter, negated, &mut disjunctions);
        for (branches, negated) in disjunctions {
            let mut union = Vec::with_capacity(branches.len());
            for branch in branches {
                let mut ways = Self::collect(branch, negated, (id, indexed), pick)?;
                match ways.len() {
                    0 => break,
                    1 => union.extend(ways.pop()),
                    _ => union.push(pick(ways)?),
                }
            }
            if union.len() == branches.len() {
                let union = Self::union(union);
                // A disjunction about one property is already among the single ranges.
                if union.ranges.len() > 1 {
                    all.push(union);
                }
            }
        }
        all.sort_by_key(|it| (it.points().is_none(), it.ranges.len(), it.intervals()));
        Ok(all)
    }

    fn union(branches: Vec<Self>) -> Self {
        let mut ranges: Vec<IndexRange> = Vec::new();
        let mut parts = branches
            .into_iter()
            .flat_map(|it| it.ranges)
            .collect::<Vec<_>>();
        parts.sort_by_key(|range| range.property);
        for IndexRange {
            property,
            mut intervals,
        } in parts
        {
            match ranges.last_mut() {
                Some(last) if last.property == property => last.intervals.append(&mut intervals),
                _ => ranges.push(IndexRange {
                    property,
                    intervals,
                }),
            }
        }
        for range in &mut ranges {
            range.intervals = union(mem::take(&mut range.intervals));
        }
        Self { ranges }
    }

    /// Returns each property with its values, if the ranges are single values only: the records of each
    /// value are in the order of their ids.
    pub(super) fn points(&self) -> Option<Vec<(usize, &Scalar<'static>)>> {
        let mut points = Vec::new();
        for range in &self.ranges {
            let of_range = range.points()?;
            points.extend(of_range.into_iter().map(|value| (range.property, value)));
        }
        Some(points)
    }

    fn intervals(&self) -> usize {
        self.ranges.iter().map(|range| range.intervals.len()).sum()
    }
}

/// Adds the disjunctions of which each matching record must match a branch.
fn add_disjunctions<'f>(
    filter: &'f QueryFilter,
    negated: bool,
    found: &mut Vec<(&'f [QueryFilter], bool)>,
) {
    match (filter, negated) {
        (QueryFilter::And(each), false) | (QueryFilter::Or(each), true) => {
            for filter in each {
                add_disjunctions(filter, negated, found);
            }
        }
        (QueryFilter::Or(any), false) | (QueryFilter::And(any), true) => found.push((any, negated)),
        (QueryFilter::Not(filter), _) => add_disjunctions(filter, !negated, found),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::intervals::{STEPS, beginning, is_apart};
    use super::*;
    use crate::query::CompareOp;

    #[test]
    fn prefix_range_ends_before_the_next_character() {
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

    fn compare(is: CompareOp, number: f64) -> QueryFilter {
        QueryFilter::Compare {
            property: 1,
            is,
            value: Scalar::Number(number),
        }
    }

    fn left(filter: &QueryFilter) -> Vec<Interval> {
        IndexRange::of(1, filter).intervals
    }

    fn one_of(values: impl Iterator<Item = u32>) -> QueryFilter {
        let values = values.map(|value| Scalar::Number(f64::from(value)));
        QueryFilter::one_of(1, values.collect())
    }

    #[test]
    fn contradicting_conditions_leave_no_range() {
        let both = |one, other| left(&QueryFilter::And(vec![one, other])).len();
        let (less, greater) = (CompareOp::Less, CompareOp::Greater);
        assert_eq!(both(compare(less, 1.0), compare(greater, 1.0)), 0);
        let at_most = compare(CompareOp::LessOrEqual, 1.0);
        assert_eq!(both(at_most, compare(CompareOp::GreaterOrEqual, 1.0)), 1);
        assert_eq!(both(compare(less, 1.0), compare(CompareOp::Equal, 1.0)), 0);
        assert_eq!(left(&QueryFilter::All.negated()).len(), 0);
        assert_eq!(left(&QueryFilter::Or(Vec::new())).len(), 0);
    }

    #[test]
    fn ranges_contain_the_values_that_match() {
        let null = || QueryFilter::Compare {
            property: 1,
            is: CompareOp::Equal,
            value: Scalar::Null,
        };
        let filters = [
            compare(CompareOp::Less, 3.0),
            compare(CompareOp::Less, 3.0).negated(),
            compare(CompareOp::GreaterOrEqual, 3.0).negated(),
            null(),
            null().negated(),
            one_of([2, 4, 5].into_iter()).negated(),
            QueryFilter::Or(vec![one_of(2..4), compare(CompareOp::Greater, 5.0), null()]),
            QueryFilter::Or(vec![
                compare(CompareOp::Less, 3.0),
                compare(CompareOp::GreaterOrEqual, 3.0),
            ]),
            QueryFilter::And(vec![
                one_of(1..6),
                QueryFilter::Or(vec![one_of(0..2), compare(CompareOp::Greater, 4.0)]),
                one_of([5].into_iter()).negated(),
            ]),
            QueryFilter::And(vec![one_of(0..2), one_of(1..4)]).negated(),
        ];
        let stored = |raw: &'static str| (raw, Scalar::read(raw));
        for filter in filters {
            let range = IndexRange::of(1, &filter);
            let is_apart = |pair: &[Interval]| is_apart(&pair[0].1, &pair[1].0);
            assert!(range.intervals.windows(2).all(is_apart), "{range:?}");
            for (raw, value) in ["null", "0", "1", "2", "3", "4", "5", "6"].map(stored) {
                let fields = Only(raw);
                let is_match = filter.evaluate(&mut crate::query::RecordValues::new(&fields));
                assert_eq!(range.contains(&value), is_match, "{filter:?} {raw}");
            }
        }
    }

    /// A record with one property.
    struct Only(&'static str);

    impl crate::query::Fields for Only {
        fn id(&self) -> &str {
            self.0
        }

        fn json(&self, _: usize) -> &str {
            self.0
        }

        fn key_form(&self, _: usize) -> crate::model::definition::KeyForm {
            crate::model::definition::KeyForm::Json
        }
    }

    #[test]
    fn intersections_of_lists_take_linear_steps() {
        STEPS.set(0);
        let lists: Vec<_> = (0..12).map(|n| one_of(n..n + 1_000)).collect();
        assert_eq!(left(&QueryFilter::And(lists.clone())).len(), 989);
        let steps = STEPS.replace(0);
        assert!(steps < 24_000, "{steps}");
        // Nested: conjunctions of disjunctions of lists, and their complements.
        let halves = lists.chunks(6).map(|some| QueryFilter::Or(some.to_vec()));
        assert_eq!(left(&QueryFilter::And(halves.collect())).len(), 999);
        assert!(STEPS.get() < 60_000, "{}", STEPS.get());
        STEPS.set(0);
        let each = lists.into_iter().map(QueryFilter::negated).collect();
        assert_eq!(left(&QueryFilter::And(each)).len(), 1_012);
        assert!(STEPS.get() < 40_000, "{}", STEPS.get());
    }

    #[test]
    fn disjunctions_are_a_union_of_ranges() {
        let equal = |property, number| QueryFilter::Compare {
            property,
            is: CompareOp::Equal,
            value: Scalar::Number(number),
        };
        let ways = |filter: &QueryFilter, indexed: &[usize]| {
            let mut first = |mut ways: Vec<Candidates>| Ok(ways.swap_remove(0));
            let ways = Candidates::of(filter, 0, indexed, &mut first).expect("planning succeeds");
            let properties = |way: &Candidates| {
                let ranges = way.ranges.iter();
                ranges.map(|it| (it.property, it.intervals.len())).collect()
            };
            ways.iter().map(properties).collect::<Vec<Vec<_>>>()
        };
        let policy = || QueryFilter::Or(vec![equal(1, 7.0), equal(2, 1.0)]);
        assert_eq!(ways(&policy(), &[1, 2]), [[(1, 1), (2, 1)]]);
        // A branch without an index may match any record.
        assert!(ways(&policy(), &[1]).is_empty());
        let both = QueryFilter::And(vec![equal(3, 1.0), policy()]);
        assert_eq!(ways(&both, &[1, 2]), [[(1, 1), (2, 1)]]);
        assert_eq!(
            ways(&both, &[1, 2, 3]),
            [vec![(3, 1)], vec![(1, 1), (2, 1)]]
        );
        let nested = QueryFilter::Or(vec![
            QueryFilter::And(vec![equal(9, 1.0), equal(1, 1.0)]),
            QueryFilter::Or(vec![equal(1, 2.0), equal(2, 5.0)]),
            equal(1, 1.0),
        ]);
        assert_eq!(ways(&nested, &[1, 2]), [[(1, 2), (2, 1)]]);
        let not = QueryFilter::And(vec![equal(1, 1.0).negated(), equal(2, 2.0)]).negated();
        assert_eq!(ways(&not, &[1, 2]), [[(1, 1), (2, 2)]]);
    }
}
