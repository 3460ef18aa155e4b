//! A live query, and the frames expected for it.

use super::commit_history::Commit;
use super::filter_model::matches;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The name of an event and its payload.
pub(super) type Frame = (String, Value);

/// The query of a subscription.
#[derive(Clone, Debug)]
pub(crate) struct LiveQuery {
    /// The index of the resource in the served list.
    pub(crate) place: usize,
    /// The name of the resource.
    pub(crate) resource: &'static str,
    /// The name of the id property.
    pub(crate) id: &'static str,
    /// The declared events of the resource.
    pub(crate) events: &'static [&'static str],
    /// The resource and action to subscribe with, if not `subscribe` of the resource.
    pub(crate) route: Option<(&'static str, &'static str)>,
    pub(crate) conditions: Value,
    /// The selected properties, including the id.
    pub(crate) select: Option<Vec<&'static str>>,
    /// The `$sort` and the `$limit` of a live window.
    pub(crate) window: Option<(Value, usize)>,
    /// The conditions of the records that the caller can read.
    pub(crate) readable: Value,
}

/// The expected frames of several commits that are sent as one.
pub(super) struct Fold {
    pub(super) frames: Vec<Frame>,
    /// The number of declared events that are dropped.
    pub(super) dropped: u64,
    /// The number of commits with an event for the subscription.
    pub(super) relevant: usize,
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
            window: None,
            readable: json!({}),
        }
    }

    /// Returns the same query for the first records in an order.
    pub(crate) fn first(self, sort: Value, limit: usize) -> Self {
        let window = Some((sort, limit));
        Self { window, ..self }
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
        if let Some((sort, limit)) = &self.window {
            payload["$sort"] = sort.clone();
            payload["$limit"] = json!(limit);
        }
        payload
    }

    /// Whether a record matches the filter and the caller can read it.
    pub(super) fn has(&self, record: &Value) -> bool {
        matches(&self.conditions, record) && self.can_read(record)
    }

    /// Whether the caller can read a record.
    pub(super) fn can_read(&self, record: &Value) -> bool {
        matches(&self.readable, record)
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
                let is_expected = it.place == self.place && self.has(&it.record);
                let payload = json!({"id": it.record[self.id], "data": it.data});
                is_expected.then(|| (name.to_owned(), payload))
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
        let mut records = BTreeMap::new();
        let (mut dropped, mut relevant) = (0, 0);
        for commit in commits {
            let own = commit.changed.iter().filter(|it| it.place == self.place);
            for change in own {
                let first = (&change.before, &change.after);
                let record = records.entry(&change.id).or_insert(first);
                record.1 = &change.after;
            }
            let expected = self.expected_frames(seq, commit);
            let events = expected.iter().filter(|(_, it)| it.get("data").is_some());
            dropped += events.count() as u64;
            relevant += usize::from(!expected.is_empty());
        }
        let frames = records.values().filter_map(|(before, after)| {
            let (name, mut payload) = self.event(before.as_deref(), after.as_deref())?;
            payload["seq"] = seq.into();
            payload["folded"] = true.into();
            Some((name, payload))
        });
        Fold {
            frames: frames.collect(),
            dropped,
            relevant,
        }
    }

    /// Returns the expected event for the record before and after a commit.
    fn event(&self, before: Option<&Value>, after: Option<&Value>) -> Option<Frame> {
        let is_readable = after.is_some_and(|it| self.can_read(it));
        let before = before.filter(|it| self.has(it));
        let after = after.filter(|it| self.has(it));
        let id = |it: &Value| it[self.id].clone();
        let (name, payload) = match (before, after) {
            (None, None) => return None,
            (None, Some(after)) => (
                "created",
                json!({"id": id(after), "record": self.shown(after)}),
            ),
            (Some(_), Some(after)) => (
                "updated",
                json!({"id": id(after), "record": self.shown(after)}),
            ),
            (Some(before), None) if is_readable => {
                ("destroyed", json!({"id": id(before), "left": true}))
            }
            (Some(before), None) => ("destroyed", json!({"id": id(before)})),
        };
        Some((name.to_owned(), payload))
    }
}
