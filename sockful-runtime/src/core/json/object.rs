//! The members of a JSON object, found in one scan and then taken one by one.

use crate::core::error::{Error, Fault, Result};
use crate::core::json::lexer;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;

/// A JSON object: its members as raw text.
///
/// Taking a member marks it; the members that are left in the end are unknown to the code that read
/// the object.
#[derive(Debug, Default)]
pub(crate) struct Object<'a> {
    text: &'a str,
    members: Cow<'a, Members>,
    taken: Marks,
    removed: Marks,
}

/// Where the members of an object are in its text. It does not borrow the text, so that it can be
/// kept with it and the object be read again without another scan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    /// Most payloads are one id, and need no allocation.
    first: Option<Member>,
    rest: Vec<Member>,
}

/// One member: offsets in the text, of the key without its quotes and of the value.
#[derive(Clone, Debug)]
struct Member {
    key: MemberKey,
    value: Span,
}

#[derive(Clone, Debug)]
enum MemberKey {
    Plain(Span),
    /// A key with escapes, decoded.
    Decoded(Box<str>),
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The offsets of `part`, which is a slice of `text`.
    fn of(text: &str, part: &str) -> Self {
        let start = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
        Self::new(start, start.wrapping_add(part.len()))
    }

    /// Texts of 4 GiB are refused long before they come here; offsets beyond are those of nothing.
    fn new(start: usize, end: usize) -> Self {
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(start), Ok(end)) => Self { start, end },
            _ => Self { start: 0, end: 0 },
        }
    }

    fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    fn part(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// One mark for each member, by its position.
#[derive(Debug, Default)]
struct Marks {
    first: Cell<u64>,
    rest: RefCell<Vec<u64>>,
}

impl Marks {
    #[inline]
    fn has(&self, at: usize) -> bool {
        if at < 64 {
            return self.first.get() & (1 << at) != 0;
        }
        let rest = self.rest.borrow();
        rest.get(at / 64 - 1)
            .is_some_and(|bits| bits & (1 << (at % 64)) != 0)
    }

    #[inline]
    fn set(&self, at: usize) {
        if at < 64 {
            self.first.set(self.first.get() | 1 << at);
            return;
        }
        let mut rest = self.rest.borrow_mut();
        let word = at / 64 - 1;
        if rest.len() <= word {
            rest.resize(word + 1, 0);
        }
        rest[word] |= 1 << (at % 64);
    }
}

impl Member {
    /// The member of an object such as `{"id":"bob"}`, as most are: no spaces, no escapes, one string.
    fn only(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let key = lexer::plain_string(bytes, 1)?;
        let value = lexer::plain_string(bytes, key + 1)?;
        (bytes[key] == b':' && bytes[value..] == *b"}").then(|| Self {
            key: MemberKey::Plain(Span::new(2, key - 1)),
            value: Span::new(key + 1, value),
        })
    }

    fn is(&self, text: &str, key: &str) -> bool {
        match &self.key {
            // Most keys differ in length, which takes no look at the text.
            MemberKey::Plain(span) => span.len() == key.len() && span.part(text) == key,
            MemberKey::Decoded(own) => **own == *key,
        }
    }

    fn key<'t>(&'t self, text: &'t str) -> &'t str {
        match &self.key {
            MemberKey::Plain(span) => span.part(text),
            MemberKey::Decoded(key) => key,
        }
    }
}

impl Members {
    /// Scans the text of an object. `null` is an empty object.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if it is not an object or has a key twice,
    /// [`ErrorKind::BadFrame`](crate::ErrorKind::BadFrame) if it is not JSON.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        match text.as_bytes() {
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
        if let Some(member) = Member::only(text) {
            return Ok(Self {
                first: Some(member),
                rest: Vec::new(),
            });
        }
        let members = Locate(text).members();
        let members = members.map_err(|error| Error::bad_frame(&error))?;
        let twice = members.duplicate_keys(text);
        if twice.is_empty() {
            Ok(members)
        } else {
            Err(Error::invalid(twice))
        }
    }

    /// The object of these members, none of which is taken yet; `text` is the one they were found in.
    pub(crate) fn object<'a>(&'a self, text: &'a str) -> Object<'a> {
        Object {
            text,
            members: Cow::Borrowed(self),
            taken: Marks::default(),
            removed: Marks::default(),
        }
    }

    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    fn iter(&self) -> impl Iterator<Item = &Member> {
        self.first.iter().chain(&self.rest)
    }

    fn duplicate_keys(&self, text: &str) -> Vec<Fault> {
        if self.rest.is_empty() {
            return Vec::new();
        }
        let mut keys: Vec<&str> = self.iter().map(|member| member.key(text)).collect();
        keys.sort_unstable();
        let twice = keys.windows(2).filter(|pair| pair[0] == pair[1]);
        let mut faults: Vec<_> = twice
            .map(|pair| Fault::new(pair[0], "twice", "is given twice"))
            .collect();
        faults.dedup();
        faults
    }
}

