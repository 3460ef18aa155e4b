//! A record as stores hold it: JSON text that is written once, and the offsets of its properties.

use crate::core::error::{Error, ErrorKind, Result};
use crate::core::json::object::Object;
use crate::model::definition::{KeyForm, Managed, Property, ResourceDef};
use crate::model::scalar::Scalar;
use std::fmt;
use std::ops::Range;

/// A record as JSON: the properties that are sent to clients, and those that are not.
///
/// The texts are always written by this library from the Rust value, so they are sent unchanged.
#[derive(Clone)]
pub struct Record {
    /// The definition of the resource.
    definition: &'static ResourceDef,
    /// The id, the sent object and the private object, concatenated, so that a look-up compares the id
    /// and continues reading in the same memory.
    text: Box<str>,
    /// The end of the id.
    id: u16,
    /// The end of the sent object.
    sent: u32,
    /// The ranges of the properties, relative to the end of the id.
    spans: Box<[Range<u32>]>,
    rev: u64,
    /// The position of the property that holds the revision, or [`NOT_SHOWN`].
    rev_at: u16,
}

/// The marker for no such property.
const NOT_SHOWN: u16 = u16::MAX;

impl Record {
    /// Creates a record from the texts that [`sent`](Self::sent) and [`kept`](Self::kept) returned.
    ///
    /// # Errors
    ///
    /// An internal error if they do not have exactly the properties of `definition`.
    pub fn stored(
        definition: &'static ResourceDef,
        id: &str,
        rev: u64,
        sent: &str,
        kept: &str,
    ) -> Result<Self> {
        StoredRecord::parse(definition, id, rev, sent, kept).map(|stored| stored.to_record())
    }

    /// The canonical text of the id, see [`key::canonical`](crate::model::key::canonical).
    pub fn id(&self) -> &str {
        &self.text[..usize::from(self.id)]
    }

    /// The sequence number of the commit that stored it, or 0 if it is not stored.
    pub fn rev(&self) -> u64 {
        self.rev
    }

    /// The revision, if a property of the resource holds it.
    pub fn shown_rev(&self) -> Option<u64> {
        (self.rev_at != NOT_SHOWN).then_some(self.rev)
    }

    /// Returns a conflict error if the record has another revision.
    pub(crate) fn expect_rev(&self, if_rev: Option<u64>) -> Result<()> {
        match if_rev {
            Some(rev) if rev != self.rev => {
                let message = format!("the record was changed: its revision is no longer {rev}");
                Err(Error::new(ErrorKind::Conflict, message).at("if_rev"))
            }
            _ => Ok(()),
        }
    }

    /// The JSON object that is sent to clients.
    pub fn sent(&self) -> &str {
        &self.text[usize::from(self.id)..self.sent as usize]
    }

    /// The JSON object of the properties that are never sent; empty if the resource has none.
    pub fn kept(&self) -> &str {
        &self.text[self.sent as usize..]
    }

    /// Whether any string in the record has an escape.
    pub(crate) fn has_escapes(&self) -> bool {
        self.text.as_bytes().contains(&b'\\')
    }

    /// The JSON value of the property at `position`, which may be private.
    #[inline]
    pub fn value(&self, position: usize) -> &str {
        let (id, span) = (usize::from(self.id), &self.spans[position]);
        &self.text[id + span.start as usize..id + span.end as usize]
    }

    /// How the property at `position` is compared.
    pub fn key_form(&self, position: usize) -> KeyForm {
        self.definition.properties[position].key_form
    }

    /// The value of the property at `position` as filters compare it.
    pub fn scalar(&self, position: usize) -> Scalar<'_> {
        Scalar::keyed(self.value(position), self.key_form(position))
    }

    /// Writes an object of the properties at `positions`. The caller ensures that they may be sent.
    pub fn write_selected(&self, definition: &ResourceDef, positions: &[usize], out: &mut Vec<u8>) {
        for (nth, &at) in positions.iter().enumerate() {
            out.push(if nth == 0 { b'{' } else { b',' });
            write_key(out, &definition.properties[at]);
            out.extend_from_slice(self.value(at).as_bytes());
        }
        out.extend_from_slice(if positions.is_empty() { b"{}" } else { b"}" });
    }

    /// Returns whether both records have the same values; the order of map entries is ignored.
    pub fn same_content(&self, other: &Self) -> bool {
        let same = |at: usize| {
            let (one, other) = (self.value(at), other.value(at));
            one == other || one.starts_with('{') && json(one) == json(other)
        };
        self.text == other.text
            || self.id() == other.id()
                && self.spans.len() == other.spans.len()
                && (0..self.spans.len()).all(same)
    }

    /// Sets the revision, also in the property that shows it.
    #[must_use]
    pub fn with_rev(mut self, rev: u64) -> Self {
        self.rev = rev;
        if self.rev_at != NOT_SHOWN {
            self.set(self.rev_at.into(), &rev.to_string());
        }
        self
    }

    /// Replaces the JSON value of the property at `position`.
    pub(crate) fn set(&mut self, position: usize, json: &str) {
        if self.value(position) == json {
            return;
        }
        let old = self.spans[position].clone();
        let id = u32::from(self.id);
        let (start, end) = (id + old.start, id + old.end);
        let (before, after) = (&self.text[..start as usize], &self.text[end as usize..]);
        self.text = [before, json, after].concat().into();
        // Only the text after the property moves.
        let moved =
            |place: u32| self::position(place as usize + json.len()) - (old.end - old.start);
        for span in &mut self.spans {
            if span.start > old.start {
                *span = moved(span.start)..moved(span.end);
            }
        }
        self.spans[position].end = moved(old.end);
        if start < self.sent {
            self.sent = moved(self.sent);
        }
    }

    /// The approximate memory use in bytes.
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.text.len() + self.spans.len() * size_of::<Range<u32>>()
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.rev == other.rev
            && self.text == other.text
            && (self.id, self.sent) == (other.id, other.sent)
            && self.spans == other.spans
    }
}

