//! What a request leads to, and how a reply is written.

use crate::core::error::{Error, Result};
use crate::model::codec::Codec;
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::model::validation;
use crate::protocol::frame::Head;
use crate::protocol::position::PositionProof;
use std::io::Write;
use std::sync::Arc;

/// What goes into a reply beside the head of its request.
pub type Reply = Result<Done>;

/// A request that succeeded: the result, and what stands beside it.
#[derive(Debug)]
pub struct Done {
    pub(crate) body: Body,
    /// The commit that the result is a view of, or that the request made.
    pub(crate) seq: Option<u64>,
    /// The revision of the one record that the result is or is about, where its resource shows it.
    pub(crate) rev: Option<u64>,
    /// How a result that is not all there continues. Boxed, since most results are all there and
    /// every reply is moved several times.
    pub(crate) continuation: Option<Box<Continuation>>,
}

/// How a result continues that is not all there.
#[derive(Debug, Default)]
pub(crate) struct Continuation {
    /// The cursor behind the last record of a list that was cut.
    pub(crate) next: Option<String>,
    /// The cursors of included lists that were cut: a JSON object.
    pub(crate) cut: Option<String>,
    /// What the reply to `subscribe` says about the subscription.
    pub(crate) subscribed: Option<Subscribed>,
}

/// The output of a remote method, encoded as JSON.
#[derive(Debug)]
pub struct EncodedOutput(pub(crate) Body);

impl EncodedOutput {
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) as soon as it is longer than a reply may be.
    pub(crate) fn new<T>(codec: &Codec<T>, output: &T, max_reply: usize) -> Result<Self> {
        let json = json("the result", codec, output, max_reply)?;
        Ok(Self(Body::Json(json.into_bytes())))
    }
}

/// What the application's own code tells clients, as JSON.
///
/// # Errors
///
/// Where it can't be written, is longer than a reply may be, or not every client could read it.
pub(crate) fn json<T>(what: &str, codec: &Codec<T>, value: &T, max_reply: usize) -> Result<String> {
    let mut json = Vec::with_capacity(64);
    let written = codec.write_bounded(value, &mut json, room(max_reply));
    written.map_err(|error| match error.io_error_kind() {
        Some(_) => Error::too_large(what, "max_reply", max_reply),
        None => Error::internal(error),
    })?;
    if !codec.is_finite(value, &json) {
        return Err(Error::internal(format!(
            "{what} has a number that is NaN or infinite, which JSON has no text for"
        )));
    }
    let json = String::from_utf8(json).map_err(Error::internal)?;
    if validation::has_inexact(&json) {
        return Err(Error::internal(format!(
            "{what} has an integer beyond ±(2^53-1), which not every client can hold; make it a string"
        )));
    }
    Ok(json)
}

/// A result, in the form that costs least to write.
#[derive(Debug)]
pub(crate) enum Body {
    /// JSON as it is.
    Json(Vec<u8>),
    /// A record, spliced in.
    Record(Arc<Record>, Selection),
    /// Records in an array, `null` for those that are not there.
    Records(Vec<Option<Arc<Record>>>, Selection),
    /// Several in an array.
    List(Vec<Self>),
}

/// What the reply to `subscribe` says about the subscription.
#[derive(Debug)]
pub(crate) struct Subscribed {
    /// The token that resumes it on another connection.
    pub(crate) resume: String,
    /// The proof of the position that the reply moves the client to.
    pub(crate) at: Option<PositionProof>,
    /// Whether more of its first records follow in events.
    pub(crate) more: bool,
}

/// Which properties of a record are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) enum Selection {
    /// All that may be sent.
    #[default]
    All,
    /// Those at these positions.
    Some(&'static ResourceDef, Arc<[usize]>),
}

/// Refuses a result that no reply has room for, before anything is committed that it would report.
///
/// # Errors
///
/// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge).
pub(crate) fn check_room(what: &str, bytes: usize, max_reply: usize) -> Result<()> {
    if bytes <= room(max_reply) {
        return Ok(());
    }
    Err(Error::too_large(what, "max_reply", max_reply))
}

/// How many bytes of a reply its result may take; the rest is for the head and what stands beside it.
pub(crate) fn room(max_reply: usize) -> usize {
    max_reply.saturating_sub(512)
}

