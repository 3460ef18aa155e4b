//! A live query, and the frames expected for it.

use super::commit_history::Commit;
use super::filter_model::meets;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The name of an event and its payload.
pub(super) type Frame = (String, Value);

/// The query of a subscription.
#[derive(Clone, Debug)]
pub(crate) struct LiveQuery {
    /// The index of the resource in the served list.
    pub(crate) place: usize,
    /// The name of the resource and of its id property.
    pub(crate) resource: &'static str,
    pub(crate) id: &'static str,
    /// The declared events of the resource.
    pub(crate) events: &'static [&'static str],
    /// The resource and action to subscribe with, if not `subscribe` of the resource.
    pub(crate) route: Option<(&'static str, &'static str)>,
    pub(crate) conditions: Value,
    /// The selected properties, including the id.
    pub(crate) select: Option<Vec<&'static str>>,
}

/// The expected frames of several commits that are sent as one.
pub(super) struct Fold {
    pub(super) frames: Vec<Frame>,
    /// The number of declared events that are dropped.
    pub(super) dropped: u64,
    /// The number of commits that concern the subscription.
    pub(super) concern: usize,
}

impl LiveQuery {
    /// Creates a query of a resource whose id property is `id`.
    pub(crate) fn new(place: usize, resource: &'static str, conditions: Value) -> Self {
        Self {
            place,
            resource,
            id: "id",
            events: &[],
            route: None,
            conditions,
            select: None,
        }
    }

    /// Returns the resource and action to subscribe with.
    pub(super) fn route(&self) -> (&'static str, &'static str) {
        self.route.unwrap_or((self.resource, "subscribe"))
    }

    /// Returns the payload of the subscription.
    pub(super) fn payload(&self) -> Value {
        let mut payload = self.conditions.clone();
        if let Some(select) = &self.select {
            payload["$select"] = json!(select);
        }
        payload
    }

    /// Whether a record matches the filter.
    pub(super) fn has(&self, record: &Value) -> bool {
        meets(&self.conditions, record)
    }

    /// Returns the selected properties of a record.
    pub(super) fn shown(&self, record: &Value) -> Value {
        let mut shown = record.clone();
        if let (Some(select), Some(object)) = (&self.select, shown.as_object_mut()) {
            object.retain(|key, _| select.contains(&&**key));
        }
        shown
    }

    /// Returns the expected frames of a commit.
    pub(super) fn expected_frames(&self, seq: u64, commit: &Commit) -> Vec<Frame> {
        let mut places = commit.changed.iter().map(|it| it.place);
        if commit.emitted.is_empty() && !places.any(|it| it == self.place) {
            return Vec::new();
        }
        let own = commit.changed.iter().filter(|it| it.place == self.place);
        let changes = own.filter_map(|it| self.event(it.before.as_deref(), it.after.as_deref()));
        let emitted = |is_last: bool| {
            let own = commit
                .emitted
                .iter()
                .filter(move |it| it.is_last == is_last);
            own.filter_map(|it| {
                let name = *self.events.get(it.event)?;
                let is_told = it.place == self.place && self.has(&it.record);
                let payload = json!({"id": it.record[self.id], "data": it.data});
                is_told.then(|| (name.to_owned(), payload))
            })
        };
        let mut frames: Vec<_> = emitted(true).chain(changes).chain(emitted(false)).collect();
        let last = frames.len().saturating_sub(1);
        for (nth, (_, payload)) in frames.iter_mut().enumerate() {
            payload["seq"] = seq.into();
            if nth < last {
                payload["more"] = true.into();
            }
        }
        frames
    }

    /// Returns the expected frames of commits that are sent as one, up to commit `seq`.
    pub(super) fn folded(&self, seq: u64, commits: &[Commit]) -> Fold {
        let mut images = BTreeMap::new();
        let (mut dropped, mut concern) = (0, 0);
        for commit in commits {
            let own = commit.changed.iter().filter(|it| it.place == self.place);
            for change in own {
                let first = (&change.before, &change.after);
                let of = images.entry(&change.id).or_insert(first);
                of.1 = &change.after;
            }
            let told = self.expected_frames(seq, commit);
            let events = told.iter().filter(|(_, it)| it.get("data").is_some());
            dropped += events.count() as u64;
            concern += usize::from(!told.is_empty());
        }
        let frames = images.values().filter_map(|(before, after)| {
            let (name, mut payload) = self.event(before.as_deref(), after.as_deref())?;
            payload["seq"] = seq.into();
            payload["folded"] = true.into();
            Some((name, payload))
        });
        Fold {
            frames: frames.collect(),
            dropped,
            concern,
        }
    }

    /// Returns the expected event for the record before and after a commit.
    fn event(&self, before: Option<&Value>, after: Option<&Value>) -> Option<Frame> {
        let was = before.filter(|it| self.has(it));
        let is = after.filter(|it| self.has(it));
        let id = |it: &Value| it[self.id].clone();
        let (name, payload) = match (was, is) {
            (None, None) => return None,
            (None, Some(is)) => ("created", json!({"id": id(is), "record": self.shown(is)})),
            (Some(_), Some(is)) => ("updated", json!({"id": id(is), "record": self.shown(is)})),
            (Some(was), None) if after.is_some() => {
                ("destroyed", json!({"id": id(was), "left": true}))
            }
            (Some(was), None) => ("destroyed", json!({"id": id(was)})),
        };
        Some((name.to_owned(), payload))
    }
}
