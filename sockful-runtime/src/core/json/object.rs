//! A JSON object whose members are taken one by one.

use super::members::Members;
use crate::core::error::{Error, Fault, Result};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};

/// A JSON object: its members as raw text.
///
/// Taking a member marks it; the members that are not taken in the end are unknown to the code that
/// read the object.
#[derive(Debug, Default)]
pub(crate) struct Object<'a> {
    text: &'a str,
    members: Cow<'a, Members>,
    taken: Marks,
    /// The positions of removed members.
    removed: Vec<usize>,
}

/// Writes the text of an object.
#[derive(Default)]
pub(super) struct ObjectText(String);

impl ObjectText {
    /// Appends a member with a raw value.
    pub(super) fn push(&mut self, name: &str, value: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&serde_json::Value::from(name).to_string());
        self.0.push(':');
        self.0.push_str(value);
    }

    pub(super) fn end(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "{}" } else { "}" });
        self.0
    }
}

/// One bit for each member, by position.
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

impl<'a> Object<'a> {
    /// Creates an object of `members`, which were found in `text`; none of them is taken yet.
    pub(crate) fn of(text: &'a str, members: &'a Members) -> Self {
        Self::new(text, Cow::Borrowed(members))
    }

    fn new(text: &'a str, members: Cow<'a, Members>) -> Self {
        Self {
            text,
            members,
            taken: Marks::default(),
            removed: Vec::new(),
        }
    }

    /// Scans the text of an object. `null` is an empty object.
    ///
    /// # Errors
    ///
    /// As for [`Members::parse`].
    pub(crate) fn parse(text: &'a str) -> Result<Self> {
        Ok(Self::new(text, Cow::Owned(Members::parse(text)?)))
    }

    /// Takes the raw value of `key`.
    pub(crate) fn take(&self, key: &str) -> Option<&'a str> {
        let at = self.find(key)?;
        self.taken.set(at);
        Some(self.members.value(self.text, at))
    }

    /// Returns whether there is a member `key`.
    #[cfg(feature = "client")]
    pub(crate) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Takes all remaining members.
    pub(crate) fn take_rest(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.left().map(|at| {
            self.taken.set(at);
            let key = self.members.key(self.text, at);
            (key, self.members.value(self.text, at))
        })
    }

    /// Takes all remaining members, as the text of an object.
    pub(crate) fn rest(&self) -> String {
        let mut text = ObjectText::default();
        for (key, raw) in self.take_rest() {
            text.push(key, raw);
        }
        text.end()
    }

    /// Returns one fault for each member that has not been taken.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = Fault> {
        self.take_rest()
            .map(|(key, _)| Fault::new(key, "unknown", "is unknown"))
    }

    /// Checks that every member has been taken.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) that names each remaining member.
    pub(crate) fn finish(&self) -> Result<()> {
        if self.has_unknown() {
            return Err(Error::invalid(self.unknown().collect()));
        }
        Ok(())
    }

    /// Removes `key`, as if it had not been given.
    pub(crate) fn remove(&mut self, key: &str) {
        self.removed.extend(self.find(key));
    }

    /// Returns whether a member has not been taken.
    pub(crate) fn has_unknown(&self) -> bool {
        self.left().next().is_some()
    }

    #[inline]
    fn find(&self, key: &str) -> Option<usize> {
        let at = self.members.position(self.text, key)?;
        (!self.removed.contains(&at)).then_some(at)
    }

    /// Returns the positions of the members that have not been taken.
    fn left(&self) -> impl Iterator<Item = usize> {
        let all = 0..self.members.len();
        all.filter(|at| !self.taken.has(*at) && !self.removed.contains(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_reports_members_not_taken() {
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
    fn members_are_read_again_without_a_scan() {
        let text = r#"{"a":1,"\u0062":[2],"c":3}"#;
        let members = Members::parse(text).expect("an object");
        for _ in 0..2 {
            let mut object = Object::of(text, &members);
            object.remove("c");
            assert_eq!(
                (object.take("a"), object.take("b"), object.take("c")),
                (Some("1"), Some("[2]"), None)
            );
            assert!(!object.has_unknown());
        }
    }

    #[test]
    fn marks_support_more_than_64_members() {
        let marks = Marks::default();
        for at in [0, 63, 64, 200] {
            assert!(!marks.has(at));
            marks.set(at);
            assert!(marks.has(at) && !marks.has(at + 1));
        }
    }

    #[test]
    fn parse_accepts_null_as_empty_object_only() {
        assert!(
            Object::parse("null")
                .expect("an empty object")
                .take("a")
                .is_none()
        );
        for payload in ["7", "[]", "\"{}\"", "true"] {
            assert!(Object::parse(payload).is_err(), "{payload}");
        }
    }
}
