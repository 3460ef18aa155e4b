//! Canonical texts of filters, and the property values by which a matching record is found.

use super::values::comparison_cost;
use super::{CompareOp, QueryFilter};
use crate::model::scalar::Scalar;

impl QueryFilter {
    /// Returns a canonical text: equal for filters with the same conditions in any order, and different
    /// for all others.
    pub(crate) fn canonical(&self) -> String {
        let joined = |word: &str, filters: &[Self]| {
            let mut texts: Vec<_> = filters.iter().map(Self::canonical).collect();
            texts.sort_unstable();
            texts.dedup();
            format!("{word}({})", texts.join(","))
        };
        match self {
            Self::And(each) => joined("and", each),
            Self::Or(any) => joined("or", any),
            Self::Not(filter) => format!("not({})", filter.canonical()),
            Self::Related(related) => {
                let (name, link) = (related.resource.name, related.link);
                let filter = related.filter.canonical();
                let side = related.side;
                format!("{side:?}({},{name},{link},{filter})", related.property)
            }
            // Strings are quoted and escaped, so they cannot be confused with other values.
            plain => format!("{plain:?}"),
        }
    }

    /// Returns the maximum cost of one evaluation in addition to parsing the record, in bytes: see
    /// [`RecordValues::compared`](super::RecordValues::compared).
    pub(crate) fn weight(&self) -> usize {
        let text = |value: &Scalar<'_>| match value {
            Scalar::Text(text) => text.len(),
            _ => 0,
        };
        match self {
            Self::All => 0,
            Self::Compare { value, .. } => comparison_cost(1, text(value)),
            Self::In { values, .. } => {
                let longest = values.iter().map(text).max().unwrap_or_default();
                comparison_cost(values.len().max(1).ilog2() as usize + 1, longest)
            }
            Self::Prefix { prefix, .. } => comparison_cost(1, prefix.len()),
            Self::And(filters) | Self::Or(filters) => filters.iter().map(Self::weight).sum(),
            Self::Not(filter) => filter.weight(),
            Self::Related(related) => related.filter.weight(),
        }
    }

    /// Returns a set of property values of which every matching record has at least one. `None` if the
    /// filter implies no such set.
    pub(crate) fn values(&self) -> Option<Vec<(usize, Scalar<'static>)>> {
        match self {
            Self::Compare {
                property,
                is: CompareOp::Equal,
                value,
            } => Some(vec![(*property, value.clone())]),
            Self::In { property, values } => {
                let each = values.iter().map(|value| (*property, value.clone()));
                Some(each.collect())
            }
            // The fewest values select the fewest records.
            Self::And(each) => each.iter().filter_map(Self::values).min_by_key(Vec::len),
            Self::Or(any) => {
                let each: Option<Vec<_>> = any.iter().map(Self::values).collect();
                Some(each?.concat())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(property: usize, value: f64) -> QueryFilter {
        QueryFilter::Compare {
            property,
            is: CompareOp::Equal,
            value: Scalar::Number(value),
        }
    }

    fn less(property: usize) -> QueryFilter {
        QueryFilter::Compare {
            property,
            is: CompareOp::Less,
            value: Scalar::Number(1.0),
        }
    }

    #[test]
    fn canonical_filter_ignores_condition_order() {
        let one = QueryFilter::And(vec![
            equal(1, 2.0),
            less(3),
            QueryFilter::Or(vec![less(1), less(2)]),
        ]);
        let other = QueryFilter::And(vec![
            QueryFilter::Or(vec![less(2), less(1)]),
            less(3),
            equal(1, 2.0),
        ]);
        assert_eq!(one.canonical(), other.canonical());
        let others = [
            QueryFilter::All,
            QueryFilter::And(vec![]),
            QueryFilter::Or(vec![]),
            QueryFilter::Or(vec![equal(1, 2.0), less(3)]),
            QueryFilter::And(vec![equal(1, 2.0), less(3)]),
            equal(1, 2.0),
            equal(2, 1.0),
            equal(1, 2.0).negated(),
        ];
        let texts: std::collections::BTreeSet<_> =
            others.iter().map(QueryFilter::canonical).collect();
        assert_eq!(texts.len(), others.len());
    }

    #[test]
    fn filter_values_cover_every_matching_record() {
        let values = |filter: QueryFilter| filter.values().map(|values| values.len());
        assert_eq!(values(equal(1, 2.0)), Some(1));
        assert_eq!(values(less(1)), None);
        assert_eq!(values(QueryFilter::All), None);
        assert_eq!(values(equal(1, 2.0).negated()), None);
        assert_eq!(values(QueryFilter::Or(vec![equal(1, 2.0), less(1)])), None);
        assert_eq!(
            values(QueryFilter::Or(vec![equal(1, 2.0), equal(2, 1.0)])),
            Some(2)
        );
        let several = QueryFilter::one_of(1, vec![Scalar::Number(1.0), Scalar::Null]);
        assert_eq!(values(several.clone()), Some(2));
        let both = QueryFilter::And(vec![several, less(2), equal(3, 1.0)]);
        assert_eq!(both.values(), Some(vec![(3, Scalar::Number(1.0))]));
    }
}
