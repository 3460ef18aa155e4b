//! What a subscription is told, frame by frame.

use super::Whole;
use super::frames::{Addressee, Beside, write_list};
use super::rule::{Hit, Kind};
use crate::core::error::Error;
use crate::model::record::Record;
use crate::protocol::reply::Selection;
use crate::store::commit::Emitted;
use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;

/// How many bytes the records of one frame take, about.
const PIECE: usize = 64 * 1024;

/// What a subscription is told, frame by frame. It is whole, or nothing of it counts.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// Commits one by one.
    Commits {
        hits: VecDeque<Hit>,
        /// How many notices of the first have been told.
        told: usize,
    },
    /// Many commits as one.
    Fold {
        told: VecDeque<(Kind, Arc<Record>)>,
        seq: u64,
        /// How many declared events are left out.
        dropped: usize,
        is_done: bool,
    },
    /// Records as they are at one moment.
    Records {
        /// What the next frame is called.
        event: &'static str,
        records: VecDeque<Arc<Record>>,
        seq: u64,
        is_done: bool,
    },
    /// A declared event that is in no commit, until it is told.
    Unlogged(Option<Arc<Emitted>>),
    /// The end, and why.
    Ended { error: Option<Error>, seq: u64 },
}

impl Delivery {
    pub(crate) fn commits(hits: Vec<Hit>) -> Self {
        Self::Commits {
            hits: hits.into(),
            told: 0,
        }
    }

    pub(super) fn fold(told: Vec<(Kind, Arc<Record>)>, seq: u64, dropped: usize) -> Self {
        Self::Fold {
            told: told.into(),
            seq,
            dropped,
            is_done: false,
        }
    }

    /// What there is, from the beginning.
    pub(crate) fn anew(whole: Whole) -> Self {
        Self::Records {
            event: "reset",
            records: whole.records.into(),
            seq: whole.seq,
            is_done: false,
        }
    }

    /// What did not fit into the reply to `subscribe`.
    pub(crate) fn rest(records: VecDeque<Arc<Record>>, seq: u64) -> Self {
        Self::Records {
            event: "records",
            is_done: records.is_empty(),
            records,
            seq,
        }
    }

    pub(crate) fn ended(error: Error, seq: u64) -> Self {
        let error = Some(error);
        Self::Ended { error, seq }
    }

    /// Whether nothing is left of it.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Commits { hits, .. } => hits.is_empty(),
            Self::Fold { is_done, .. } | Self::Records { is_done, .. } => *is_done,
            Self::Unlogged(event) => event.is_none(),
            Self::Ended { error, .. } => error.is_none(),
        }
    }

    /// Writes the next frame; nothing where nothing is left.
    pub(crate) fn write(&mut self, to: &Addressee, out: &mut Vec<u8>) {
        match self {
            Self::Commits { hits, told } => {
                let Some(hit) = hits.front() else {
                    return;
                };
                let is_last = *told + 1 == hit.notices.len();
                let beside = Beside::of(hit.committed.seq, is_last);
                to.write_notice(hit.notices[*told], &hit.committed, beside, out);
                *told += 1;
                if is_last {
                    hits.pop_front();
                    *told = 0;
                }
            }
            Self::Fold {
                told,
                seq,
                dropped,
                is_done,
            } => {
                let next = told.pop_front();
                *is_done = told.is_empty();
                let beside = Beside::folded(*seq, *is_done, *dropped);
                match next {
                    Some((kind, record)) => to.write_change(kind, &record, beside, out),
                    // Where nothing is left of it, it is known at least up to where.
                    None => to.write_records("records", &[], beside, out),
                }
            }
            Self::Records {
                event,
                records,
                seq,
                is_done,
            } => {
                let piece = take_piece(records, PIECE, 1, &to.selection);
                *is_done = records.is_empty();
                let event = std::mem::replace(event, "records");
                to.write_records(event, &piece, Beside::of(*seq, *is_done), out);
            }
            Self::Unlogged(event) => {
                if let Some(event) = event.take() {
                    to.write_event(&event, None, out);
                }
            }
            Self::Ended { error, seq } => {
                if let Some(error) = error.take() {
                    to.write_frame("ended", out, |out| {
                        out.extend_from_slice(b"\"error\":");
                        // An error is plain strings and numbers, and writing to memory does not fail.
                        let _ = serde_json::to_writer(&mut *out, &error);
                        let _ = write!(out, ",\"seq\":{seq}");
                    });
                }
            }
        }
    }
}

/// Takes the first records out that the reply to `subscribe` has room for, as its result.
pub(crate) fn first_piece(
    records: &mut VecDeque<Arc<Record>>,
    room: usize,
    selection: &Selection,
) -> Vec<u8> {
    let piece = take_piece(records, room.min(PIECE), 0, selection);
    let mut out = b"{\"records\":".to_vec();
    write_list(&piece, selection, &mut out);
    out.push(b'}');
    out
}

/// Takes out as many of the first records as take about `room` bytes, and no less than `least`.
fn take_piece(
    records: &mut VecDeque<Arc<Record>>,
    room: usize,
    least: usize,
    selection: &Selection,
) -> Vec<Arc<Record>> {
    let sums = records.iter().scan(0, |sum, record| {
        *sum += selection.len(record) + 1;
        Some(*sum)
    });
    let fitting = sums.take_while(|&sum| sum <= room).count();
    let count = fitting.max(least).min(records.len());
    records.drain(..count).collect()
}
