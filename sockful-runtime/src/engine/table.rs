//! The event dispatch table: every served resource and action, laid out at compile time.
//!
//! A perfect hash (hash and displace, over FNV-1a) is computed in constant evaluation, so that
//! nothing is registered at start and a lookup is two reads and one comparison.

mod layout;
mod relations;
mod traits;

pub use layout::{Table, buckets, count, slots};
pub use traits::{ActionTraits, ConflictScope, Cost};

use crate::core::const_text::{ConstText, same};
use crate::engine::auth::policy::Policy;
use crate::engine::call::hook::Hook;
use crate::engine::call::method::{Receiver, Remote};
use crate::model::definition::{Parent, Relation, ResourceDef};
use crate::model::resource_model::Shape;
use layout::{bucket, hash, slot};

/// A served resource: the results of its two macros.
#[derive(Debug)]
pub struct ResourceEntry {
    /// The path as written in the list, for error messages.
    pub path: &'static str,
    /// The definition from `#[derive(Resource)]`.
    pub shape: Shape,
    /// The remote methods from `#[remote]`.
    pub remotes: &'static [Remote],
    /// The hooks from `#[remote]`.
    pub hooks: &'static [Hook],
    /// The policies from `#[remote]`.
    pub policies: &'static [Policy],
}

/// The served resources, a constant created by `resources![…]`.
#[derive(Clone, Copy, Debug)]
pub struct Resources {
    entries: &'static [ResourceEntry],
    routes: &'static [Route],
    seeds: &'static [u16],
    slots: &'static [u16],
}

/// The target of a request.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    hash: u64,
    /// The index of the resource in the served list.
    pub resource: u16,
    /// The action's name.
    pub name: &'static str,
    /// The action to run.
    pub action: Action,
    /// The properties of the action.
    pub traits: ActionTraits,
}

/// The action of a route.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// An action that every resource has.
    Core(CoreAction),
    /// A remote method of the resource.
    Remote(&'static Remote),
    /// An action on the children of a record, or on its parent. The route's resource is that of the
    /// child.
    Relation(Relation, &'static Parent),
}

/// The actions that every resource has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoreAction {
    /// Stores a new record.
    Create,
    /// Reads one record or several.
    Get,
    /// Lists the records that match a filter; also called `all`.
    Find,
    /// Counts the records that match a filter.
    Count,
    /// Changes some properties.
    Update,
    /// Creates or replaces a record.
    Save,
    /// Removes a record.
    Destroy,
    /// Lists the records that match a filter and reports all later changes of them.
    Subscribe,
    /// Ends a subscription.
    Unsubscribe,
}

const CORE: [(&str, CoreAction); 10] = [
    ("create", CoreAction::Create),
    ("get", CoreAction::Get),
    ("find", CoreAction::Find),
    ("all", CoreAction::Find),
    ("count", CoreAction::Count),
    ("update", CoreAction::Update),
    ("save", CoreAction::Save),
    ("destroy", CoreAction::Destroy),
    ("subscribe", CoreAction::Subscribe),
    ("unsubscribe", CoreAction::Unsubscribe),
];

impl CoreAction {
    /// Returns the names of the core actions, each with its action.
    pub const fn names() -> &'static [(&'static str, Self)] {
        &CORE
    }
}

impl Action {
    /// The name of the resource in requests for this action. `own` is the definition of the route's
    /// resource.
    const fn resource(self, own: &ResourceDef) -> &'static str {
        match self {
            Self::Relation(relation, parent) if !relation.is_of_child() => parent.of,
            _ => own.name,
        }
    }
}

impl Resources {
    /// Combines the list and the table; called by `resources![…]`.
    pub const fn new<const N: usize, const B: usize, const S: usize>(
        entries: &'static [ResourceEntry],
        table: &'static Table<N, B, S>,
    ) -> Self {
        Self {
            entries,
            routes: &table.routes,
            seeds: &table.seeds,
            slots: &table.slots,
        }
    }

