//! A payload: one scan to pairs of key and raw value, then property by property.

use crate::error::{Error, Fault, Result};
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
    pairs: Vec<Pair<'a>>,
}

#[derive(Debug)]
struct Pair<'a> {
    key: Cow<'a, str>,
    raw: &'a str,
    taken: Cell<bool>,
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
        let pair = self.pairs.iter().find(|pair| pair.key == key)?;
        pair.taken.set(true);
        Some(pair.raw)
    }

    /// Takes out all pairs that are still there.
    pub(crate) fn take_rest(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.pairs
            .iter()
            .filter(|pair| !pair.taken.replace(true))
            .map(|pair| (&*pair.key, pair.raw))
    }

    /// One fault for each pair that nobody took.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = Fault> {
        self.take_rest()
            .map(|(key, _)| Fault::new(key, "unknown", "is not known here"))
    }

    fn keys_given_twice(&self) -> Vec<Fault> {
        let mut twice: Vec<Fault> = Vec::new();
        // Few keys are compared one by one; many, which only an attacker sends, are sorted.
        if self.pairs.len() <= 16 {
            for (at, pair) in self.pairs.iter().enumerate() {
                if self.pairs[..at]
                    .iter()
                    .any(|earlier| earlier.key == pair.key)
                {
                    twice.push(given_twice(&pair.key));
                }
            }
        } else {
            let mut keys: Vec<&str> = self.pairs.iter().map(|pair| &*pair.key).collect();
            keys.sort_unstable();
            twice.extend(
                keys.windows(2)
                    .filter(|pair| pair[0] == pair[1])
                    .map(|pair| given_twice(pair[0])),
            );
        }
        twice.dedup();
        twice
    }
}

fn given_twice(key: &str) -> Fault {
    Fault::new(key, "twice", "is given twice")
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut pairs = Vec::with_capacity(4);
                while let Some((Key(key), raw)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    pairs.push(Pair {
                        key,
                        raw: raw.get(),
                        taken: Cell::new(false),
                    });
                }
                Ok(Object { pairs })
            }
        }
        deserializer.deserialize_map(Visit)
    }
}

/// A key that is borrowed unless it has escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

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
    fn null_is_an_empty_object_and_nothing_else_is() {
        assert!(Object::parse("null").expect("empty").take("a").is_none());
        for payload in ["7", "[]", "\"{}\"", "true"] {
            assert!(Object::parse(payload).is_err(), "{payload}");
        }
    }
}