impl Done {
    /// A result with nothing beside it.
    pub(crate) fn bare(body: Body) -> Self {
        Self {
            body,
            seq: None,
            rev: None,
            continuation: None,
        }
    }

    /// This result, with how it continues.
    pub(crate) fn with(self, continuation: Continuation) -> Self {
        let is_all = matches!(
            continuation,
            Continuation {
                next: None,
                cut: None,
                subscribed: None
            }
        );
        Self {
            continuation: (!is_all).then(|| Box::new(continuation)),
            ..self
        }
    }

    /// The cursor behind the last record of a list that was cut.
    pub(crate) fn next(&self) -> Option<&str> {
        self.continuation.as_ref()?.next.as_deref()
    }

    /// The cursors of included lists that were cut.
    pub(crate) fn cut(&self) -> Option<&str> {
        self.continuation.as_ref()?.cut.as_deref()
    }

    /// The reply to a remote method.
    pub(crate) fn encoded(output: EncodedOutput, seq: Option<u64>, rev: Option<u64>) -> Self {
        Self {
            seq,
            rev,
            ..Self::bare(output.0)
        }
    }

    pub(crate) fn new(body: Body, seq: u64) -> Self {
        let done = Self::bare(body);
        Self {
            seq: Some(seq),
            rev: done.record().and_then(Record::shown_rev),
            ..done
        }
    }

    /// The one record that the result is, all of it or a part.
    pub(crate) fn record(&self) -> Option<&Record> {
        match &self.body {
            Body::Record(record, _) => Some(record),
            Body::Json(_) | Body::Records(..) | Body::List(_) => None,
        }
    }

    /// How many bytes the parts of variable length take, or a few more.
    fn len(&self) -> usize {
        let continuation = self.continuation.as_deref().map_or(0, Continuation::len);
        self.body.len() + continuation
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"ok\":");
        self.body.write(out);
        if let Some(seq) = self.seq {
            out.extend_from_slice(b",\"seq\":");
            // Writing to memory does not fail.
            let _ = serde_json::to_writer(&mut *out, &seq);
        }
        if let Some(rev) = self.rev {
            let _ = write!(out, ",\"rev\":{rev}");
        }
        if let Some(continuation) = &self.continuation {
            continuation.write(out);
        }
        out.push(b'}');
    }
}

impl Continuation {
    fn len(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        text(&self.next) + text(&self.cut)
    }

    fn write(&self, out: &mut Vec<u8>) {
        // Writing to memory does not fail.
        if let Some(next) = &self.next {
            let _ = write!(out, ",\"next\":\"{next}\"");
        }
        if let Some(cut) = &self.cut {
            let _ = write!(out, ",\"cut\":{cut}");
        }
        if let Some(Subscribed { resume, at, more }) = &self.subscribed {
            let _ = write!(out, ",\"resume\":\"{resume}\"");
            if let Some(at) = at {
                let _ = write!(out, ",\"at\":\"{}\"", at.as_str());
            }
            if *more {
                out.extend_from_slice(b",\"more\":true");
            }
        }
    }
}

impl Selection {
    /// The properties at these positions; all that may be sent where nothing is said.
    pub(crate) fn of(definition: &'static ResourceDef, select: Option<Vec<usize>>) -> Self {
        select.map_or(Self::All, |positions| {
            Self::Some(definition, positions.into())
        })
    }

    /// How many bytes [`write`](Self::write) takes.
    pub(crate) fn len(&self, record: &Record) -> usize {
        match self {
            Self::All => record.sent().len(),
            Self::Some(definition, positions) => {
                let one =
                    |&at: &usize| definition.properties[at].name.len() + record.value(at).len() + 4;
                positions.iter().map(one).sum::<usize>() + 2
            }
        }
    }

    pub(crate) fn write(&self, record: &Record, out: &mut Vec<u8>) {
        match self {
            Self::All => out.extend_from_slice(record.sent().as_bytes()),
            Self::Some(definition, positions) => record.write_selected(definition, positions, out),
        }
    }
}

