//! The relations between all served resources.

use crate::core::error::{Error, Result};
use crate::core::json::object::Object;
use crate::model::definition::Parent;
use crate::model::key;
use crate::model::record::Record;
use crate::model::resource_model;
use crate::model::resource_model::Model;
use std::borrow::Cow;

/// The relations of all resources that are served.
#[derive(Debug, Default)]
pub(crate) struct Relations {
    /// By the index of the child.
    parents: Vec<Vec<RelationLink>>,
    /// By the index of the parent.
    children: Vec<Vec<RelationLink>>,
}

/// A relation, and the index of the resource at its other end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RelationLink {
    pub(crate) to: usize,
    pub(crate) parent: &'static Parent,
}

impl Relations {
    /// Resolves both ends of every relation.
    ///
    /// # Errors
    ///
    /// An internal error if a parent's type is not served.
    pub(crate) fn of(models: &[Model]) -> Result<Self> {
        let mut relations = Self {
            parents: models.iter().map(|_| Vec::new()).collect(),
            children: models.iter().map(|_| Vec::new()).collect(),
        };
        for child in models {
            for parent in child.definition.parents {
                let is_it = |model: &&Model| model.type_id() == (parent.type_id)();
                let of = models.iter().find(is_it).ok_or_else(|| {
                    Error::internal(format!(
                        "the parent `{1}` of `{0}` is not in the server's list of resources",
                        child.definition.title, parent.of
                    ))
                })?;
                let link = |to| RelationLink { to, parent };
                relations.parents[child.index].push(link(of.index));
                relations.children[of.index].push(link(child.index));
            }
        }
        Ok(relations)
    }

    /// Returns the link from the child resource at index `place` to `parent`.
    ///
    /// # Errors
    ///
    /// An internal error if there is none, which the dispatch table rules out.
    pub(crate) fn link(&self, place: usize, parent: &Parent) -> Result<&RelationLink> {
        let mut links = self.parents[place].iter();
        links
            .find(|link| link.parent.property == parent.property)
            .ok_or_else(|| Error::internal("a route of an unknown relation"))
    }

    /// Returns the parents of the resource at index `place`.
    pub(crate) fn parents(&self, place: usize) -> &[RelationLink] {
        &self.parents[place]
    }

    /// Returns the children of the resource at index `place`.
    pub(crate) fn children(&self, place: usize) -> &[RelationLink] {
        &self.children[place]
    }
}

impl RelationLink {
    /// Takes the id of the parent from a payload, where it has the name of the child's property; `of`
    /// is the parent's resource.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if it is missing or malformed.
    pub(crate) fn parent_id<'a>(
        &self,
        child: &Model,
        of: &Model,
        given: &Object<'a>,
    ) -> Result<Cow<'a, str>> {
        let name = child.definition.properties[self.parent.property].name;
        resource_model::id_in(given, name, of.definition.key)
    }

    /// Returns whether both children have the same parent, or both have none.
    pub(crate) fn is_alike(&self, one: &Record, other: &Record) -> bool {
        one.value(self.parent.property) == other.value(self.parent.property)
    }

    /// Returns the canonical text of the id of a child's parent.
    pub(crate) fn parent_of<'a>(&self, of: &Model, child: &'a Record) -> Option<Cow<'a, str>> {
        key::canonical(child.value(self.parent.property), of.definition.key).ok()
    }
}
