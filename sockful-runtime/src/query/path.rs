//! Paths to the parts of a query, for errors.

use crate::core::error::{Error, ErrorKind, Result};
use crate::core::json::object::Object;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The path to a part of a query, such as `$or[1].kind.$gt`. It is formatted for errors only.
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

    /// Returns an error about this part.
    pub(crate) fn refuse(&self, message: impl Into<Cow<'static, str>>) -> Error {
        Error::new(ErrorKind::InvalidQuery, message).at(self.to_string())
    }
}

/// Parsers of parts that must have a certain JSON type.
impl Path<'_> {
    /// Parses an object; `like` is an example for the error message.
    pub(crate) fn object<'r>(&self, raw: &'r str, like: &str) -> Result<Object<'r>> {
        if !raw.starts_with('{') {
            return Err(self.refuse(format!("`{self}` must be an object {like}")));
        }
        Object::parse(raw).map_err(|error| match error.fields().first() {
            Some(fault) if !fault.path.is_empty() => self
                .key(&fault.path)
                .refuse(format!("`{}` {}", fault.path, fault.message)),
            _ => self.refuse(error.to_string()),
        })
    }

    /// Parses a list; `of` describes its items for the error message.
    pub(crate) fn list<'r>(&self, raw: &'r str, of: &str) -> Result<Vec<&'r RawValue>> {
        serde_json::from_str(raw).map_err(|_| self.refuse(format!("`{self}` must be a list {of}")))
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
    fn query_path_is_rendered_in_dotted_form() {
        let path = Path::Root;
        let path = path.key("$or");
        let path = path.item(1);
        let path = path.key("kind");
        assert_eq!(path.key("$in").item(2).to_string(), "$or[1].kind.$in[2]");
    }
}
