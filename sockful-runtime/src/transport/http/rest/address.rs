//! Parses the paths of REST requests.

use crate::core::error::{Error, ErrorKind, Result};
use percent_encoding::percent_decode_str;

/// The prefix of all REST paths.
const ROOT: &str = "/api/";

/// The server's own resource.
const SYSTEM: &str = "sockful";

/// A parsed path. Names and ids are decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RestPath {
    /// `/api/creature`: all records of a resource.
    All { resource: String },
    /// `/api/creature/$count`: the number of records.
    Count { resource: String },
    /// `/api/creature/bob`: one record, or an action if the method is POST.
    One { resource: String, id: String },
    /// `/api/creature/bob/feed`, `/api/album/kob/songs`: a method or a relation of a record.
    Of {
        resource: String,
        id: String,
        name: String,
    },
    /// `/api/album/kob/songs/so-what`: a child of a record.
    Child {
        resource: String,
        id: String,
        name: String,
        child: String,
    },
    /// `/api/sockful/commit`: an action of the server itself.
    System { action: String },
}

/// Whether a path belongs to the REST routes.
pub(crate) fn is_rest_path(path: &str) -> bool {
    path.starts_with(ROOT)
}

impl RestPath {
    /// The resource that the path belongs to; `None` for the server's own.
    pub(super) fn resource(&self) -> Option<&str> {
        match self {
            Self::All { resource }
            | Self::Count { resource }
            | Self::One { resource, .. }
            | Self::Of { resource, .. }
            | Self::Child { resource, .. } => Some(resource),
            Self::System { .. } => None,
        }
    }

    /// Parses a path that [belongs to the REST routes](is_rest_path).
    ///
    /// # Errors
    ///
    /// If the path has a form that no resource can serve.
    pub(super) fn parse(path: &str) -> Result<Self> {
        let path = path.strip_prefix(ROOT).unwrap_or_default();
        // A trailing slash has no meaning; it does not start an empty id.
        let segments = path.strip_suffix('/').unwrap_or(path).split('/');
        let segments: Vec<&str> = segments.collect();
        if segments.contains(&"") {
            return Err(unknown_path());
        }
        // A literal dollar sign is reserved. An id that starts with one is written with `%24`.
        if let [resource, "$count"] = segments[..] {
            return Ok(Self::Count {
                resource: decoded(resource)?,
            });
        }
        let segments = segments.into_iter().map(decoded);
        let segments: Vec<String> = segments.collect::<Result<_>>()?;
        let mut segments = segments.into_iter();
        let mut next = || segments.next();
        match (next(), next(), next(), next(), next()) {
            (Some(resource), Some(action), None, ..) if resource == SYSTEM => {
                Ok(Self::System { action })
            }
            (Some(resource), None, ..) => Ok(Self::All { resource }),
            (Some(resource), Some(id), None, ..) => Ok(Self::One { resource, id }),
            (Some(resource), Some(id), Some(name), None, _) => Ok(Self::Of { resource, id, name }),
            (Some(resource), Some(id), Some(name), Some(child), None) => Ok(Self::Child {
                resource,
                id,
                name,
                child,
            }),
            _ => Err(unknown_path()),
        }
    }
}

pub(super) fn unknown_path() -> Error {
    Error::new(
        ErrorKind::UnknownAction,
        "unknown address; use /api/resource, /api/resource/id or /api/resource/id/name",
    )
}

fn decoded(segment: &str) -> Result<String> {
    let text = percent_decode_str(segment).decode_utf8();
    let text = text.map_err(|_| Error::new(ErrorKind::BadFrame, "the address is not UTF-8"))?;
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(path: &str) -> Option<RestPath> {
        RestPath::parse(path).ok()
    }

    #[test]
    fn id_in_path_may_have_any_characters() {
        let one = |id: &str| {
            Some(RestPath::One {
                resource: "creature".to_owned(),
                id: id.to_owned(),
            })
        };
        assert_eq!(parsed("/api/creature/bob"), one("bob"));
        assert_eq!(parsed("/api/creature/a%2Fb%20%F0%9F%90%89"), one("a/b 🐉"));
        assert_eq!(parsed("/api/creature/%24count"), one("$count"));
        assert_eq!(parsed("/api/creature/a+b"), one("a+b"));
        assert_eq!(parsed("/api/creature/%ff"), None);
    }

    #[test]
    fn slash_at_the_end_changes_nothing() {
        for path in [
            "/api/creature",
            "/api/creature/$count",
            "/api/creature/bob",
            "/api/creature/bob/feed",
            "/api/album/kob/songs/so-what",
            "/api/sockful/ping",
        ] {
            assert_eq!(parsed(&format!("{path}/")), parsed(path), "{path}");
            assert_eq!(parsed(&format!("{path}//")), None, "{path}");
        }
    }

    #[test]
    fn empty_segment_is_not_an_id() {
        for path in ["/api/", "/api//", "/api//bob", "/api/creature//feed"] {
            assert_eq!(parsed(path), None, "{path}");
        }
    }

    #[test]
    fn path_nested_too_deep_is_unknown() {
        assert_eq!(parsed("/api/a/b/c/d/e"), None);
        assert!(matches!(
            parsed("/api/a/b/c/d"),
            Some(RestPath::Child { .. })
        ));
    }
}
