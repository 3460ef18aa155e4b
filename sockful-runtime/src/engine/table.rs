//! The event dispatch table: every resource and action that is served, laid out by the compiler.
//!
//! A perfect hash (hash and displace, over FNV-1a) is computed in constant evaluation, so that
//! nothing is registered at start and a look-up is two reads and one comparison.

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

/// A resource in the list that is served: what its two macros made.
#[derive(Debug)]
pub struct ResourceEntry {
    /// The path as it stands in the list, for messages.
    pub path: &'static str,
    /// What the derive made.
    pub shape: Shape,
    /// What `#[remote]` made.
    pub remotes: &'static [Remote],
    /// The hooks that `#[remote]` made of methods.
    pub hooks: &'static [Hook],
    /// The policies that `#[remote]` made of methods.
    pub policies: &'static [Policy],
}

/// What is served, made by `resources![…]`: a constant.
#[derive(Clone, Copy, Debug)]
pub struct Resources {
    entries: &'static [ResourceEntry],
    routes: &'static [Route],
    seeds: &'static [u16],
    slots: &'static [u16],
}

/// Where a request goes.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    hash: u64,
    /// The resource's place in the served list.
    pub resource: u16,
    /// The action's name.
    pub name: &'static str,
    /// What it does.
    pub action: Action,
    /// The properties of the action.
    pub traits: ActionTraits,
}

/// What a route does.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// One of the actions that every resource has.
    Core(CoreAction),
    /// A method of its own.
    Remote(&'static Remote),
    /// An action on the children of a record, or on the parent of one. The route's resource is the
    /// child's.
    Relation(Relation, &'static Parent),
}

/// The actions that every resource has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoreAction {
    /// Stores a new record.
    Create,
    /// Reads one record or several.
    Get,
    /// Lists records that meet conditions; also called `all`.
    Find,
    /// Counts records that meet conditions.
    Count,
    /// Changes some properties.
    Update,
    /// Creates or replaces.
    Save,
    /// Removes a record.
    Destroy,
    /// Lists records that meet conditions, and tells every change of them from then on.
    Subscribe,
    /// Ends what `subscribe` began.
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
    /// The names of the core actions, each with what it does.
    pub const fn names() -> &'static [(&'static str, Self)] {
        &CORE
    }
}

impl Action {
    /// The name of the resource that requests for it name, where `own` is that of the route.
    const fn resource(self, own: &ResourceDef) -> &'static str {
        match self {
            Self::Relation(relation, parent) if !relation.is_of_child() => parent.of,
            _ => own.name,
        }
    }
}

impl Resources {
    /// Puts list and table together; `resources![…]` does it.
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

    /// The resources, in the order of the list.
    pub const fn entries(&self) -> &'static [ResourceEntry] {
        self.entries
    }

    /// Every route.
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
        // The hash alone could be hit on purpose; the names decide.
        let own = self.entries[usize::from(route.resource)].shape.definition;
        let served = route.action.resource(own);
        (route.hash == hash && route.name == action && served == resource).then_some(route)
    }

    /// The place of the resource called `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.shape.definition.name == name)
    }
}

/// What is wrong with the resource at `at` beside those before it; the compiler shows it at that item.
pub const fn clash(entries: &[ResourceEntry], at: usize) -> Option<ConstText> {
    let this = &entries[at];
    let mut earlier = 0;
    while earlier < at {
        let that = &entries[earlier];
        if same(this.shape.definition.name, that.shape.definition.name) {
            let text = ConstText::new().quoted(this.path);
            return Some(if same(this.path, that.path) {
                text.plain(" is listed twice; once is enough")
            } else {
                text.plain(" and ")
                    .quoted(that.path)
                    .plain(" are both called ")
                    .quoted(this.shape.definition.name)
                    .plain("; give one of them another name with #[resource(name = \"...\")]")
            });
        }
        earlier += 1;
    }
    let mut remote = 0;
    while remote < this.remotes.len() {
        if is_taken(this.remotes, remote) {
            let text = ConstText::new().quoted(this.path);
            return Some(
                text.plain(" has two actions called ")
                    .quoted(this.remotes[remote].name)
                    .plain("; give the method another name with #[remote(name = \"...\")]"),
            );
        }
        if let Some(parameter) = called_like_the_id(this, remote) {
            let text = ConstText::new().quoted(this.path);
            return Some(
                text.plain(" has an action ")
                    .quoted(this.remotes[remote].name)
                    .plain(" with a parameter called like the id, ")
                    .quoted(parameter)
                    .plain(
                        ", which says which record `self` is; call the parameter something else",
                    ),
            );
        }
        remote += 1;
    }
    relations::clash(entries, at)
}

/// The parameter that hides the id of the record on which a remote is called.
const fn called_like_the_id(entry: &ResourceEntry, remote: usize) -> Option<&'static str> {
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

/// Whether a core action or an earlier remote has the name of the remote at `at`.
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
        let told = |entries| clash(entries, 0).map(|text| text.as_str().to_owned());
        assert!(told(CORE).is_some_and(|text| text.contains("two actions called `count`")));
        assert!(told(TWICE).is_some_and(|text| text.contains("two actions called `feed`")));
        assert_eq!(told(WELL), None);
    }
}