impl<'a> Object<'a> {
    /// Scans the text of an object. `null` is an empty object.
    ///
    /// # Errors
    ///
    /// As for [`Members::parse`].
    pub(crate) fn parse(text: &'a str) -> Result<Self> {
        Ok(Self {
            text,
            members: Cow::Owned(Members::parse(text)?),
            taken: Marks::default(),
            removed: Marks::default(),
        })
    }

    /// Takes the raw value of `key`.
    pub(crate) fn take(&self, key: &str) -> Option<&'a str> {
        let (at, member) = self.find(key)?;
        self.taken.set(at);
        Some(member.value.part(self.text))
    }

    /// Whether there is a member `key`.
    #[cfg(feature = "client")]
    pub(crate) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Takes all members that have not been taken yet.
    pub(crate) fn take_rest(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.members().filter_map(|(at, member)| {
            let is_taken = self.taken.has(at);
            self.taken.set(at);
            (!is_taken).then(|| (member.key(self.text), member.value.part(self.text)))
        })
    }

    /// Takes all members that have not been taken yet, as the text of an object.
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

    /// One fault for each member that has not been taken.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = Fault> {
        self.take_rest()
            .map(|(key, _)| Fault::new(key, "unknown", "is not known here"))
    }

    /// Checks that every member has been taken.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), naming the others.
    pub(crate) fn finish(&self) -> Result<()> {
        if self.has_unknown() {
            return Err(Error::invalid(self.unknown().collect()));
        }
        Ok(())
    }

    /// Leaves `key` out, as if it had not been given.
    pub(crate) fn remove(&mut self, key: &str) {
        if let Some((at, _)) = self.find(key) {
            self.removed.set(at);
        }
    }

    /// Whether there is a member that has not been taken.
    pub(crate) fn has_unknown(&self) -> bool {
        let count = self.members.len();
        (0..count).any(|at| !self.taken.has(at) && !self.removed.has(at))
    }

    fn find(&self, key: &str) -> Option<(usize, &Member)> {
        let Members { first, rest } = &*self.members;
        let (at, member) = match first {
            None => return None,
            Some(first) if first.is(self.text, key) => (0, first),
            Some(_) => {
                let at = rest.iter().position(|member| member.is(self.text, key))?;
                (at + 1, &rest[at])
            }
        };
        (!self.removed.has(at)).then_some((at, member))
    }

    fn members(&self) -> impl Iterator<Item = (usize, &Member)> {
        let members = self.members.iter().enumerate();
        members.filter(|(at, _)| !self.removed.has(*at))
    }
}

/// Reads members with serde, as their offsets in this text.
struct Locate<'t>(&'t str);

impl Locate<'_> {
    fn members(self) -> serde_json::Result<Members> {
        let mut deserializer = serde_json::Deserializer::from_str(self.0);
        let members = Locate(self.0).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(members)
    }
}

impl<'de> DeserializeSeed<'de> for Locate<'de> {
    type Value = Members;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Members, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Locate<'de> {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut member = || -> Result<Option<Member>, A::Error> {
            let entry = map.next_entry::<ObjectKey<'de>, &'de RawValue>()?;
            Ok(entry.map(|(ObjectKey(key), raw)| Member {
                key: match key {
                    Cow::Borrowed(key) => MemberKey::Plain(Span::of(self.0, key)),
                    Cow::Owned(key) => MemberKey::Decoded(key.into()),
                },
                value: Span::of(self.0, raw.get()),
            }))
        };
        let mut members = Members {
            first: member()?,
            rest: Vec::new(),
        };
        while let Some(member) = member()? {
            members.rest.push(member);
        }
        Ok(members)
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
    fn only_agrees_with_serde() {
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
            let read = |member: &Member| {
                let key = member.key(payload).to_owned();
                (key, member.value.part(payload).to_owned())
            };
            let seen = Member::only(payload).map(|member| vec![read(&member)]);
            let serde = Locate(payload).members().ok();
            let serde = serde.map(|members| members.iter().map(read).collect::<Vec<_>>());
            assert!(seen.is_none() || seen == serde, "{payload}");
        }
        assert!(Member::only(r#"{"id":"bob"}"#).is_some());
    }

    #[test]
    fn members_are_read_again_without_a_scan() {
        let text = r#"{"a":1,"\u0062":[2],"c":3}"#;
        let members = Members::parse(text).expect("an object");
        for _ in 0..2 {
            let mut object = members.object(text);
            object.remove("c");
            assert_eq!(
                (object.take("a"), object.take("b"), object.take("c")),
                (Some("1"), Some("[2]"), None)
            );
            assert!(!object.has_unknown());
        }
    }

    #[test]
    fn marks_hold_more_members_than_a_word_has_bits() {
        let marks = Marks::default();
        for at in [0, 63, 64, 200] {
            assert!(!marks.has(at));
            marks.set(at);
            assert!(marks.has(at) && !marks.has(at + 1));
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