impl Eq for Record {}

/// Shows only the properties that may be sent, since debug output is often logged.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("id", &self.id())
            .field("sent", &self.sent())
            .field("rev", &self.rev)
            .finish_non_exhaustive()
    }
}

/// A record as a store has read it, borrowed from the store: only the offsets of its properties are
/// computed, nothing is copied.
#[derive(Debug)]
pub(crate) struct StoredRecord<'a> {
    definition: &'static ResourceDef,
    id: &'a str,
    rev: u64,
    sent: &'a str,
    kept: &'a str,
    /// The ranges of the properties in both texts, one after the other.
    spans: Box<[Range<u32>]>,
}

impl<'a> StoredRecord<'a> {
    /// Finds the properties in the texts that [`Record::sent`] and [`Record::kept`] returned.
    ///
    /// # Errors
    ///
    /// As for [`Record::stored`].
    pub(crate) fn parse(
        definition: &'static ResourceDef,
        id: &'a str,
        rev: u64,
        sent: &'a str,
        kept: &'a str,
    ) -> Result<Self> {
        let wrong = |what: String| {
            let name = definition.name;
            Error::internal(format!("a stored record of `{name}` has {what}"))
        };
        let kept_or_none = if kept.is_empty() { "null" } else { kept };
        let of_sent = Object::parse(sent).map_err(Error::internal)?;
        let of_kept = Object::parse(kept_or_none).map_err(Error::internal)?;
        let spans = definition.properties.iter().map(|property| {
            let (text, object, before) = if property.access.is_sent() {
                (sent, &of_sent, 0)
            } else {
                (kept, &of_kept, sent.len())
            };
            let raw = object
                .take(property.name)
                .ok_or_else(|| wrong(format!("no `{}`", property.name)))?;
            let start = before + (raw.as_ptr().addr() - text.as_ptr().addr());
            Ok(position(start)..position(start + raw.len()))
        });
        let spans = spans.collect::<Result<_>>()?;
        if let Some((name, _)) = of_sent.take_rest().chain(of_kept.take_rest()).next() {
            return Err(wrong(format!("`{name}`, which is not declared")));
        }
        Ok(Self {
            definition,
            id,
            rev,
            sent,
            kept,
            spans,
        })
    }

    /// The canonical text of the id.
    #[cfg(feature = "sqlite")]
    pub(crate) fn id(&self) -> &'a str {
        self.id
    }

    /// The JSON value of the property at `position`, which may be private.
    #[cfg(any(test, feature = "sqlite"))]
    pub(crate) fn value(&self, position: usize) -> &'a str {
        let span = &self.spans[position];
        let (start, end) = (span.start as usize, span.end as usize);
        // A value never spans both texts.
        match start.checked_sub(self.sent.len()) {
            None => &self.sent[start..end],
            Some(start) => &self.kept[start..end - self.sent.len()],
        }
    }

    /// How the property at `position` is compared.
    #[cfg(feature = "sqlite")]
    pub(crate) fn key_form(&self, position: usize) -> KeyForm {
        self.definition.properties[position].key_form
    }

    /// The bytes of both texts.
    #[cfg(feature = "sqlite")]
    pub(crate) fn len(&self) -> usize {
        self.sent.len() + self.kept.len()
    }

    /// Copies the texts into a record.
    pub(crate) fn to_record(&self) -> Record {
        Record {
            definition: self.definition,
            spans: self.spans.clone(),
            id: id_length(self.id),
            sent: position(self.id.len() + self.sent.len()),
            text: [self.id, self.sent, self.kept].concat().into(),
            rev: self.rev,
            rev_at: shown_at(self.definition),
        }
    }
}

