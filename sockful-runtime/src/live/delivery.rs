//! The frames that are sent to a subscription, one at a time.

use super::change_kind::ChangeKind;
use super::event_encoder::{EventEncoder, EventMeta, write_list};
use super::initial_result::InitialResult;
use super::live_query::Match;
use crate::core::error::Error;
use crate::model::record::Record;
use crate::protocol::position::PositionProof;
use crate::protocol::reply::Selection;
use crate::store::commit::Emitted;
use std::collections::VecDeque;
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

/// Approximately how many bytes the records of one frame may have.
const MAX_FRAME_RECORDS: usize = 64 * 1024;

/// The frames that move a subscription from one commit to another. The client applies all of them
/// or none.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// Commits one by one.
    Commits {
        matches: VecDeque<Match>,
        /// How many events of the first match were written.
        written: usize,
    },
    /// Many commits folded into one change per record.
    Folded {
        changes: VecDeque<(ChangeKind, Arc<Record>)>,
        seq: u64,
        at: Option<PositionProof>,
        /// How many declared events are omitted.
        dropped: usize,
        is_done: bool,
    },
    /// Records in their state at one commit.
    Records {
        /// The name of the next frame.
        event: &'static str,
        records: RemainingRecords,
        seq: u64,
        at: Option<PositionProof>,
        is_done: bool,
    },
    /// A declared event that belongs to no commit; `None` once it is written.
    Transient(Option<Arc<Emitted>>),
    /// The end of the subscription, with the reason.
    Ended { error: Option<Error>, seq: u64 },
}

impl Delivery {
    pub(crate) fn commits(matches: Vec<Match>) -> Self {
        Self::Commits {
            matches: matches.into(),
            written: 0,
        }
    }

    pub(super) fn folded(
        changes: Vec<(ChangeKind, Arc<Record>)>,
        seq: u64,
        at: Option<PositionProof>,
        dropped: usize,
    ) -> Self {
        Self::Folded {
            changes: changes.into(),
            seq,
            at,
            dropped,
            is_done: false,
        }
    }

    /// Replaces all records that the client has, or the number of them.
    pub(crate) fn reset(result: Arc<InitialResult>) -> Self {
        if let Some(count) = result.count {
            let seq = result.seq;
            let from = seq.saturating_sub(1);
            return Self::commits(vec![Match::Counted { count, from, seq }]);
        }
        Self::Records {
            event: "reset",
            seq: result.seq,
            at: result.at,
            records: RemainingRecords::new(result),
            is_done: false,
        }
    }

    /// The records that did not fit in the reply to `subscribe`.
    pub(crate) fn remaining(
        records: RemainingRecords,
        seq: u64,
        at: Option<PositionProof>,
    ) -> Self {
        Self::Records {
            event: "records",
            is_done: records.is_empty(),
            records,
            seq,
            at,
        }
    }

    pub(crate) fn ended(error: Error, seq: u64) -> Self {
        let error = Some(error);
        Self::Ended { error, seq }
    }

    /// Whether all frames were written.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Commits { matches, .. } => matches.is_empty(),
            Self::Folded { is_done, .. } | Self::Records { is_done, .. } => *is_done,
            Self::Transient(event) => event.is_none(),
            Self::Ended { error, .. } => error.is_none(),
        }
    }

    /// Writes the next frame, if there is one.
    pub(crate) fn write(&mut self, encoder: &EventEncoder, out: &mut Vec<u8>) {
        match self {
            Self::Commits { matches, written } => {
                let Some(next) = matches.front() else {
                    return;
                };
                let is_last = match next {
                    Match::Commit { committed, events } => {
                        let is_last = *written + 1 == events.len();
                        let at = is_last.then(|| committed.proof(&encoder.positions));
                        let meta = EventMeta::new(committed.seq, is_last).at(at);
                        encoder.write_event(events[*written], committed, meta, out);
                        is_last
                    }
                    Match::Counted { count, seq, .. } => {
                        encoder.write_count(*count, *seq, out);
                        true
                    }
                    Match::Window(events) => encoder.write_window_event(events, *written, out),
                };
                *written += 1;
                if is_last {
                    matches.pop_front();
                    *written = 0;
                }
            }
            Self::Folded {
                changes,
                seq,
                at,
                dropped,
                is_done,
            } => {
                let next = changes.pop_front();
                *is_done = changes.is_empty();
                let meta = EventMeta::folded(*seq, *is_done, *dropped).at(*at);
                match next {
                    Some((kind, record)) => encoder.write_change(kind, &record, meta, out),
                    // Without any change, the frame still reports the commit that was reached.
                    None => encoder.write_records("records", &[], meta, out),
                }
            }
            Self::Records {
                event,
                records,
                seq,
                at,
                is_done,
            } => {
                let part = records.take(MAX_FRAME_RECORDS, 1, &encoder.selection);
                let is_last = part.end == records.len();
                *is_done = is_last;
                let event = std::mem::replace(event, "records");
                let meta = EventMeta::new(*seq, is_last).at(*at);
                encoder.write_records(event, &records.all()[part], meta, out);
                if is_last {
                    *records = RemainingRecords::default();
                }
            }
            Self::Transient(event) => {
                if let Some(event) = event.take() {
                    encoder.write_declared(&event, None, out);
                }
            }
            Self::Ended { error, seq } => {
                if let Some(error) = error.take() {
                    encoder.write_frame("ended", out, |out| {
                        out.extend_from_slice(b"\"error\":");
                        // An error consists of strings and numbers, and writing to a `Vec` does not
                        // fail.
                        let _ = serde_json::to_writer(&mut *out, &error);
                        let _ = write!(out, ",\"seq\":{seq}");
                    });
                }
            }
        }
    }
}

/// The records of an initial result that were not written yet. The result itself is shared.
#[derive(Debug, Default)]
pub(crate) struct RemainingRecords {
    /// `None` if there is nothing left.
    result: Option<Arc<InitialResult>>,
    written: usize,
}

impl RemainingRecords {
    pub(crate) fn new(result: Arc<InitialResult>) -> Self {
        Self {
            result: Some(result),
            written: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.written == self.len()
    }

    /// The number of all records of the result.
    fn len(&self) -> usize {
        self.all().len()
    }

    fn all(&self) -> &[Arc<Record>] {
        self.result.as_ref().map_or(&[], |result| &result.records)
    }

    /// Removes the first records that fit in `room` bytes of the reply to `subscribe`, and returns
    /// the result of that reply.
    pub(crate) fn take_first(&mut self, room: usize, selection: &Selection) -> Vec<u8> {
        let part = self.take(room.min(MAX_FRAME_RECORDS), 0, selection);
        let mut out = b"{\"records\":".to_vec();
        write_list(&self.all()[part], selection, &mut out);
        out.push(b'}');
        out
    }

    /// Removes the first records that fit in about `room` bytes, but at least `min` of them.
    /// Returns their positions.
    fn take(&mut self, room: usize, min: usize, selection: &Selection) -> Range<usize> {
        let rest = &self.all()[self.written..];
        let sums = rest.iter().scan(0, |sum, record| {
            *sum += selection.len(record) + 1;
            Some(*sum)
        });
        let fitting = sums.take_while(|&sum| sum <= room).count();
        let count = fitting.max(min).min(rest.len());
        let start = self.written;
        self.written += count;
        start..self.written
    }
}
