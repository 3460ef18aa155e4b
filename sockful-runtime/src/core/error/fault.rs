//! One fault of a payload.

use crate::core::bounded_text::prefix;
use serde::Serialize;
use std::borrow::Cow;

/// A violation of a rule by one property of a payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fault {
    /// The path in the payload: `email`, `address.zip`, `tags[3]`.
    pub path: String,
    /// The violated rule, one word: `required`, `type`, `unknown`…
    pub rule: Cow<'static, str>,
    /// The description of the violation, to be read after the path: "is required".
    pub message: Cow<'static, str>,
}

/// The longest path in bytes. Keys of maps come from the client, and each fault repeats the keys above
/// it.
const MAX_PATH: usize = 256;

impl Fault {
    /// Creates a fault of `rule` at `path`.
    pub fn new(
        path: impl Into<String>,
        rule: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            path: clipped(path.into()),
            rule: rule.into(),
            message: message.into(),
        }
    }

    /// Returns the fault with `name`, the property that contains it, in front of its path.
    pub(crate) fn under(&self, name: &str) -> Self {
        let path = match self.path.as_str() {
            "" => name.to_owned(),
            path if path.starts_with('[') => format!("{name}{path}"),
            path => format!("{name}.{path}"),
        };
        Self {
            path: clipped(path),
            ..self.clone()
        }
    }
}

/// Truncates a path that is longer than clients can use.
fn clipped(mut path: String) -> String {
    if path.len() > MAX_PATH {
        path.truncate(prefix(&path, MAX_PATH).len());
        path.push('…');
        path.shrink_to_fit();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_path_is_cut_at_a_character() {
        let fault = Fault::new("é".repeat(10_000), "type", "is not a number");
        assert!(fault.path.len() < MAX_PATH + 4 && fault.path.ends_with("é…"));
        let under = fault.under(&"x".repeat(10_000));
        assert!(under.path.len() < MAX_PATH + 4, "{}", under.path.len());
        assert_eq!(Fault::new("tags[3]", "type", "").path, "tags[3]");
    }
}
