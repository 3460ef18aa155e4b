//! The frames of a subscription, as they are written.

use super::Claim;
use super::rule::{Kind, Notice};
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::protocol::reply::Selection;
use crate::store::commit::{Committed, Emitted};
use std::io::Write;
use std::sync::Arc;

/// To whom frames go, and what of each record they show.
#[derive(Debug)]
pub(crate) struct Addressee {
    pub(crate) claim: Claim,
    pub(crate) definition: &'static ResourceDef,
    pub(crate) selection: Selection,
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

/// What stands beside the record of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside {
    seq: u64,
    is_last: bool,
    is_folded: bool,
    dropped: usize,
}

impl Beside {
    pub(super) fn of(seq: u64, is_last: bool) -> Self {
        Self {
            seq,
            is_last,
            is_folded: false,
            dropped: 0,
        }
    }

    /// That of many commits as one, of which `dropped` declared events are left out.
    pub(super) fn folded(seq: u64, is_last: bool, dropped: usize) -> Self {
        Self {
            is_folded: true,
            dropped: if is_last { dropped } else { 0 },
            ..Self::of(seq, is_last)
        }
    }

    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"seq\":");
        // Writing to memory does not fail.
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
    }
}

impl Addressee {
    pub(super) fn write_notice(
        &self,
        notice: Notice,
        of: &Committed,
        beside: Beside,
        out: &mut Vec<u8>,
    ) {
        match notice {
            Notice::Changed(kind, at) => {
                let change = &of.changes[at];
                if let Some(record) = change.after.as_ref().or(change.before.as_ref()) {
                    self.write_change(kind, record, beside, out);
                }
            }
            Notice::Emitted(at) => self.write_event(&of.emitted[at], Some(beside), out),
        }
    }

    /// Writes a declared event; one that is in no commit has nothing beside it.
    pub(super) fn write_event(&self, event: &Emitted, beside: Option<Beside>, out: &mut Vec<u8>) {
        let name = self.definition.events[event.event].name;
        self.write_frame(name, out, |out| {
            out.extend_from_slice(b"\"id\":");
            out.extend_from_slice(event.record.value(self.definition.id).as_bytes());
            out.extend_from_slice(b",\"data\":");
            out.extend_from_slice(event.data.as_bytes());
            if let Some(beside) = beside {
                beside.write(out);
            }
        });
    }

    pub(super) fn write_records(
        &self,
        event: &str,
        records: &[Arc<Record>],
        beside: Beside,
        out: &mut Vec<u8>,
    ) {
        self.write_frame(event, out, |out| {
            out.extend_from_slice(b"\"records\":");
            write_list(records, &self.selection, out);
            beside.write(out);
        });
    }

    pub(super) fn write_change(
        &self,
        kind: Kind,
        record: &Record,
        beside: Beside,
        out: &mut Vec<u8>,
    ) {
        let event = match kind {
            Kind::Created => "created",
            Kind::Updated => "updated",
            Kind::Destroyed | Kind::Left => "destroyed",
        };
        self.write_frame(event, out, |out| {
            out.extend_from_slice(b"\"id\":");
            out.extend_from_slice(record.value(self.definition.id).as_bytes());
            match kind {
                Kind::Created | Kind::Updated => {
                    out.extend_from_slice(b",\"record\":");
                    self.selection.write(record, out);
                }
                Kind::Left => out.extend_from_slice(b",\"left\":true"),
                Kind::Destroyed => {}
            }
            beside.write(out);
        });
    }

    /// Writes a frame of ours; `payload` writes what stands between the braces.
    pub(super) fn write_frame(
        &self,
        event: &str,
        out: &mut Vec<u8>,
        payload: impl FnOnce(&mut Vec<u8>),
    ) {
        out.extend_from_slice(b"[\"");
        // Names of resources need no escapes.
        out.extend_from_slice(self.definition.name.as_bytes());
        out.extend_from_slice(b"\",\"");
        out.extend_from_slice(event.as_bytes());
        out.extend_from_slice(b"\",{");
        payload(out);
        out.extend_from_slice(b"},");
        out.extend_from_slice(self.claim.ack.as_bytes());
        out.push(b']');
    }
}
