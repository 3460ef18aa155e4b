//! The relations that conditions may use.

use super::related::RelationSide;
use crate::model::definition::{Parent, Relation};
use crate::model::relation::Relations;
use crate::model::resource_model::Model;
use crate::model::validation::JsonKind;

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

    /// Returns whether the values of the property with this name, which may be reached through parents,
    /// are strings. Those of an unknown one are; the operators of children have objects.
    pub(crate) fn is_text(&self, model: &Model, name: &str) -> bool {
        let properties = model.definition.properties.iter();
        if let Some(at) = { properties }.position(|it| it.name == name) {
            return model.kind(at) == JsonKind::Text;
        }
        let (name, rest) = match name.split_once('.') {
            Some((name, rest)) => (name, Some(rest)),
            None => (name, None),
        };
        let end = self.of(model).into_iter().find(|end| end.name == name);
        match (end, rest) {
            (Some(end), Some(rest)) => self.is_text(end.model, rest),
            (Some(end), None) => end.side == RelationSide::Parent,
            (None, _) => true,
        }
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
