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
    /// Whether it has a unique code.
    pub(super) has_code: bool,
}

/// A relation to a parent.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) property: &'static str,
    pub(super) of: &'static str,
    /// What the children are called in the parent, and the parent in its child.
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
    of: &'static str,
    names: (&'static str, &'static str),
    routes: [&'static str; 3],
    on_destroy: OnDestroy,
) -> Link {
    Link {
        property,
        of,
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

/// Parents before their children.
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
type Place = (&'static str, String);

/// Every record there is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Model(BTreeMap<Place, Value>);

/// What a request is told.
#[derive(Clone, Debug)]
pub(super) enum Told {
    One(Value),
    Several(Vec<Value>),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Refused {
    NotFound,
    Conflict,
    Invalid,
}

impl Refused {
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
    /// Does all of it or nothing.
    pub(super) fn take(&mut self, step: &Step) -> Result<Told, Refused> {
        let mut after = self.clone();
        let told = match step {
            Step::One { write, .. } => Told::One(after.write(write)?),
            Step::Batch { writes, .. } => {
                let each = writes.iter().map(|write| after.write(write));
                let told = each.collect::<Result<Vec<_>, _>>()?;
                let told = told.into_iter().zip(writes).map(|(record, write)| {
                    // What is written again is told as it is in the end.
                    let last = after
                        .0
                        .get(&write.place())
                        .filter(|_| write.action != Action::Destroy);
                    last.cloned().unwrap_or(record)
                });
                Told::Several(told.collect())
            }
        };
        if !after.has_unique_codes() {
            return Err(Refused::Conflict);
        }
        *self = after;
        Ok(told)
    }

    fn write(&mut self, write: &Write) -> Result<Value, Refused> {
        let (place, mut given) = (write.place(), write.payload.clone());
        let mut stored = self.0.get(&place).cloned();
        if let Some(at) = write.through {
            let link = &write.kind.parents[at];
            let parent = &write.payload[link.property];
            if write.action == Action::Create {
                if !self.has(link.of, parent) {
                    return Err(Refused::NotFound);
                }
            } else {
                given.remove(link.property);
                stored = stored.filter(|stored| stored[link.property] == *parent);
            }
        }
        let mut record = match (write.action, &stored) {
            (Action::Create, Some(_)) => return Err(Refused::Conflict),
            (Action::Update | Action::Destroy, None) => return Err(Refused::NotFound),
            (Action::Update, Some(stored)) => stored.clone(),
            (Action::Destroy, Some(stored)) => {
                self.destroy(&place)?;
                return Ok(stored.clone());
            }
            (Action::Create, None) | (Action::Save, _) => blank(write.kind),
        };
        for (name, value) in given {
            record[name] = value;
        }
        for link in write.kind.parents {
            let parent = &record[link.property];
            if !parent.is_null() && !self.has(link.of, parent) {
                return Err(Refused::Invalid);
            }
        }
        self.0.insert(place, record.clone());
        Ok(record)
    }

    fn destroy(&mut self, place: &Place) -> Result<(), Refused> {
        let mut gone = BTreeSet::from([place.clone()]);
        loop {
            let below = self.children(&gone, OnDestroy::Cascade);
            let before = gone.len();
            gone.extend(below.into_iter().map(|(place, _)| place));
            if gone.len() == before {
                break;
            }
        }
        let mut restricting = self.children(&gone, OnDestroy::Restrict).into_iter();
        if restricting.any(|(child, _)| !gone.contains(&child)) {
            return Err(Refused::Conflict);
        }
        for (child, property) in self.children(&gone, OnDestroy::Detach) {
            self.0.get_mut(&child).expect("it is there")[property] = Value::Null;
        }
        self.0.retain(|place, _| !gone.contains(place));
        Ok(())
    }

    /// The children of these records in relations of this sort, each with what it names its parent in.
    fn children(&self, of: &BTreeSet<Place>, sort: OnDestroy) -> Vec<(Place, &'static str)> {
        let mut children = Vec::new();
        for (place, record) in &self.0 {
            for link in kind_of(place.0).parents {
                let parent = record[link.property]
                    .as_str()
                    .map(|id| (link.of, id.to_owned()));
                if link.on_destroy == sort && parent.is_some_and(|parent| of.contains(&parent)) {
                    children.push((place.clone(), link.property));
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

    /// Asks that every parent that is named is there.
    pub(super) fn check_integrity(&self) -> Result<(), TestCaseError> {
        for ((name, _), record) in &self.0 {
            for link in kind_of(name).parents {
                let parent = &record[link.property];
                prop_assert!(parent.is_null() || self.has(link.of, parent), "{}", record);
            }
        }
        Ok(())
    }

    /// The records of a resource, in the order of their ids.
    pub(super) fn all(&self, name: &str) -> Value {
        self.all_with(name, &[])
    }

    /// The same with what is related to them.
    pub(super) fn all_with(&self, name: &str, paths: &[&str]) -> Value {
        let of_kind = self.0.iter().filter(|((of, _), _)| *of == name);
        of_kind
            .map(|(_, record)| self.with(kind_of(name), record, paths))
            .collect()
    }

    fn with(&self, kind: &Kind, record: &Value, paths: &[&str]) -> Value {
        let mut whole = record.clone();
        let mut firsts: Vec<&str> = paths.iter().map(|path| first(path).0).collect();
        firsts.dedup();
        for name in firsts {
            let rest = paths.iter().map(|path| first(path));
            let rest: Vec<&str> = rest
                .filter(|(of, rest)| *of == name && !rest.is_empty())
                .map(|(_, rest)| rest)
                .collect();
            if let Some(link) = kind.parents.iter().find(|link| link.names.1 == name) {
                let parent = record[link.property]
                    .as_str()
                    .map(|id| &self.0[&(link.of, id.to_owned())]);
                whole[name] = parent
                    .map(|parent| self.with(kind_of(link.of), parent, &rest))
                    .into();
                continue;
            }
            let mut children = Vec::new();
            for ((of, _), child) in &self.0 {
                let links = kind_of(of).parents.iter();
                let mut links = links.filter(|link| link.of == kind.name && link.names.0 == name);
                if links.any(|link| child[link.property] == record["id"]) {
                    children.push(self.with(kind_of(of), child, &rest));
                }
            }
            whole[name] = children.into();
        }
        whole
    }
}

impl Write {
    fn place(&self) -> Place {
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

/// A record of which nothing is given.
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

/// The first relation of a path, and the rest.
fn first(path: &str) -> (&str, &str) {
    path.split_once('.').unwrap_or((path, ""))
}
