//! The result of a request, and the encoding of replies.

use crate::core::error::{Error, Result};
use crate::model::codec::Codec;
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::model::validation;
use crate::protocol::frame::Head;
use crate::protocol::position::PositionProof;
use std::io::Write;
use std::sync::Arc;

/// The result of a request, without the head of the reply.
pub type Reply = Result<Done>;

/// The result of a successful request, with its metadata.
#[derive(Debug)]
pub struct Done {
    pub(crate) body: Body,
    /// The commit that the result is a view of, or that the request made.
    pub(crate) seq: Option<u64>,
    /// The revision of the record that the result is or refers to, if its resource shows revisions.
    pub(crate) rev: Option<u64>,
    /// How an incomplete result continues. Boxed, because most results are complete and every reply
    /// is moved several times.
    pub(crate) continuation: Option<Box<Continuation>>,
}

/// How an incomplete result continues.
#[derive(Debug, Default)]
pub(crate) struct Continuation {
    /// The cursor after the last record of a list that was cut.
    pub(crate) next: Option<String>,
    /// The cursors of included lists that were cut, as a JSON object.
    pub(crate) cut: Option<String>,
    /// The members of the reply to `subscribe`.
    pub(crate) subscribed: Option<Subscribed>,
}

/// The output of a remote method, encoded as JSON.
#[derive(Debug)]
pub struct EncodedOutput(pub(crate) Body);

impl EncodedOutput {
    /// Encodes the output of a remote method.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) as soon as it exceeds the limit of a
    /// reply.
    pub(crate) fn new<T>(codec: &Codec<T>, output: &T, max_reply: usize) -> Result<Self> {
        let json = json("the result", codec, output, max_reply)?;
        Ok(Self(Body::Json(json.into_bytes())))
    }
}

/// Encodes a value of the application's own code for clients as JSON.
///
/// # Errors
///
/// If it cannot be serialized, exceeds the limit of a reply, or contains a number that not every
/// client can read.
pub(crate) fn json<T>(what: &str, codec: &Codec<T>, value: &T, max_reply: usize) -> Result<String> {
    let mut json = Vec::with_capacity(64);
    let written = codec.write_bounded(value, &mut json, room(max_reply));
    written.map_err(|error| match error.io_error_kind() {
        Some(_) => Error::too_large(what, "max_reply", max_reply),
        None => Error::internal(error),
    })?;
    if !codec.is_finite(value, &json) {
        return Err(Error::internal(format!(
            "{what} contains a number that is NaN or infinite, which JSON can't represent"
        )));
    }
    let json = String::from_utf8(json).map_err(Error::internal)?;
    if validation::has_inexact(&json) {
        return Err(Error::internal(format!(
            "{what} contains an integer beyond ±(2^53-1), which not every client can represent; make it a string"
        )));
    }
    Ok(json)
}

/// A result in the form that is cheapest to write.
#[derive(Debug)]
pub(crate) enum Body {
    /// JSON text.
    Json(Vec<u8>),
    /// A record, whose JSON is copied into the reply.
    Record(Arc<Record>, Selection),
    /// An array of records; missing ones are `null`.
    Records(Vec<Option<Arc<Record>>>, Selection),
    /// An array of results.
    List(Vec<Self>),
}

/// The members of the reply to `subscribe`.
#[derive(Debug)]
pub(crate) struct Subscribed {
    /// The token that resumes it on another connection, unless it is a window.
    pub(crate) resume: Option<String>,
    /// The proof of the position that the reply moves the client to.
    pub(crate) at: Option<PositionProof>,
    /// Whether further records of the initial result follow in events.
    pub(crate) more: bool,
}

/// The properties of a record that are sent.
#[derive(Clone, Debug, Default)]
pub(crate) enum Selection {
    /// All properties that may be sent.
    #[default]
    All,
    /// The properties at these positions.
    Some(&'static ResourceDef, Arc<[usize]>),
}

/// Rejects a result that does not fit in a reply, before the commit that it would report.
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

/// The maximum size of a result in bytes; the rest of a reply is for its head and metadata.
pub(crate) fn room(max_reply: usize) -> usize {
    max_reply.saturating_sub(512)
}

impl Done {
    /// A result without metadata.
    pub(crate) fn bare(body: Body) -> Self {
        Self {
            body,
            seq: None,
            rev: None,
            continuation: None,
        }
    }

    /// This result with its continuation.
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

    /// The cursor after the last record of a list that was cut.
    pub(crate) fn next(&self) -> Option<&str> {
        self.continuation.as_ref()?.next.as_deref()
    }

    /// The cursors of included lists that were cut.
    pub(crate) fn cut(&self) -> Option<&str> {
        self.continuation.as_ref()?.cut.as_deref()
    }

    /// The result of a remote method.
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

    /// The record, if the result is one record or a part of it.
    pub(crate) fn record(&self) -> Option<&Record> {
        match &self.body {
            Body::Record(record, _) => Some(record),
            Body::Json(_) | Body::Records(..) | Body::List(_) => None,
        }
    }

    /// An upper bound for the number of bytes of the parts with variable length.
    fn len(&self) -> usize {
        let continuation = self.continuation.as_deref().map_or(0, Continuation::len);
        self.body.len() + continuation
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"ok\":");
        self.body.write(out);
        if let Some(seq) = self.seq {
            out.extend_from_slice(b",\"seq\":");
            // Writing to a `Vec` does not fail.
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
        // Writing to a `Vec` does not fail.
        if let Some(next) = &self.next {
            let _ = write!(out, ",\"next\":\"{next}\"");
        }
        if let Some(cut) = &self.cut {
            let _ = write!(out, ",\"cut\":{cut}");
        }
        if let Some(Subscribed { resume, at, more }) = &self.subscribed {
            if let Some(resume) = resume {
                let _ = write!(out, ",\"resume\":\"{resume}\"");
            }
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
    /// The properties at these positions, or all that may be sent if `None`.
    pub(crate) fn of(definition: &'static ResourceDef, select: Option<Vec<usize>>) -> Self {
        select.map_or(Self::All, |positions| {
            Self::Some(definition, positions.into())
        })
    }

    /// The number of bytes that [`write`](Self::write) appends.
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
    /// An upper bound for the number of bytes that [`write`](Self::write) appends.
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

/// Writes the reply to a request with this head. A result larger than `max` bytes becomes
/// `too_large`.
pub(crate) fn write(out: &mut Vec<u8>, head: &Head<'_>, reply: &Reply, max: usize) {
    let start = out.len();
    // A result that is too large is not even written, because it could be much larger than the
    // limit.
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

/// The payload of a reply, and the reply. A result larger than `max` bytes becomes `too_large`.
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

/// The payload of a reply with an error.
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
    // An error consists of strings and numbers, and writing to a `Vec` does not fail.
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
                let (estimated, written) = lengths(&Body::Records(several, selection.clone()));
                assert!(
                    estimated >= written && estimated <= written + 4,
                    "{estimated} {written}"
                );
            }
            let (estimated, written) = lengths(&Body::Record(record.clone(), selection));
            assert!(
                estimated >= written && estimated <= written + 1,
                "{estimated} {written}"
            );
        }
    }

    #[test]
    fn oversized_reply_is_rejected_before_writing() {
        let body = Body::Json(vec![b' '; 100_000]);
        let mut out = Vec::new();
        write(&mut out, &Head::UNPARSED, &Ok(Done::new(body, 1)), 1_000);
        assert!(out.capacity() < 1_000, "{}", out.capacity());
    }
}
