//! The relations that conditions may use.

use super::related::RelationSide;
use crate::model::definition::{Parent, Relation};
use crate::model::relation::Relations;
use crate::model::resource_model::Model;

/// The relations that the conditions of a query may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RelationScope<'a> {
    /// All served resources and their relations; `None` if conditions use none.
    served: Option<(&'a [Model], &'a Relations)>,
    /// The kind of query that no such condition is available in.
    unavailable_in: Option<&'static str>,
}

/// The other end of a relation.
#[derive(Clone, Copy, Debug)]
pub(super) struct RelationEnd<'a> {
    pub(super) name: &'static str,
    pub(super) side: RelationSide,
    /// The resource at that end.
    pub(super) model: &'a Model,
    pub(super) parent: &'static Parent,
}

impl<'a> RelationScope<'a> {
    /// No relations.
    #[cfg(any(test, feature = "store-conformance"))]
    pub(crate) const NONE: Self = Self {
        served: None,
        unavailable_in: None,
    };

    /// The relations of all served resources.
    pub(crate) fn new(models: &'a [Model], relations: &'a Relations) -> Self {
        Self {
            served: Some((models, relations)),
            unavailable_in: None,
        }
    }

    /// Refuses conditions over these relations, by their names. `kind` is the kind of query that has
    /// none, such as `a live query`.
    pub(crate) fn unavailable_in(self, kind: &'static str) -> Self {
        Self {
            unavailable_in: Some(kind),
            ..self
        }
    }

    /// Returns the kind of query that no condition over a relation is available in.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        self.unavailable_in
    }

    /// Returns the relations of a resource whose records at the other end are served.
    pub(super) fn of(&self, model: &Model) -> Vec<RelationEnd<'a>> {
        let Some((models, relations)) = self.served else {
            return Vec::new();
        };
        let parents = relations.parents(model.index).iter();
        let parents = parents.map(|link| (link, Relation::Parent, RelationSide::Parent));
        let children = relations.children(model.index).iter();
        let children = children.map(|link| (link, Relation::List, RelationSide::Children));
        let ends = parents.chain(children).map(|(link, relation, side)| {
            let end = RelationEnd {
                name: link.parent.name(relation),
                side,
                model: &models[link.to],
                parent: link.parent,
            };
            (end, relation)
        });
        let served = ends.filter(|(end, relation)| end.model.definition.serves(relation.core()));
        served.map(|(end, _)| end).collect()
    }
}