impl Body {
    /// How many bytes [`write`](Self::write) takes, or a few more.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Json(json) => json.len(),
            Self::Record(record, selection) => selection.len(record),
            Self::Records(records, selection) => {
                let one = |record: &Option<Arc<Record>>| match record {
                    Some(record) => selection.len(record) + 1,
                    None => 5,
                };
                records.iter().map(one).sum::<usize>() + 2
            }
            Self::List(each) => each.iter().map(|one| one.len() + 1).sum::<usize>() + 2,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Json(json) => out.extend_from_slice(json),
            Self::Record(record, selection) => selection.write(record, out),
            Self::Records(records, selection) => {
                out.push(b'[');
                for (nth, record) in records.iter().enumerate() {
                    if nth > 0 {
                        out.push(b',');
                    }
                    match record {
                        Some(record) => selection.write(record, out),
                        None => out.extend_from_slice(b"null"),
                    }
                }
                out.push(b']');
            }
            Self::List(each) => {
                out.push(b'[');
                for (nth, one) in each.iter().enumerate() {
                    if nth > 0 {
                        out.push(b',');
                    }
                    one.write(out);
                }
                out.push(b']');
            }
        }
    }
}

/// Writes the reply to the request of `head`; one whose result is larger than `max` becomes `too_large`.
pub(crate) fn write(out: &mut Vec<u8>, head: &Head<'_>, reply: &Reply, max: usize) {
    let start = out.len();
    // What would be too large is not even written: it could be so many times over.
    let fits = match reply {
        Ok(done) if done.len() > max => false,
        Ok(done) => {
            head.write(out, |out| done.write(out));
            out.len() - start <= max
        }
        Err(error) => {
            head.write(out, |out| write_error(out, error));
            true
        }
    };
    if !fits {
        out.truncate(start);
        head.write(out, |out| write_error(out, &too_large(max)));
    }
}

/// The payload of a reply, and how it ended: a result that is larger than `max` becomes `too_large`.
pub(crate) fn payload(reply: Reply, max: usize) -> (Vec<u8>, Reply) {
    let reply = reply.and_then(|done| match done.len() {
        length if length > max => Err(too_large(max)),
        _ => Ok(done),
    });
    let out = match &reply {
        Ok(done) => {
            let mut out = Vec::with_capacity(done.len() + 64);
            done.write(&mut out);
            out
        }
        Err(error) => refusal(error),
    };
    (out, reply)
}

/// The payload of a reply that tells `error`.
pub(crate) fn refusal(error: &Error) -> Vec<u8> {
    let mut out = Vec::new();
    write_error(&mut out, error);
    out
}

fn too_large(max: usize) -> Error {
    Error::too_large("the result", "max_reply", max)
}

fn write_error(out: &mut Vec<u8>, error: &Error) {
    out.extend_from_slice(b"{\"err\":");
    // An error is plain strings and numbers, and writing to memory does not fail.
    let _ = serde_json::to_writer(&mut *out, error);
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::definition::ResourceDef;
    use crate::model::resource::Resource;
    use crate::model::resource_model::{Model, Shape};
    use crate::store::conformance::sample;
    use crate::store::conformance::sample::Sample;

    fn lengths(body: &Body) -> (usize, usize) {
        let mut out = Vec::new();
        body.write(&mut out);
        (body.len(), out.len())
    }

    #[test]
    fn body_length_estimate_is_close_to_written_size() {
        let model = Model::new(
            &Shape::of::<Sample>(),
            0,
            &mut schemars::SchemaGenerator::default(),
        );
        let record = Arc::new(sample::record(&model, r#"{"id":"bob","life":7}"#));
        let definition: &'static ResourceDef = Sample::DEFINITION;
        let some = |positions: &[usize]| Selection::Some(definition, positions.into());
        for selection in [Selection::All, some(&[0, 1]), some(&[1]), some(&[])] {
            for several in [
                vec![],
                vec![None],
                vec![Some(record.clone()), None, Some(record.clone())],
            ] {
                let (told, taken) = lengths(&Body::Records(several, selection.clone()));
                assert!(told >= taken && told <= taken + 4, "{told} {taken}");
            }
            let (told, taken) = lengths(&Body::Record(record.clone(), selection));
            assert!(told >= taken && told <= taken + 1, "{told} {taken}");
        }
    }

    #[test]
    fn oversized_reply_is_rejected_before_writing() {
        let body = Body::Json(vec![b' '; 100_000]);
        let mut out = Vec::new();
        write(&mut out, &Head::NOBODY, &Ok(Done::new(body, 1)), 1_000);
        assert!(out.capacity() < 1_000, "{}", out.capacity());
    }
}