/// Builds a record property by property, in the order of its [`ResourceDef`].
pub struct RecordBuilder {
    definition: &'static ResourceDef,
    sent: Vec<u8>,
    kept: Vec<u8>,
    spans: Vec<Range<u32>>,
}

impl fmt::Debug for RecordBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordBuilder")
            .field("of", &self.definition.name)
            .finish_non_exhaustive()
    }
}

impl RecordBuilder {
    pub(crate) fn new(definition: &'static ResourceDef) -> Self {
        let spans = Vec::with_capacity(definition.properties.len());
        Self {
            definition,
            sent: Vec::with_capacity(256),
            kept: Vec::new(),
            spans,
        }
    }

    /// The position of the next property.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Writes the next property; `value` writes its JSON.
    pub(crate) fn put(&mut self, value: impl FnOnce(&mut Vec<u8>)) {
        let property = &self.definition.properties[self.spans.len()];
        let out = if property.access.is_sent() {
            &mut self.sent
        } else {
            &mut self.kept
        };
        out.push(if out.is_empty() { b'{' } else { b',' });
        write_key(out, property);
        let start = out.len();
        value(out);
        self.spans.push(position(start)..position(out.len()));
    }

    /// Creates the record, with revision 0; `id` is the [canonical](crate::model::key::canonical) text.
    pub(crate) fn finish(mut self, id: &str) -> Record {
        self.sent
            .extend_from_slice(if self.sent.is_empty() { b"{}" } else { b"}" });
        if !self.kept.is_empty() {
            self.kept.push(b'}');
            let sent = position(self.sent.len());
            for (span, property) in self.spans.iter_mut().zip(self.definition.properties) {
                if !property.access.is_sent() {
                    *span = span.start + sent..span.end + sent;
                }
            }
        }
        let text = [id.as_bytes(), &self.sent, &self.kept].concat();
        let text =
            String::from_utf8(text).unwrap_or_else(|_| unreachable!("serde_json writes UTF-8"));
        Record {
            definition: self.definition,
            id: id_length(id),
            sent: position(id.len() + self.sent.len()),
            text: text.into(),
            spans: self.spans.into(),
            rev: 0,
            rev_at: shown_at(self.definition),
        }
    }

    /// The JSON value of the property at `position`, which must have been written.
    pub(crate) fn value(&self, position: usize) -> &str {
        let out = if self.definition.properties[position].access.is_sent() {
            &self.sent
        } else {
            &self.kept
        };
        let span = &self.spans[position];
        std::str::from_utf8(&out[span.start as usize..span.end as usize]).unwrap_or_default()
    }
}

/// Returns the position of the property that holds the revision.
fn shown_at(definition: &ResourceDef) -> u16 {
    let at = definition.managed_position(Managed::Rev);
    at.and_then(|at| at.try_into().ok()).unwrap_or(NOT_SHOWN)
}

/// Converts the length of an id, which has at most 256 bytes.
fn id_length(id: &str) -> u16 {
    u16::try_from(id.len()).unwrap_or_else(|_| panic!("an id of more than 64 KiB"))
}

fn json(text: &str) -> Option<serde_json::Value> {
    serde_json::from_str(text).ok()
}

fn write_key(out: &mut Vec<u8>, property: &Property) {
    // Property names are identifiers or serde renames without quotes; the derive checks this.
    out.push(b'"');
    out.extend_from_slice(property.name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn position(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or_else(|_| panic!("a record of more than 4 GiB"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::resource::Resource;
    use crate::store::conformance::sample;
    use crate::store::conformance::sample::Sample;

    #[test]
    fn stored_record_parses_to_the_original() {
        let model = sample::model();
        let given = r#"{"id":"bob","name":"a \" {b","secret":"hush","tags":["x"],"weight":0.1}"#;
        let record = sample::record(&model, given).with_rev(7);
        let (sent, kept) = (record.sent(), record.kept());
        let stored = StoredRecord::parse(Sample::DEFINITION, "bob", 7, sent, kept);
        let stored = stored.expect("the texts are valid");
        for at in 0..Sample::DEFINITION.properties.len() {
            assert_eq!(stored.value(at), record.value(at));
        }
        assert_eq!(stored.to_record(), record);
    }

    #[test]
    fn stored_rejects_texts_of_another_shape() {
        let model = sample::model();
        let record = sample::record(&model, r#"{"id":"bob"}"#);
        let (sent, kept) = (record.sent(), record.kept());
        for (sent, kept, why) in [
            (
                sent.replace("\"life\"", "\"lives\""),
                kept.to_owned(),
                "no `life`",
            ),
            (
                sent.replace('}', ",\"wings\":2}"),
                kept.to_owned(),
                "`wings`",
            ),
            (sent.to_owned(), String::new(), "no `secret`"),
        ] {
            let error = Record::stored(Sample::DEFINITION, "bob", 1, &sent, &kept)
                .expect_err("another shape");
            assert!(format!("{error:?}").contains(why), "{error:?}");
        }
    }
}
