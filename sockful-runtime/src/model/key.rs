//! Ids of records: their types, and the canonical text that stores compare.

use crate::core::error::Fault;
use crate::core::json;
use crate::core::json::MAX_EXACT;
use crate::model::definition::KeyKind;
use crate::model::scalar::Scalar;
use std::borrow::Cow;
use uuid::Uuid;

const MAX_BYTES: usize = 256;

/// A type that can be the id of a resource: a string, an integer or a `Uuid`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of an id",
    label = "is not an id type",
    note = "write `String`, `uuid::Uuid`, or an integer type"
)]
pub trait Key: Clone + Send + Sync + 'static {
    /// The kind of the id on the wire.
    const KIND: KeyKind;
    /// Generates a new id, if the type supports it.
    const FRESH: Option<fn() -> Self>;

    /// Returns the text that stores compare; see [`canonical`].
    fn text(&self) -> Cow<'_, str>;

    /// Parses a JSON value.
    fn read(raw: &str) -> Option<Self>;
}

impl Key for String {
    const KIND: KeyKind = KeyKind::Text;
    const FRESH: Option<fn() -> Self> = Some(|| Uuid::now_v7().to_string());

    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }

    fn read(raw: &str) -> Option<Self> {
        json::string(raw).map(Cow::into_owned)
    }
}

impl Key for Uuid {
    const KIND: KeyKind = KeyKind::Uuid;
    const FRESH: Option<fn() -> Self> = Some(Self::now_v7);

    fn text(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }

    fn read(raw: &str) -> Option<Self> {
        Self::try_parse(&json::string(raw)?).ok()
    }
}

macro_rules! integer_keys {
    ($($integer:ty)*) => {$(
        impl Key for $integer {
            const KIND: KeyKind = KeyKind::Integer;
            const FRESH: Option<fn() -> Self> = None;

            fn text(&self) -> Cow<'_, str> {
                // An integer that does not fit exceeds the exact range, and is rejected when it is
                // stored.
                Cow::Owned(sortable(i64::try_from(*self).unwrap_or(i64::MAX)))
            }

            fn read(raw: &str) -> Option<Self> {
                json::integer(raw)
            }
        }
    )*};
}
integer_keys!(i8 i16 i32 i64 u8 u16 u32 u64);

/// Converts the JSON value of an id into the canonical text that stores compare.
///
/// A string is its own text. An integer is written so that texts sort like numbers, a UUID in lower
/// case.
///
/// # Errors
///
/// A [`Fault`] for a malformed id: empty, over 256 bytes, with control characters…
pub fn canonical(raw: &str, kind: KeyKind) -> Result<Cow<'_, str>, Fault> {
    match kind {
        KeyKind::Integer => {
            let exact = |id: &i64| id.unsigned_abs() <= MAX_EXACT;
            let id = json::integer(raw).filter(exact);
            id.map(|id| Cow::Owned(sortable(id)))
                .ok_or_else(|| fault("is not an integer within ±(2^53-1)"))
        }
        KeyKind::Uuid => {
            let id = json::string(raw).and_then(|text| Uuid::try_parse(&text).ok());
            id.map(|id| Cow::Owned(id.to_string()))
                .ok_or_else(|| fault("is not a UUID"))
        }
        KeyKind::Text => {
            let id = json::string(raw).ok_or_else(|| fault("is not a string"))?;
            match id.len() {
                0 => Err(fault("is empty")),
                1..=MAX_BYTES if has_control(&id) => Err(fault("has a control character")),
                1..=MAX_BYTES => Ok(id),
                _ => Err(fault("is longer than 256 bytes")),
            }
        }
    }
}

/// Checks that a new record may have an id, given its [`canonical`] text.
///
/// A browser resolves the segments `.` and `..` of a URL before it sends it, even if they are
/// percent-encoded, so a record with such an id could not be requested over HTTP.
///
/// # Errors
///
/// A [`Fault`] for these ids.
pub(crate) fn check_new(id: &str, kind: KeyKind) -> Result<(), Fault> {
    match (kind, id) {
        (KeyKind::Text, "." | "..") => Err(fault("is `.` or `..`, which a URL can't contain")),
        _ => Ok(()),
    }
}

