//! Compile-time checks of the relations of a resource, reported at its item in the list.

use super::{CORE, ResourceEntry};
use crate::core::const_text::{ConstText, same};
use crate::model::definition::{Parent, Relation, ResourceDef};

/// Returns the conflict of the relations of the resource at `at`, if any.
pub(super) const fn clash(entries: &[ResourceEntry], at: usize) -> Option<ConstText> {
    let (this, mut nth) = (&entries[at], 0);
    while nth < this.shape.definition.parents.len() {
        let parent = &this.shape.definition.parents[nth];
        let Some(of) = position(entries, parent.of) else {
            let text = ConstText::new().quoted(this.path);
            return Some(
                text.plain(" has a parent that is not in the list, ")
                    .quoted(parent.of)
                    .plain("; add it to the list"),
            );
        };
        let mut relation = 0;
        while relation < Relation::ALL.len() {
            let which = Relation::ALL[relation];
            let on = if which.is_of_child() { at } else { of };
            let route = RouteOrigin {
                child: at,
                nth,
                relation,
            };
            if let Some(other) = other_route(entries, on, route) {
                let text = ConstText::new().quoted(this.path);
                return Some(
                    text.plain(" adds the action ")
                        .quoted(parent.name(which))
                        .plain(" to ")
                        .quoted(entries[on].path)
                        .plain(", where ")
                        .plain(other.0)
                        .quoted(other.1)
                        .plain(" already has that name; ")
                        .plain(remedy(which)),
                );
            }
            relation += 1;
        }
        if let Some((which, on)) = hides_property(entries, at, of, parent) {
            let text = ConstText::new().quoted(this.path);
            return Some(
                text.plain(" adds ")
                    .quoted(parent.name(which))
                    .plain(" to ")
                    .quoted(on)
                    .plain(", which already has a property of that name; ")
                    .plain(remedy(which)),
            );
        }
        nth += 1;
    }
    None
}

/// How to resolve a name conflict of a route.
const fn remedy(which: Relation) -> &'static str {
    if which.is_of_child() {
        "rename the field with the parent's id"
    } else {
        "write other names with `name = \"…\", plural = \"…\"` next to its `parent`"
    }
}

/// The origin of a relation's route.
#[derive(Clone, Copy)]
struct RouteOrigin {
    child: usize,
    /// The index among the child's parents.
    nth: usize,
    /// The index among the relation's routes.
    relation: usize,
}

/// What else on the resource at `on` has the name of this route: its kind and its owner.
const fn other_route(
    entries: &[ResourceEntry],
    on: usize,
    route: RouteOrigin,
) -> Option<(&'static str, &str)> {
    let parent = &entries[route.child].shape.definition.parents[route.nth];
    let name = parent.names[route.relation];
    let mut core = 0;
    while core < CORE.len() {
        if same(CORE[core].0, name) {
            return Some(("the core action ", CORE[core].0));
        }
        core += 1;
    }
    let mut remote = 0;
    while remote < entries[on].remotes.len() {
        if same(entries[on].remotes[remote].name, name) {
            return Some(("a remote method of ", entries[on].path));
        }
        remote += 1;
    }
    // Of two conflicting relations, the later one in the list is reported.
    let (on_name, mut child) = (entries[on].shape.definition.name, 0);
    while child <= route.child {
        let (definition, mut nth) = (entries[child].shape.definition, 0);
        while nth < definition.parents.len() {
            let that = &definition.parents[nth];
            let mut relation = 0;
            while relation < Relation::ALL.len() {
                let which = Relation::ALL[relation];
                let is_here = if which.is_of_child() {
                    child == on
                } else {
                    same(that.of, on_name)
                };
                let is_earlier = child < route.child
                    || nth < route.nth
                    || nth == route.nth && relation < route.relation;
                if is_earlier && is_here && same(that.names[relation], name) {
                    return Some(("a relation of ", entries[child].path));
                }
                relation += 1;
            }
            nth += 1;
        }
        child += 1;
    }
    None
}

/// The route whose name, under which the relation would be included in a record, is also that of a
/// property of the record, with the path of the record's resource.
const fn hides_property<'a>(
    entries: &'a [ResourceEntry],
    child: usize,
    of: usize,
    parent: &Parent,
) -> Option<(Relation, &'a str)> {
    let (child, of) = (&entries[child], &entries[of]);
    match (
        has_property(child.shape.definition, parent.name(Relation::Parent)),
        has_property(of.shape.definition, parent.name(Relation::List)),
    ) {
        (true, _) => Some((Relation::Parent, child.path)),
        (_, true) => Some((Relation::List, of.path)),
        _ => None,
    }
}

const fn has_property(definition: &ResourceDef, name: &str) -> bool {
    let mut at = 0;
    while at < definition.properties.len() && !same(definition.properties[at].name, name) {
        at += 1;
    }
    at < definition.properties.len()
}

const fn position(entries: &[ResourceEntry], name: &str) -> Option<usize> {
    let mut at = 0;
    while at < entries.len() && !same(entries[at].shape.definition.name, name) {
        at += 1;
    }
    if at < entries.len() { Some(at) } else { None }
}
