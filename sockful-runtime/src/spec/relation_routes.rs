//! Lists the routes that relations add to a resource.

use crate::model::definition::{Parent, Relation};
use crate::model::resource_model::Model;

/// A route that a relation adds to a resource.
#[derive(Debug)]
pub(crate) struct RelationRoute<'a> {
    pub(crate) relation: Relation,
    pub(crate) parent: &'a Parent,
    /// The resource of the property that the relation is by.
    pub(crate) child: &'a Model,
    /// The resource of the parent.
    pub(crate) of: &'a Model,
}

impl RelationRoute<'_> {
    pub(crate) fn name(&self) -> &'static str {
        self.parent.name(self.relation)
    }

    /// The resource of the records that it answers with.
    pub(crate) fn served(&self) -> &'static str {
        match self.relation {
            Relation::Parent => self.of.definition.name,
            _ => self.child.definition.name,
        }
    }

    /// Whether it changes nothing, and so takes no key.
    pub(crate) fn only_reads(&self) -> bool {
        matches!(self.relation.core(), "get" | "find")
    }
}

/// The routes that relations add to `model`.
pub(crate) fn relations<'a>(model: &Model, models: &'a [Model]) -> Vec<RelationRoute<'a>> {
    let mut found = Vec::new();
    for child in models {
        for parent in child.definition.parents {
            let mut all = models.iter();
            let Some(of) = all.find(|it| it.definition.name == parent.of) else {
                continue;
            };
            for relation in Relation::ALL {
                let on = if relation.is_of_child() { child } else { of };
                let related = RelationRoute {
                    relation,
                    parent,
                    child,
                    of,
                };
                let served = models
                    .iter()
                    .find(|it| it.definition.name == related.served());
                if on.index == model.index
                    && served.is_some_and(|it| it.definition.serves(relation.core()))
                {
                    found.push(related);
                }
            }
        }
    }
    found
}
