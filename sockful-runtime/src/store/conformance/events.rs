//! A simple model of emitted events, and random events to test with.

use super::commit_model::{Tables, text};
use super::wait;
use crate::store::Store;
use crate::store::commit::{Commit, Committed, Emitted, Expect, Operation, Rejected};
use crate::store::conformance::sample;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::sync::Arc;

/// An event of any record, whether or not it exists.
#[derive(Clone, Debug)]
pub(super) struct RandomEvent {
    /// The position among the operations.
    place: Index,
    resource: usize,
    id: &'static str,
    event: usize,
    data: &'static str,
}

/// An event as it is in the log: resource, event, data, and the record's id, text and revision.
pub(super) type EmittedText = (usize, usize, String, String, String, u64);

pub(super) fn event(ids: &'static [&'static str]) -> impl Strategy<Value = RandomEvent> {
    let data = select(vec!["null", r#"{"loudness":9}"#, "\"🐉\\n\"", "[]"]);
    let all = (any::<Index>(), 0..2_usize, select(ids), 0..3_usize, data);
    all.prop_map(|(place, resource, id, event, data)| RandomEvent {
        place,
        resource,
        id,
        event,
        data,
    })
}

impl RandomEvent {
    /// Inserts the event into the operations.
    pub(super) fn join(&self, operations: &mut Vec<Operation>) {
        let emit = Operation::Emit {
            resource: self.resource,
            id: self.id.into(),
            event: self.event,
            data: self.data.into(),
        };
        operations.insert(self.place.index(operations.len() + 1), emit);
    }
}

/// Returns the events of an accepted commit that leads from `before` to `after`.
pub(super) fn expected_events(
    before: &Tables,
    after: &Tables,
    operations: &[Operation],
) -> Vec<EmittedText> {
    let mut events = Vec::new();
    for operation in operations {
        let Operation::Emit {
            resource,
            id,
            event,
            data,
        } = operation
        else {
            continue;
        };
        let key = (*resource, id.to_string());
        let Some((text, rev)) = after.get(&key).or_else(|| before.get(&key)) else {
            continue;
        };
        events.push((
            *resource,
            *event,
            data.to_string(),
            key.1,
            text.clone(),
            *rev,
        ));
    }
    events
}

/// Returns the events that a store emitted.
pub(super) fn of(emitted: &[Emitted]) -> Vec<EmittedText> {
    let each = emitted.iter().map(|event| {
        let record = &event.record;
        (
            event.resource,
            event.event,
            event.data.to_string(),
            record.id().to_owned(),
            text(record),
            record.rev(),
        )
    });
    each.collect()
}

/// Checks each case separately in an empty store.
pub(super) fn check(store: &dyn Store) {
    // An event of a record that the same commit creates, before or after the event.
    let made = taken(store, vec![emit("bob", 0, "1"), put("bob", 1)]);
    assert_eq!(summed(&made), (1, 1, vec![("bob", 1, 0, "1")]));
    // Events alone, several of one record and one of another, in order.
    taken(store, vec![put("eve", 1)]);
    let several = vec![
        emit("eve", 1, "1"),
        emit("bob", 0, "2"),
        emit("eve", 0, "3"),
    ];
    let expected = vec![("eve", 2, 1, "1"), ("bob", 1, 0, "2"), ("eve", 2, 0, "3")];
    assert_eq!(summed(&taken(store, several)), (3, 0, expected));
    // Events of a record that the same commit changes, and of one that it removes.
    let operations = vec![
        emit("bob", 0, "1"),
        delete("bob"),
        put("eve", 2),
        emit("eve", 0, "2"),
    ];
    let expected = vec![("bob", 1, 0, "1"), ("eve", 4, 0, "2")];
    assert_eq!(summed(&taken(store, operations)), (4, 2, expected));
    // Events of a record that was removed, and of one that never existed.
    for id in ["bob", "larry"] {
        let nothing = taken(store, vec![emit(id, 0, "1")]);
        assert!(nothing.is_empty(), "{nothing:?}");
        assert_eq!(nothing.seq, 4);
    }
    let some = taken(store, vec![emit("bob", 0, "1"), emit("eve", 0, "2")]);
    assert_eq!(summed(&some), (5, 0, vec![("eve", 4, 0, "2")]));
    // An event is not a write: dependencies and the revision are unchanged.
    let rev = Expect::Rev(4);
    let relied = taken(store, vec![assert("eve", rev), emit("eve", 0, "3")]);
    assert_eq!(summed(&relied), (6, 0, vec![("eve", 4, 0, "3")]));
    // A rejected commit emits nothing.
    let refused = vec![emit("eve", 0, "4"), assert("eve", Expect::Absent)];
    assert!(matches!(commit(store, refused), Err(Rejected::Conflict(1))));
    let unknown = Operation::Emit {
        resource: 99,
        id: "eve".into(),
        event: 0,
        data: "5".into(),
    };
    let refused = vec![emit("eve", 0, "4"), unknown];
    assert!(matches!(commit(store, refused), Err(Rejected::Failed(_))));
    assert_eq!(wait(store.head()).expect("a head"), 6);
    let log = wait(store.log(0, 9)).expect("the log has all commits");
    let events: Vec<usize> = log.iter().map(|it| it.emitted.len()).collect();
    assert_eq!(events, [1, 0, 3, 2, 1, 1]);
}

/// The number of a commit, the number of its changes, and its events: the record's id and revision, the
/// event, the data.
type Sum<'a> = (u64, usize, Vec<(&'a str, u64, usize, &'a str)>);

fn summed(committed: &Committed) -> Sum<'_> {
    let events = committed.emitted.iter().map(|it| {
        let record = &it.record;
        (record.id(), record.rev(), it.event, &*it.data)
    });
    (committed.seq, committed.changes.len(), events.collect())
}

fn taken(store: &dyn Store, operations: Vec<Operation>) -> Arc<Committed> {
    commit(store, operations).expect("all expectations are met")
}

fn commit(store: &dyn Store, operations: Vec<Operation>) -> Result<Arc<Committed>, Rejected> {
    wait(store.commit(Commit {
        operations,
        ..Commit::default()
    }))
}

fn emit(id: &str, event: usize, data: &str) -> Operation {
    Operation::Emit {
        resource: 0,
        id: id.into(),
        event,
        data: data.into(),
    }
}

fn assert(id: &str, expect: Expect) -> Operation {
    Operation::Assert {
        resource: 0,
        id: id.into(),
        expect,
    }
}

fn delete(id: &str) -> Operation {
    Operation::Delete {
        resource: 0,
        id: id.into(),
        expect: Expect::Any,
    }
}

fn put(id: &str, life: u64) -> Operation {
    Operation::Put {
        resource: 0,
        record: sample::record(
            &sample::model(),
            &format!(r#"{{"id":"{id}","life":{life}}}"#),
        ),
        expect: Expect::Any,
    }
}
