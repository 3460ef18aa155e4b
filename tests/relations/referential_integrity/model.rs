//! A simple model of all records and of the requests on them.

use super::random_steps::{Action, Step, Write};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A resource.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) parents: &'static [Link],
    /// Whether it has the unique property `code`.
    pub(super) has_code: bool,
}

/// A relation to a parent.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) property: &'static str,
    pub(super) parent: &'static str,
    /// The relation's name on the parent, and on the child.
    names: (&'static str, &'static str),
    pub(super) routes: [&'static str; 3],
    pub(super) is_optional: bool,
    on_destroy: OnDestroy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnDestroy {
    Cascade,
    Restrict,
    Detach,
}

const fn link(
    property: &'static str,
    parent: &'static str,
    names: (&'static str, &'static str),
    routes: [&'static str; 3],
    on_destroy: OnDestroy,
) -> Link {
    Link {
        property,
        parent,
        names,
        routes,
        is_optional: matches!(on_destroy, OnDestroy::Detach),
        on_destroy,
    }
}

const fn kind(name: &'static str, parents: &'static [Link]) -> Kind {
    Kind {
        name,
        parents,
        has_code: false,
    }
}

/// All resources, parents before their children.
pub(super) static KINDS: [Kind; 7] = [
    kind("artist", &[]),
    kind(
        "album",
        &[link(
            "artist_id",
            "artist",
            ("albums", "artist"),
            ["createAlbum", "updateAlbum", "destroyAlbum"],
            OnDestroy::Cascade,
        )],
    ),
    Kind {
        name: "song",
        parents: &[
            link(
                "album_id",
                "album",
                ("songs", "album"),
                ["createSong", "updateSong", "destroySong"],
                OnDestroy::Cascade,
            ),
            link(
                "bonus_album_id",
                "album",
                ("bonuses", "bonusAlbum"),
                ["createBonus", "updateBonus", "destroyBonus"],
                OnDestroy::Detach,
            ),
        ],
        has_code: true,
    },
    kind("playlist", &[]),
    kind(
        "entry",
        &[
            link(
                "playlist_id",
                "playlist",
                ("entries", "playlist"),
                ["createEntry", "updateEntry", "destroyEntry"],
                OnDestroy::Cascade,
            ),
            link(
                "song_id",
                "song",
                ("entries", "song"),
                ["createEntry", "updateEntry", "destroyEntry"],
                OnDestroy::Restrict,
            ),
        ],
    ),
    kind(
        "review",
        &[link(
            "album_id",
            "album",
            ("reviews", "album"),
            ["createReview", "updateReview", "destroyReview"],
            OnDestroy::Detach,
        )],
    ),
    kind(
        "category",
        &[Link {
            is_optional: true,
            ..link(
                "within_id",
                "category",
                ("parts", "within"),
                ["createPart", "updatePart", "destroyPart"],
                OnDestroy::Cascade,
            )
        }],
    ),
];

/// A resource and an id.
type Key = (&'static str, String);

/// All records.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Model(BTreeMap<Key, Value>);

/// The result of a request.
#[derive(Clone, Debug)]
pub(super) enum ModelReply {
    One(Value),
    Several(Vec<Value>),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum ModelError {
    NotFound,
    Conflict,
    Invalid,
}

impl ModelError {
    pub(super) fn code(self) -> String {
        let code = match self {
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
        };
        code.to_owned()
    }
}

impl Model {
    /// Applies all writes of a step, or none.
    pub(super) fn run_step(&mut self, step: &Step) -> Result<ModelReply, ModelError> {
        let mut after = self.clone();
        let reply = match step {
            Step::One { write, .. } => ModelReply::One(after.write(write)?),
            Step::Batch { writes, .. } => {
                let records = writes.iter().map(|write| after.write(write));
                let records = records.collect::<Result<Vec<_>, _>>()?;
                let records = records.into_iter().zip(writes).map(|(record, write)| {
                    // A record that is written more than once is returned in its final state.
                    let last = after
                        .0
                        .get(&write.key())
                        .filter(|_| write.action != Action::Destroy);
                    last.cloned().unwrap_or(record)
                });
                ModelReply::Several(records.collect())
            }
        };
        if !after.has_unique_codes() {
            return Err(ModelError::Conflict);
        }
        *self = after;
        Ok(reply)
    }

    fn write(&mut self, write: &Write) -> Result<Value, ModelError> {
        let (key, mut values) = (write.key(), write.payload.clone());
        let mut stored = self.0.get(&key).cloned();
        if let Some(nth) = write.through {
            let link = &write.kind.parents[nth];
            let parent = &write.payload[link.property];
            if write.action == Action::Create {
                if !self.has(link.parent, parent) {
                    return Err(ModelError::NotFound);
                }
            } else {
                values.remove(link.property);
                stored = stored.filter(|stored| stored[link.property] == *parent);
            }
        }
        let mut record = match (write.action, &stored) {
            (Action::Create, Some(_)) => return Err(ModelError::Conflict),
            (Action::Update | Action::Destroy, None) => return Err(ModelError::NotFound),
            (Action::Update, Some(stored)) => stored.clone(),
            (Action::Destroy, Some(stored)) => {
                self.destroy(&key)?;
                return Ok(stored.clone());
            }
            (Action::Create, None) | (Action::Save, _) => blank(write.kind),
        };
        for (name, value) in values {
            record[name] = value;
        }
        for link in write.kind.parents {
            let parent = &record[link.property];
            if !parent.is_null() && !self.has(link.parent, parent) {
                return Err(ModelError::Invalid);
            }
        }
        self.0.insert(key, record.clone());
        Ok(record)
    }

    fn destroy(&mut self, key: &Key) -> Result<(), ModelError> {
        let mut destroyed = BTreeSet::from([key.clone()]);
        loop {
            let children = self.children(&destroyed, OnDestroy::Cascade);
            let before = destroyed.len();
            destroyed.extend(children.into_iter().map(|(key, _)| key));
            if destroyed.len() == before {
                break;
            }
        }
        let mut restricting = self.children(&destroyed, OnDestroy::Restrict).into_iter();
        if restricting.any(|(child, _)| !destroyed.contains(&child)) {
            return Err(ModelError::Conflict);
        }
        for (child, property) in self.children(&destroyed, OnDestroy::Detach) {
            self.0.get_mut(&child).expect("the record exists")[property] = Value::Null;
        }
        self.0.retain(|key, _| !destroyed.contains(key));
        Ok(())
    }

    /// Returns the children of the records in relations with this `on_destroy`, each with the relation's property.
    fn children(&self, parents: &BTreeSet<Key>, on_destroy: OnDestroy) -> Vec<(Key, &'static str)> {
        let mut children = Vec::new();
        for (key, record) in &self.0 {
            for link in kind_of(key.0).parents {
                let parent = record[link.property]
                    .as_str()
                    .map(|id| (link.parent, id.to_owned()));
                if link.on_destroy == on_destroy
                    && parent.is_some_and(|parent| parents.contains(&parent))
                {
                    children.push((key.clone(), link.property));
                }
            }
        }
        children
    }

    fn has(&self, name: &'static str, id: &Value) -> bool {
        id.as_str()
            .is_some_and(|id| self.0.contains_key(&(name, id.to_owned())))
    }

    fn has_unique_codes(&self) -> bool {
        let codes = self.0.values().filter_map(|record| record["code"].as_i64());
        let codes: Vec<_> = codes.collect();
        codes.iter().collect::<BTreeSet<_>>().len() == codes.len()
    }

    /// Checks that every referenced parent exists.
    pub(super) fn check_integrity(&self) -> Result<(), TestCaseError> {
        for ((name, _), record) in &self.0 {
            for link in kind_of(name).parents {
                let parent = &record[link.property];
                prop_assert!(
                    parent.is_null() || self.has(link.parent, parent),
                    "{}",
                    record
                );
            }
        }
        Ok(())
    }

    /// Returns the records of a resource in the order of their ids.
    pub(super) fn all(&self, name: &str) -> Value {
        self.all_with(name, &[])
    }

    /// Returns the records of a resource with included records.
    pub(super) fn all_with(&self, name: &str, paths: &[&str]) -> Value {
        let of_kind = self.0.iter().filter(|((resource, _), _)| *resource == name);
        of_kind
            .map(|(_, record)| self.with(kind_of(name), record, paths))
            .collect()
    }

    fn with(&self, kind: &Kind, record: &Value, paths: &[&str]) -> Value {
        let mut included = record.clone();
        let mut names: Vec<&str> = paths.iter().map(|path| first(path).0).collect();
        names.dedup();
        for name in names {
            let rest = paths.iter().map(|path| first(path));
            let rest: Vec<&str> = rest
                .filter(|(relation, rest)| *relation == name && !rest.is_empty())
                .map(|(_, rest)| rest)
                .collect();
            if let Some(link) = kind.parents.iter().find(|link| link.names.1 == name) {
                let parent = record[link.property]
                    .as_str()
                    .map(|id| &self.0[&(link.parent, id.to_owned())]);
                included[name] = parent
                    .map(|parent| self.with(kind_of(link.parent), parent, &rest))
                    .into();
                continue;
            }
            let mut children = Vec::new();
            for ((resource, _), child) in &self.0 {
                let links = kind_of(resource).parents.iter();
                let mut links =
                    links.filter(|link| link.parent == kind.name && link.names.0 == name);
                if links.any(|link| child[link.property] == record["id"]) {
                    children.push(self.with(kind_of(resource), child, &rest));
                }
            }
            included[name] = children.into();
        }
        included
    }
}

impl Write {
    fn key(&self) -> Key {
        let id = self.payload["id"].as_str().expect("an id");
        (self.kind.name, id.to_owned())
    }
}

fn kind_of(name: &str) -> &'static Kind {
    KINDS
        .iter()
        .find(|kind| kind.name == name)
        .expect("a resource")
}

/// Returns a record with only defaults.
fn blank(kind: &Kind) -> Value {
    let mut record = json!({"n": 0});
    for link in kind.parents {
        record[link.property] = Value::Null;
    }
    if kind.has_code {
        record["code"] = Value::Null;
    }
    record
}

/// Splits a path into its first relation and the rest.
fn first(path: &str) -> (&str, &str) {
    path.split_once('.').unwrap_or((path, ""))
}
