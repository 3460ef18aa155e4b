//! Conditions on the records at the other end of a relation.

use super::QueryFilter;
use crate::core::error::{Error, ErrorKind, Result};
use crate::model::definition::ResourceDef;
use std::fmt;

/// The maximum number of relations between a record and a property that it is matched by.
pub(crate) const MAX_STEPS: usize = 2;

/// A condition on the records at the other end of a relation: it matches if one of them matches.
///
/// These are the records of `resource` whose `link` has the same value as `property` of the record
/// itself. Null is not the same value as anything.
#[derive(Clone)]
pub struct RelatedFilter {
    /// The side of the relation that the related records are on.
    pub side: RelationSide,
    /// The position of the record's own property: the one that holds the id of its parent, or its id.
    pub property: usize,
    /// The resource of the related records.
    pub resource: &'static ResourceDef,
    /// The position of the related records' property with the same value.
    pub link: usize,
    /// The condition on the related records.
    pub filter: QueryFilter,
    /// The number under which a search remembers which values it has looked up.
    pub(crate) number: usize,
}

/// A side of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationSide {
    /// The parent of a record, if it has one.
    Parent,
    /// The children of a record.
    Children,
}

impl RelatedFilter {
    /// Matches the records whose parent, by the id in `property`, matches `filter`.
    pub(crate) fn parent(
        property: usize,
        parent: &'static ResourceDef,
        filter: QueryFilter,
    ) -> Self {
        Self {
            side: RelationSide::Parent,
            property,
            resource: parent,
            link: parent.id,
            filter,
            number: 0,
        }
    }

    /// Matches the records of the resource `parent` of which a child, whose `property` has their id,
    /// matches `filter`.
    pub(crate) fn children(
        property: usize,
        parent: &'static ResourceDef,
        child: &'static ResourceDef,
        filter: QueryFilter,
    ) -> Self {
        Self {
            side: RelationSide::Children,
            property: parent.id,
            resource: child,
            link: property,
            filter,
            number: 0,
        }
    }

    /// Returns the same relation with another condition.
    pub(crate) fn with(&self, filter: QueryFilter) -> Self {
        Self { filter, ..*self }
    }
}

impl QueryFilter {
    /// Returns whether a part of this is a condition over a relation, which a single record does not
    /// decide.
    pub(crate) fn has_relations(&self) -> bool {
        match self {
            Self::Related(_) => true,
            Self::And(filters) | Self::Or(filters) => filters.iter().any(Self::has_relations),
            Self::Not(filter) => filter.has_relations(),
            _ => false,
        }
    }

    /// Adds the conditions over relations in this one, except those that are parts of them.
    fn add_related<'f>(&'f self, found: &mut Vec<&'f RelatedFilter>) {
        match self {
            Self::Related(related) => found.push(related),
            Self::And(filters) | Self::Or(filters) => {
                for filter in filters {
                    filter.add_related(found);
                }
            }
            Self::Not(filter) => filter.add_related(found),
            _ => {}
        }
    }

    /// Returns the conditions over relations in this one, except those that are parts of them.
    pub(crate) fn related(&self) -> Vec<&RelatedFilter> {
        let mut found = Vec::new();
        self.add_related(&mut found);
        found
    }

    /// Returns the resources at the other ends of all relations, possibly repeated.
    pub(crate) fn related_resources(&self) -> Vec<&'static ResourceDef> {
        let related = self.related().into_iter();
        let resources = related.flat_map(|it| {
            let mut resources = vec![it.resource];
            resources.append(&mut it.filter.related_resources());
            resources
        });
        resources.collect()
    }

    /// Checks that no property is reached through too many relations.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidQuery`] if one is.
    pub(crate) fn check_steps(&self) -> Result<()> {
        if self.steps() > MAX_STEPS {
            return Err(Error::new(ErrorKind::InvalidQuery, too_many_steps()));
        }
        Ok(())
    }

    fn steps(&self) -> usize {
        let steps = |it: &RelatedFilter| 1 + it.filter.steps();
        self.related().into_iter().map(steps).max().unwrap_or(0)
    }

    /// Replaces each condition over a relation by the result of `replace`; those that are parts of
    /// another one are replaced first.
    ///
    /// # Errors
    ///
    /// The first error of `replace`.
    pub(crate) fn replace_related(
        self,
        replace: &mut dyn FnMut(RelatedFilter) -> Result<Self>,
    ) -> Result<Self> {
        let mut each = |filters: Vec<Self>| {
            let filters = filters.into_iter();
            filters
                .map(|filter| filter.replace_related(replace))
                .collect::<Result<Vec<_>>>()
        };
        Ok(match self {
            Self::And(filters) => Self::And(each(filters)?),
            Self::Or(filters) => Self::Or(each(filters)?),
            Self::Not(filter) => filter.replace_related(replace)?.negated(),
            Self::Related(mut related) => {
                let filter = std::mem::replace(&mut related.filter, Self::All);
                related.filter = filter.replace_related(replace)?;
                replace(*related)?
            }
            plain => plain,
        })
    }

    /// Returns this condition with another one in place of each of [`related`](Self::related), in their
    /// order.
    pub(crate) fn with_related(&self, other: &mut dyn FnMut(&RelatedFilter) -> Self) -> Self {
        let mut each = |filters: &[Self]| {
            let filters = filters.iter();
            filters.map(|filter| filter.with_related(other)).collect()
        };
        match self {
            Self::And(filters) => Self::And(each(filters)),
            Self::Or(filters) => Self::Or(each(filters)),
            Self::Not(filter) => filter.with_related(other).negated(),
            Self::Related(related) => other(related),
            plain => plain.clone(),
        }
    }

    /// Returns a condition without relations that all records that match this one match as well.
    pub(crate) fn without_relations(&self) -> Self {
        if self.has_relations() {
            self.bound(true)
        } else {
            self.clone()
        }
    }

    /// Returns a condition without relations: one that all records that match this one match as well if
    /// `is_upper`, otherwise one whose records all match this one.
    fn bound(&self, is_upper: bool) -> Self {
        let each = |filters: &[Self]| filters.iter().map(|it| it.bound(is_upper)).collect();
        match self {
            Self::Related(_) if is_upper => Self::All,
            Self::Related(_) => Self::All.negated(),
            Self::And(filters) => Self::And(each(filters)),
            Self::Or(filters) => Self::Or(each(filters)),
            Self::Not(filter) => filter.bound(!is_upper).negated(),
            plain => plain.clone(),
        }
    }
}

/// Returns the message for a property that is reached through too many relations.
pub(super) fn too_many_steps() -> String {
    format!("conditions reach through at most {MAX_STEPS} relations")
}

impl PartialEq for RelatedFilter {
    fn eq(&self, other: &Self) -> bool {
        let key = |it: &Self| (it.side, it.property, it.resource.name, it.link);
        key(self) == key(other) && self.filter == other.filter
    }
}

impl Eq for RelatedFilter {}

/// Omits the rest of the definition, which is long.
impl fmt::Debug for RelatedFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelatedFilter")
            .field("side", &self.side)
            .field("property", &self.property)
            .field("resource", &self.resource.name)
            .field("link", &self.link)
            .field("filter", &self.filter)
            .finish_non_exhaustive()
    }
}
