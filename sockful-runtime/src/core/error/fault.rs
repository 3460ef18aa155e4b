//! One fault of a payload.

use serde::Serialize;
use std::borrow::Cow;

/// One property of a payload that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fault {
    /// Where in the payload: `email`, `address.zip`, `tags[3]`.
    pub path: String,
    /// The rule that is broken, one word: `required`, `type`, `unknown`…
    pub rule: Cow<'static, str>,
    /// What is wrong, to be read after the path: "is required".
    pub message: Cow<'static, str>,
}

impl Fault {
    /// Makes a fault of `rule` at `path`.
    pub fn new(
        path: impl Into<String>,
        rule: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            path: path.into(),
            rule: rule.into(),
            message: message.into(),
        }
    }

    /// The same fault, told from the property `name` on, inside of which it was found.
    pub(crate) fn under(&self, name: &str) -> Self {
        let path = match self.path.as_str() {
            "" => name.to_owned(),
            path if path.starts_with('[') => format!("{name}{path}"),
            path => format!("{name}.{path}"),
        };
        Self {
            path,
            ..self.clone()
        }
    }
}
