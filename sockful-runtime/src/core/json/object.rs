//! A payload: one scan to pairs of key and raw value, then property by property.

use crate::core::error::{Error, Fault, Result};
use crate::core::json::lexer;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

/// The properties of a JSON object, their values as raw text.
///
/// What is taken out is marked; what is left in the end was not known to anybody.
#[derive(Debug, Default)]
pub(crate) struct Object<'a> {
    /// Most payloads are one id, and need no allocation.
    first: Option<Pair<'a>>,
    rest: Vec<Pair<'a>>,
}

#[derive(Debug)]
struct Pair<'a> {
    key: Cow<'a, str>,
    raw: &'a str,
    taken: Cell<bool>,
}

impl<'a> Pair<'a> {
    fn new(key: Cow<'a, str>, raw: &'a str) -> Self {
        Self {
            key,
            raw,
            taken: Cell::new(false),
        }
    }

    /// The pair of an object such as `{"id":"bob"}`, as most are: no spaces, no escapes, one string.
    fn only(payload: &'a str) -> Option<Self> {
        let bytes = payload.as_bytes();
        let key = lexer::plain_string(bytes, 1)?;
        let value = lexer::plain_string(bytes, key + 1)?;
        (bytes[key] == b':' && bytes[value..] == *b"}")
            .then(|| Self::new(payload[2..key - 1].into(), &payload[key + 1..value]))
    }
}

impl<'a> Object<'a> {
    /// Scans a payload. `null` is an empty object.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where it is no object or has a key twice,
    /// [`ErrorKind::BadFrame`](crate::ErrorKind::BadFrame) where it is no JSON.
    pub(crate) fn parse(payload: &'a str) -> Result<Self> {
        match payload.as_bytes() {
            b"null" => return Ok(Self::default()),
            [b'{', ..] => {}
            _ => {
                return Err(Error::invalid(vec![Fault::new(
                    "",
                    "type",
                    "the payload is not an object",
                )]));
            }
        }
        if let Some(pair) = Pair::only(payload) {
            return Ok(Self {
                first: Some(pair),
                rest: Vec::new(),
            });
        }
        let object: Self =
            serde_json::from_str(payload).map_err(|error| Error::bad_frame(&error))?;
        let twice = object.keys_given_twice();
        if twice.is_empty() {
            Ok(object)
        } else {
            Err(Error::invalid(twice))
        }
    }

