//! Parses `$with`, the related records to include in a reply.

mod load;
#[cfg(test)]
mod tests;

pub(crate) use load::{CutList, HiddenRoom, IncludeRoom, LoadedIncludes, OverRoom};

use crate::core::error::Result;
use crate::engine::app::App;
use crate::model::definition::Relation;
use crate::model::relation::RelationLink;
use crate::model::scalar::Scalar;
use crate::query::{Path, nearest};

/// The maximum depth of nested includes.
pub(crate) const MAX_DEPTH: usize = 3;
/// The maximum number of relations that one request includes.
const MAX_RELATIONS: usize = 16;

/// The relations to include, possibly none.
#[derive(Debug, Default)]
pub(crate) struct Includes(Vec<Include>);

/// A relation to include in each record.
#[derive(Debug)]
struct Include {
    /// The name under which it is included.
    name: &'static str,
    link: RelationLink,
    side: IncludeSide,
    /// The resource of the included records.
    resource: usize,
    /// The resource of the parent, on either side of the relation.
    parent: usize,
    within: Includes,
}

/// The other end of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IncludeSide {
    Parent,
    Children,
}

impl Includes {
    /// Parses the `$with` of a request for the resource at index `place`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidQuery`](crate::ErrorKind::InvalidQuery), with the path of the error.
    pub(crate) fn parse(app: &App, place: usize, raw: Option<&str>) -> Result<Self> {
        let mut includes = Self::default();
        let Some(raw) = raw else {
            return Ok(includes);
        };
        let path = Path::Root;
        let path = path.key("$with");
        let listed = path.list(raw, "of relation names, such as [\"songs\"]")?;
        if listed.is_empty() {
            return Err(path.refuse("`$with` is empty; omit it to include nothing"));
        }
        for (at, raw) in listed.iter().enumerate() {
            let path = path.item(at);
            let Some(Scalar::Text(names)) = Scalar::parse(raw.get()) else {
                return Err(path.refuse("the name of a relation must be a string"));
            };
            includes.add(app, place, &names, &path)?;
        }
        if includes.len() > MAX_RELATIONS {
            return Err(path.refuse(format!("at most {MAX_RELATIONS} relations can be included")));
        }
        Ok(includes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All resources whose records are read, including the one at index `place`.
    pub(crate) fn resources(&self, place: usize) -> Vec<usize> {
        let mut resources = vec![place];
        for include in &self.0 {
            resources.extend(include.within.resources(include.resource));
        }
        resources
    }

    fn len(&self) -> usize {
        self.0.iter().map(|include| 1 + include.within.len()).sum()
    }

    /// Adds the relations along a path such as `songs.artist`.
    fn add(&mut self, app: &App, place: usize, names: &str, path: &Path<'_>) -> Result<()> {
        let (mut here, mut place) = (self, place);
        for (depth, name) in names.split('.').enumerate() {
            if depth == MAX_DEPTH {
                return Err(path.refuse(format!(
                    "relations can be included at most {MAX_DEPTH} levels deep"
                )));
            }
            let known = here.0.iter().position(|include| include.name == name);
            let at = known.unwrap_or(here.0.len());
            if known.is_none() {
                here.0.push(Include::find(app, place, name, path)?);
            }
            place = here.0[at].resource;
            here = &mut here.0[at].within;
        }
        Ok(())
    }
}

impl Include {
    /// The relation of a resource with this name.
    fn find(app: &App, place: usize, name: &str, path: &Path<'_>) -> Result<Self> {
        all(app, place)
            .find(|include| include.name == name)
            .ok_or_else(|| {
                let resource = app.models[place].definition.name;
                let unknown = format!("`{resource}` has no relation `{name}`");
                let known = all(app, place).map(|include| include.name);
                path.refuse(match nearest(name, known) {
                    Some(meant) => format!("{unknown}; did you mean `{meant}`?"),
                    None => unknown,
                })
            })
    }
}

/// The relations of a resource: its parents and its children.
fn all(app: &App, place: usize) -> impl Iterator<Item = Include> {
    let include = move |link: &RelationLink, side, relation| Include {
        name: link.parent.name(relation),
        link: *link,
        side,
        resource: link.to,
        parent: if side == IncludeSide::Parent {
            link.to
        } else {
            place
        },
        within: Includes::default(),
    };
    let parents = app.relations.parents(place).iter();
    let parents = parents.map(move |link| include(link, IncludeSide::Parent, Relation::Parent));
    let children = app.relations.children(place).iter();
    parents.chain(children.map(move |link| include(link, IncludeSide::Children, Relation::List)))
}
