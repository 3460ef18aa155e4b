//! Random requests.

use super::model::{KINDS, Kind};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};
use std::fmt;

/// A request with one write or a batch.
#[derive(Clone)]
pub(super) enum Step {
    One { write: Write, has_key: bool },
    Batch { writes: Vec<Write>, has_key: bool },
}

/// A write of one record.
#[derive(Clone, Debug)]
pub(super) struct Write {
    pub(super) action: Action,
    pub(super) kind: &'static Kind,
    /// The index of the parent whose child route is used, if any.
    pub(super) through: Option<usize>,
    pub(super) payload: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    Update,
    Save,
    Destroy,
}

/// The number of requests of a case.
const STEPS: usize = 16;
/// The ids of each resource. Records with the first [`FIRST`] ids exist at the beginning.
const IDS: [&str; 4] = ["a", "b", "c", "d"];
const FIRST: usize = 3;

pub(super) fn histories() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), STEPS)
}

/// Creates some records of each resource, with parents.
pub(super) fn first() -> Step {
    let each = KINDS
        .iter()
        .flat_map(|kind| (0..FIRST).map(move |nth| (kind, nth)));
    let writes = each.map(|(kind, nth)| {
        let mut payload = Map::new();
        payload.insert("id".to_owned(), IDS[nth].into());
        for (index, link) in kind.parents.iter().enumerate() {
            // Some records have no children, and no category is its own parent.
            let parent = if link.parent == kind.name {
                nth.checked_sub(1)
            } else {
                Some(usize::midpoint(nth, index))
            };
            payload.insert(
                link.property.to_owned(),
                parent.map(|index| IDS[index]).into(),
            );
        }
        Write {
            action: Action::Create,
            kind,
            through: None,
            payload,
        }
    });
    Step::Batch {
        writes: writes.collect(),
        has_key: false,
    }
}

/// Destroys all records: those of these resources, and the others by cascade.
pub(super) fn last() -> impl Iterator<Item = Step> {
    let roots = ["playlist", "artist", "review", "category"].into_iter();
    let kinds = roots.filter_map(|name| KINDS.iter().find(|kind| kind.name == name));
    let keys = kinds.flat_map(|kind| IDS.map(|id| (kind, id)));
    keys.map(|(kind, id)| Step::One {
        write: Write {
            action: Action::Destroy,
            kind,
            through: None,
            payload: Map::from_iter([("id".to_owned(), id.into())]),
        },
        has_key: false,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let has_key = prop::bool::weighted(0.2);
    // The writes of a commit are on related resources.
    let families = [
        &["album", "song"][..],
        &["album", "review"],
        &["entry", "song"],
        &["category"],
    ];
    let ids = subsequence(IDS.to_vec(), 1..3);
    let batch = (select(families.to_vec()), ids).prop_flat_map(|(family, ids)| {
        let kinds = KINDS.iter().filter(|kind| family.contains(&kind.name));
        vec(write(kinds.collect(), ids), 1..5)
    });
    let one = write(KINDS.iter().collect(), IDS.to_vec());
    prop_oneof![
        4 => (one, has_key).prop_map(|(write, has_key)| Step::One { write, has_key }),
        3 => (batch, has_key).prop_map(|(writes, has_key)| Step::Batch { writes, has_key }),
    ]
}

/// A write of a record of one of these resources.
fn write(kinds: Vec<&'static Kind>, ids: Vec<&'static str>) -> impl Strategy<Value = Write> {
    let action = select(vec![
        Action::Create,
        Action::Update,
        Action::Save,
        Action::Destroy,
    ]);
    let parents = vec(
        select(vec![Some("a"), Some("b"), Some("c"), Some("d"), None]),
        2,
    );
    let code = prop::option::of(prop::option::of(0..3_i64));
    let values = (parents, 0..3_i64, code, any::<u8>());
    (action, select(kinds), select(ids), 0..3_usize, values).prop_map(
        |(action, kind, id, through, (parents, n, code, included))| {
            let is_through = through < kind.parents.len() && action != Action::Save;
            let through = is_through.then_some(through);
            let mut payload = Map::new();
            payload.insert("id".to_owned(), id.into());
            let is_complete = matches!(action, Action::Create | Action::Save);
            for (nth, (link, parent)) in kind.parents.iter().zip(parents).enumerate() {
                let is_address = through == Some(nth);
                let is_included =
                    action != Action::Destroy && (is_complete || included & (1 << nth) != 0);
                if is_address || is_included {
                    let parent = parent.or((is_address || !link.is_optional).then_some("a"));
                    payload.insert(link.property.to_owned(), parent.into());
                }
            }
            if action != Action::Destroy && (is_complete || included & 4 != 0) {
                payload.insert("n".to_owned(), n.into());
            }
            if let (true, Some(code)) = (kind.has_code && action != Action::Destroy, code) {
                payload.insert("code".to_owned(), code.into());
            }
            Write {
                action,
                kind,
                through,
                payload,
            }
        },
    )
}

impl Step {
    pub(super) fn has_key(&self) -> bool {
        let (Self::One { has_key, .. } | Self::Batch { has_key, .. }) = self;
        *has_key
    }

    /// Returns the resource, the action and the payload.
    pub(super) fn request(&self) -> (&str, &str, Value) {
        match self {
            Self::One { write, .. } => {
                let (resource, action) = write.route();
                (resource, action, write.payload.clone().into())
            }
            Self::Batch { writes, .. } => {
                let each = writes.iter().map(|write| {
                    let (resource, action) = write.route();
                    json!([resource, action, write.payload])
                });
                ("sockful", "commit", each.collect())
            }
        }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (resource, action, payload) = self.request();
        let key = if self.has_key() { " with a key" } else { "" };
        write!(f, "[{resource:?},{action:?},{payload}]{key}")
    }
}

impl Write {
    fn route(&self) -> (&'static str, &'static str) {
        let through = self.through.map(|nth| &self.kind.parents[nth]);
        match (self.action, through) {
            (Action::Create, None) => (self.kind.name, "create"),
            (Action::Update, None) => (self.kind.name, "update"),
            (Action::Destroy, None) => (self.kind.name, "destroy"),
            (Action::Save, _) => (self.kind.name, "save"),
            (Action::Create, Some(link)) => (link.parent, link.routes[0]),
            (Action::Update, Some(link)) => (link.parent, link.routes[1]),
            (Action::Destroy, Some(link)) => (link.parent, link.routes[2]),
        }
    }
}
