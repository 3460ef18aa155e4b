//! Paths to the parts of a query, for errors.

use crate::core::error::{Error, ErrorKind, Result};
use crate::core::json::object::Object;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// A place in a query, written as `$or[1].kind.$gt`. Built on the way down, written only for errors.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    pub(crate) fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }

    pub(crate) fn item(&'a self, at: usize) -> Self {
        Self::Item(self, at)
    }

    /// Says what is wrong here.
    pub(crate) fn refuse(&self, message: impl Into<Cow<'static, str>>) -> Error {
        Error::new(ErrorKind::InvalidQuery, message).at(self.to_string())
    }
}

/// What stands at a place, where it must be of a certain shape.
impl Path<'_> {
    /// The object that stands here; `like` says what one looks like.
    pub(crate) fn object<'r>(&self, raw: &'r str, like: &str) -> Result<Object<'r>> {
        if !raw.starts_with('{') {
            return Err(self.refuse(format!("`{self}` takes an object {like}")));
        }
        Object::parse(raw).map_err(|error| match error.fields().first() {
            Some(fault) if !fault.path.is_empty() => self
                .key(&fault.path)
                .refuse(format!("`{}` {}", fault.path, fault.message)),
            _ => self.refuse(error.to_string()),
        })
    }

    /// The list that stands here; `of` says what of.
    pub(crate) fn list<'r>(&self, raw: &'r str, of: &str) -> Result<Vec<&'r RawValue>> {
        serde_json::from_str(raw).map_err(|_| self.refuse(format!("`{self}` takes a list {of}")))
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Path::Root, key) => f.write_str(key),
            Self::Key(parent, key) => write!(f, "{parent}.{key}"),
            Self::Item(parent, at) => write!(f, "{parent}[{at}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_one_reads_it() {
        let path = Path::Root;
        let path = path.key("$or");
        let path = path.item(1);
        let path = path.key("kind");
        assert_eq!(path.key("$in").item(2).to_string(), "$or[1].kind.$in[2]");
    }
}