    /// Returns the resources in the order of the list.
    pub const fn entries(&self) -> &'static [ResourceEntry] {
        self.entries
    }

    /// Returns all routes.
    pub const fn routes(&self) -> &'static [Route] {
        self.routes
    }

    /// Finds a route by the names in a frame.
    pub fn find(&self, resource: &str, action: &str) -> Option<&'static Route> {
        let hash = hash(resource, action);
        let seed = *self.seeds.get(bucket(hash, self.seeds.len()))?;
        let route = self
            .routes
            .get(usize::from(self.slots[slot(hash, seed, self.slots.len())]))?;
        // An attacker could find a hash collision, so the names are compared as well.
        let own = self.entries[usize::from(route.resource)].shape.definition;
        let served = route.action.resource(own);
        (route.hash == hash && route.name == action && served == resource).then_some(route)
    }

    /// Returns the index of the resource with this name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.shape.definition.name == name)
    }
}

/// Returns the conflict of the resource at `at` with itself or an earlier one; the compiler reports
/// it at that item.
pub const fn clash(entries: &[ResourceEntry], at: usize) -> Option<ConstText> {
    let this = &entries[at];
    let mut earlier = 0;
    while earlier < at {
        let that = &entries[earlier];
        if same(this.shape.definition.name, that.shape.definition.name) {
            let text = ConstText::new().quoted(this.path);
            return Some(if same(this.path, that.path) {
                text.plain(" is listed twice; remove one")
            } else {
                text.plain(" and ")
                    .quoted(that.path)
                    .plain(" have the same name ")
                    .quoted(this.shape.definition.name)
                    .plain("; rename one of them with #[resource(name = \"...\")]")
            });
        }
        earlier += 1;
    }
    let mut remote = 0;
    while remote < this.remotes.len() {
        if is_taken(this.remotes, remote) {
            let text = ConstText::new().quoted(this.path);
            return Some(
                text.plain(" has two actions named ")
                    .quoted(this.remotes[remote].name)
                    .plain("; rename the method with #[remote(name = \"...\")]"),
            );
        }
        if let Some(parameter) = parameter_named_like_id(this, remote) {
            let text = ConstText::new().quoted(this.path);
            return Some(
                text.plain(" has an action ")
                    .quoted(this.remotes[remote].name)
                    .plain(" with a parameter named like the id, ")
                    .quoted(parameter)
                    .plain(", which selects the record for `self`; rename the parameter"),
            );
        }
        remote += 1;
    }
    relations::clash(entries, at)
}

/// The parameter with the name of the record's id, on which a remote method is called.
const fn parameter_named_like_id(entry: &ResourceEntry, remote: usize) -> Option<&'static str> {
    let (definition, remote) = (entry.shape.definition, &entry.remotes[remote]);
    let mut at = 0;
    while !matches!(remote.receiver, Receiver::None) && at < remote.parameters.len() {
        if same(
            remote.parameters[at].name,
            definition.properties[definition.id].name,
        ) {
            return Some(remote.parameters[at].name);
        }
        at += 1;
    }
    None
}

/// Whether a core action or an earlier remote method has the name of the remote method at `at`.
const fn is_taken(remotes: &[Remote], at: usize) -> bool {
    let (mut core, mut earlier) = (0, 0);
    while core < CORE.len() && !same(CORE[core].0, remotes[at].name) {
        core += 1;
    }
    while earlier < at && !same(remotes[earlier].name, remotes[at].name) {
        earlier += 1;
    }
    core < CORE.len() || earlier < at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::sample::Sample;

    const fn remote(name: &'static str) -> Remote {
        Remote {
            name,
            doc: "",
            receiver: Receiver::None,
            parameters: &[],
            describe: |_| {},
            result: |_| schemars::Schema::default(),
            timeout: None,
            run: |_| Box::pin(async { Err(crate::Error::internal("never run")) }),
        }
    }

    const fn entry(remotes: &'static [Remote]) -> ResourceEntry {
        ResourceEntry {
            path: "Sample",
            shape: Shape::of::<Sample>(),
            remotes,
            hooks: &[],
            policies: &[],
        }
    }

    #[test]
    fn clash_reports_duplicate_action_names() {
        const CORE: &[ResourceEntry] = &[entry(&[remote("feed"), remote("count")])];
        const TWICE: &[ResourceEntry] = &[entry(&[remote("feed"), remote("look"), remote("feed")])];
        const WELL: &[ResourceEntry] = &[entry(&[remote("feed"), remote("look")])];
        let message = |entries| clash(entries, 0).map(|text| text.as_str().to_owned());
        assert!(message(CORE).is_some_and(|text| text.contains("two actions named `count`")));
        assert!(message(TWICE).is_some_and(|text| text.contains("two actions named `feed`")));
        assert_eq!(message(WELL), None);
    }
}