    /// Takes out the raw value of `key`.
    pub(crate) fn take(&self, key: &str) -> Option<&'a str> {
        let pair = self.pairs().find(|pair| pair.key == key)?;
        pair.taken.set(true);
        Some(pair.raw)
    }

    /// Whether there is a `key`.
    #[cfg(feature = "client")]
    pub(crate) fn has(&self, key: &str) -> bool {
        self.pairs().any(|pair| pair.key == key)
    }

    /// Takes out all pairs that are still there.
    pub(crate) fn take_rest(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.pairs()
            .filter(|pair| !pair.taken.replace(true))
            .map(|pair| (&*pair.key, pair.raw))
    }

    /// Takes out all pairs that are still there, as the text of an object.
    pub(crate) fn rest(&self) -> String {
        let mut text = String::from("{");
        for (key, raw) in self.take_rest() {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&serde_json::to_string(key).unwrap_or_default());
            text.push(':');
            text.push_str(raw);
        }
        text.push('}');
        text
    }

    /// One fault for each pair that nobody took.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = Fault> {
        self.take_rest()
            .map(|(key, _)| Fault::new(key, "unknown", "is not known here"))
    }

    /// Asks that nothing is left.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), naming what is.
    pub(crate) fn finish(&self) -> Result<()> {
        let faults: Vec<Fault> = self.unknown().collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid(faults))
        }
    }

    /// Leaves `key` out, as if it had not been given.
    pub(crate) fn remove(&mut self, key: &str) {
        self.rest.retain(|pair| pair.key != key);
        if self.first.as_ref().is_some_and(|pair| pair.key == key) {
            self.first = (!self.rest.is_empty()).then(|| self.rest.remove(0));
        }
    }

    /// Whether there is a pair that nobody took.
    pub(crate) fn has_unknown(&self) -> bool {
        self.pairs().any(|pair| !pair.taken.get())
    }

    fn pairs(&self) -> impl Iterator<Item = &Pair<'a>> {
        self.first.iter().chain(&self.rest)
    }

    fn keys_given_twice(&self) -> Vec<Fault> {
        if self.rest.is_empty() {
            return Vec::new();
        }
        let mut keys: Vec<&str> = self.pairs().map(|pair| &*pair.key).collect();
        keys.sort_unstable();
        let twice = keys.windows(2).filter(|pair| pair[0] == pair[1]);
        let mut faults: Vec<_> = twice
            .map(|pair| Fault::new(pair[0], "twice", "is given twice"))
            .collect();
        faults.dedup();
        faults
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut pair = || -> Result<Option<Pair<'de>>, A::Error> {
                    let entry = map.next_entry::<ObjectKey<'de>, &'de RawValue>()?;
                    Ok(entry.map(|(ObjectKey(key), raw)| Pair::new(key, raw.get())))
                };
                let first = pair()?;
                let mut rest = Vec::new();
                while let Some(pair) = pair()? {
                    rest.push(pair);
                }
                Ok(Object { first, rest })
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// A key that is borrowed unless it has escapes.
#[derive(Deserialize)]
struct ObjectKey<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_is_unknown() {
        let object = Object::parse(r#"{"a":1,"b":[2],"\u0063":3}"#).expect("an object");
        assert_eq!(
            (object.take("a"), object.take("c"), object.take("d")),
            (Some("1"), Some("3"), None)
        );
        assert_eq!(
            object.unknown().map(|fault| fault.path).collect::<Vec<_>>(),
            ["b"]
        );
    }

    #[test]
    fn a_key_given_twice_is_refused_among_few_and_among_many() {
        for filler in [0, 40] {
            let filler = (0..filler)
                .map(|n| format!(r#""k{n}":0,"#))
                .collect::<Vec<_>>()
                .concat();
            let error = Object::parse(&format!(r#"{{{filler}"a":1,"b":2,"a":3,"\u0061":4}}"#))
                .expect_err("twice");
            assert_eq!(error.fields(), [Fault::new("a", "twice", "is given twice")]);
        }
    }

    #[test]
    fn a_glance_sees_only_what_serde_would() {
        for payload in [
            r#"{"id":"bob"}"#,
            r#"{"id":""}"#,
            r#"{"":"böb"}"#,
            r#"{"id":7}"#,
            r#"{"id" :"bob"}"#,
            r#"{"id":"bob" }"#,
            r#"{"id":"b\u006fb"}"#,
            r#"{"id","bob"}"#,
            r#"{"id":"bob"}}"#,
            r#"{"id":"bob""#,
            r#"{"id":"bob"#,
            r#"{"id""#,
            r#"{"id"#,
            "{",
            "{\"id\":\"b\tb\"}",
        ] {
            let read = |object: Object<'_>| {
                object
                    .pairs()
                    .map(|pair| format!("{pair:?}"))
                    .collect::<Vec<_>>()
            };
            let seen = Pair::only(payload).map(|pair| vec![format!("{pair:?}")]);
            let serde = serde_json::from_str(payload).ok().map(read);
            assert!(seen.is_none() || seen == serde, "{payload}");
        }
        assert!(Pair::only(r#"{"id":"bob"}"#).is_some());
    }

    #[test]
    fn null_is_an_empty_object_and_nothing_else_is() {
        assert!(Object::parse("null").expect("empty").take("a").is_none());
        for payload in ["7", "[]", "\"{}\"", "true"] {
            assert!(Object::parse(payload).is_err(), "{payload}");
        }
    }
}