/// Converts the [`canonical`] text of an id into its JSON value.
pub fn json(text: &str, kind: KeyKind) -> String {
    match kind {
        KeyKind::Integer => {
            let number = u64::from_str_radix(text, 16).unwrap_or_default() ^ (1 << 63);
            number.cast_signed().to_string()
        }
        KeyKind::Text | KeyKind::Uuid => serde_json::Value::from(text).to_string(),
    }
}

/// Returns the [`canonical`] text of the id with this value; `None` if no id has it.
pub(crate) fn of_value<'a>(value: &'a Scalar<'_>, kind: KeyKind) -> Option<Cow<'a, str>> {
    match (value, kind) {
        (Scalar::Text(text), KeyKind::Text | KeyKind::Uuid) => Some(Cow::Borrowed(text)),
        (Scalar::Number(number), KeyKind::Integer) => {
            let id = json::integer(&number.to_string());
            id.map(|id: i64| Cow::Owned(sortable(id)))
        }
        _ => None,
    }
}

/// Returns whether the id has a control character, with a fast path for ASCII.
fn has_control(id: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~');
    !id.bytes().all(is_plain) && id.chars().any(char::is_control)
}

fn sortable(id: i64) -> String {
    format!("{:016x}", id.cast_unsigned() ^ (1 << 63))
}

fn fault(message: &'static str) -> Fault {
    Fault::new("id", "id", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_ids_sort_as_numbers() {
        let ids = [
            -9_007_199_254_740_991,
            -10,
            -1,
            0,
            2,
            10,
            9_007_199_254_740_991_i64,
        ];
        let texts: Vec<_> = ids.iter().map(|id| id.text().into_owned()).collect();
        assert!(texts.is_sorted(), "{texts:?}");
        for (id, text) in ids.iter().zip(&texts) {
            assert_eq!(json(text, KeyKind::Integer), id.to_string());
            assert_eq!(
                canonical(&id.to_string(), KeyKind::Integer).expect("the integer is exact"),
                *text
            );
        }
    }

    #[test]
    fn id_of_value_is_the_canonical_text() {
        for (raw, kind) in [
            ("-9007199254740991", KeyKind::Integer),
            ("0", KeyKind::Integer),
            ("12", KeyKind::Integer),
            ("\"12\"", KeyKind::Text),
        ] {
            let id = canonical(raw, kind).expect("an id");
            assert_eq!(of_value(&Scalar::read(raw), kind), Some(id), "{raw}");
        }
        let number = Scalar::Number(-0.0);
        let zero = canonical("0", KeyKind::Integer).expect("an id");
        assert_eq!(of_value(&number, KeyKind::Integer), Some(zero));
        for value in [Scalar::Null, Scalar::Number(0.5), Scalar::Text("1".into())] {
            assert_eq!(of_value(&value, KeyKind::Integer), None, "{value:?}");
        }
        assert_eq!(of_value(&Scalar::Number(1.0), KeyKind::Text), None);
    }

    #[test]
    fn id_of_wrong_form_is_rejected() {
        let long = format!("\"{}\"", "x".repeat(257));
        for raw in [
            "\"\"",
            "\"a\\u0000\"",
            "\"a\\nb\"",
            "\"\\ud800\"",
            "7",
            "null",
            &long,
        ] {
            assert!(canonical(raw, KeyKind::Text).is_err(), "{raw}");
        }
        for raw in ["1.5", "\"1\"", "9007199254740992", "-9007199254740992"] {
            assert!(canonical(raw, KeyKind::Integer).is_err(), "{raw}");
        }
        assert!(canonical("\"bob\"", KeyKind::Uuid).is_err());
    }

    #[test]
    fn canonical_borrows_plain_ids() {
        assert!(matches!(
            canonical("\"bob\"", KeyKind::Text),
            Ok(Cow::Borrowed("bob"))
        ));
        assert_eq!(
            canonical(r#""b\u006fb""#, KeyKind::Text).expect("an id"),
            "bob"
        );
    }
}
