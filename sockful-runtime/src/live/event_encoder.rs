//! Writes the frames of a subscription.

use super::change_kind::{ChangeKind, EventRef};
use super::connection_subscriptions::AckIdGuard;
use super::window_group::{WindowEvent, WindowEvents};
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::protocol::position::{PositionKey, PositionProof};
use crate::protocol::reply::Selection;
use crate::store::commit::{Committed, Emitted};
use std::io::Write;
use std::sync::Arc;

/// Writes the frames of one subscription.
#[derive(Debug)]
pub(crate) struct EventEncoder {
    pub(crate) ack_id: AckIdGuard,
    pub(crate) definition: &'static ResourceDef,
    /// The properties of each record that the client requested.
    pub(crate) selection: Selection,
    /// Proves the positions of commits.
    pub(crate) positions: Arc<PositionKey>,
}

/// Writes records as an array.
pub(super) fn write_list(records: &[Arc<Record>], selection: &Selection, out: &mut Vec<u8>) {
    out.push(b'[');
    for (nth, record) in records.iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        selection.write(record, out);
    }
    out.push(b']');
}

/// The fields of an event next to its record.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventMeta {
    seq: u64,
    is_last: bool,
    is_folded: bool,
    dropped: usize,
    /// The proof of the position after commit `seq`.
    at: Option<PositionProof>,
}

impl EventMeta {
    /// `is_last` says whether no other frame of the same delivery follows.
    pub(super) fn new(seq: u64, is_last: bool) -> Self {
        Self {
            seq,
            is_last,
            is_folded: false,
            dropped: 0,
            at: None,
        }
    }

    /// Adds the proof of the position that the last frame moves the client to.
    pub(super) fn at(self, at: Option<PositionProof>) -> Self {
        let at = at.filter(|_| self.is_last);
        Self { at, ..self }
    }

    /// For many commits folded into one, with `dropped` declared events omitted.
    pub(super) fn folded(seq: u64, is_last: bool, dropped: usize) -> Self {
        Self {
            is_folded: true,
            dropped: if is_last { dropped } else { 0 },
            ..Self::new(seq, is_last)
        }
    }

    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"seq\":");
        // Writing to a `Vec` does not fail.
        let _ = serde_json::to_writer(&mut *out, &self.seq);
        if self.is_folded {
            out.extend_from_slice(b",\"folded\":true");
        }
        if self.dropped > 0 {
            let _ = write!(out, ",\"dropped\":{}", self.dropped);
        }
        if !self.is_last {
            out.extend_from_slice(b",\"more\":true");
        }
        if let Some(at) = self.at {
            out.extend_from_slice(b",\"at\":\"");
            out.extend_from_slice(at.as_bytes());
            out.push(b'"');
        }
    }
}

impl EventEncoder {
    pub(super) fn write_event(
        &self,
        event: EventRef,
        of: &Committed,
        meta: EventMeta,
        out: &mut Vec<u8>,
    ) {
        match event {
            EventRef::Changed(kind, at) => {
                let change = &of.changes[at];
                if let Some(record) = change.after.as_ref().or(change.before.as_ref()) {
                    self.write_change(kind, record, meta, out);
                }
            }
            EventRef::Emitted(at) => self.write_declared(&of.emitted[at], Some(meta), out),
        }
    }

    /// Writes the number of records after commit `seq`.
    pub(super) fn write_count(&self, count: usize, seq: u64, out: &mut Vec<u8>) {
        self.write_frame("counted", out, |out| {
            // Writing to a `Vec` does not fail.
            let _ = write!(out, "\"count\":{count}");
            EventMeta::new(seq, true).write(out);
        });
    }

    /// Writes the event of a window at position `nth`. Returns whether it is the last one.
    pub(super) fn write_window_event(
        &self,
        of: &WindowEvents,
        nth: usize,
        out: &mut Vec<u8>,
    ) -> bool {
        let is_last = nth + 1 >= of.events.len();
        let meta = if of.is_folded {
            EventMeta::folded(of.seq, is_last, of.dropped)
        } else {
            EventMeta::new(of.seq, is_last)
        };
        match of.events.get(nth) {
            Some(WindowEvent::Changed(kind, record)) => {
                self.write_change(*kind, record, meta, out);
            }
            Some(WindowEvent::Emitted(committed, at)) => {
                self.write_declared(&committed.emitted[*at], Some(meta), out);
            }
            // Without any change, the frame still reports the events that are omitted.
            None => self.write_records("records", &[], meta, out),
        }
        is_last
    }

    /// Writes a declared event. An event that belongs to no commit has no `meta`.
    pub(super) fn write_declared(
        &self,
        event: &Emitted,
        meta: Option<EventMeta>,
        out: &mut Vec<u8>,
    ) {
        let name = self.definition.events[event.event].name;
        self.write_frame(name, out, |out| {
            out.extend_from_slice(b"\"id\":");
            out.extend_from_slice(event.record.value(self.definition.id).as_bytes());
            out.extend_from_slice(b",\"data\":");
            out.extend_from_slice(event.data.as_bytes());
            if let Some(meta) = meta {
                meta.write(out);
            }
        });
    }

    pub(super) fn write_records(
        &self,
        event: &str,
        records: &[Arc<Record>],
        meta: EventMeta,
        out: &mut Vec<u8>,
    ) {
        self.write_frame(event, out, |out| {
            out.extend_from_slice(b"\"records\":");
            write_list(records, &self.selection, out);
            meta.write(out);
        });
    }

    pub(super) fn write_change(
        &self,
        kind: ChangeKind,
        record: &Record,
        meta: EventMeta,
        out: &mut Vec<u8>,
    ) {
        let event = match kind {
            ChangeKind::Created => "created",
            ChangeKind::Updated => "updated",
            ChangeKind::Destroyed | ChangeKind::Left => "destroyed",
        };
        self.write_frame(event, out, |out| {
            out.extend_from_slice(b"\"id\":");
            out.extend_from_slice(record.value(self.definition.id).as_bytes());
            match kind {
                ChangeKind::Created | ChangeKind::Updated => {
                    out.extend_from_slice(b",\"record\":");
                    self.selection.write(record, out);
                }
                ChangeKind::Left => out.extend_from_slice(b",\"left\":true"),
                ChangeKind::Destroyed => {}
            }
            meta.write(out);
        });
    }

    /// Writes one frame; `payload` writes the content of its payload object.
    pub(super) fn write_frame(
        &self,
        event: &str,
        out: &mut Vec<u8>,
        payload: impl FnOnce(&mut Vec<u8>),
    ) {
        out.extend_from_slice(b"[\"");
        // Resource names need no escapes.
        out.extend_from_slice(self.definition.name.as_bytes());
        out.extend_from_slice(b"\",\"");
        out.extend_from_slice(event.as_bytes());
        out.extend_from_slice(b"\",{");
        payload(out);
        out.extend_from_slice(b"},");
        out.extend_from_slice(self.ack_id.ack_id.as_bytes());
        out.push(b']');
    }
}
