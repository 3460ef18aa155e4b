//! The error type, and the part of an error that a caller receives.

mod any_error;
mod fault;
mod kind;
mod server_error;
#[cfg(test)]
mod tests;

pub use any_error::AnyError;
pub use fault::Fault;
pub use kind::ErrorKind;

use kind::CODES;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// The result of a fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of a request: a kind, a message for the caller, and a cause that stays on the server.
///
/// The caller receives the message, the code and the details, never the cause:
/// [`source`](std::error::Error::source) is only logged.
pub struct Error(Box<ErrorInner>);

struct ErrorInner {
    kind: ErrorKind,
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    path: Option<String>,
    fields: Vec<Fault>,
    limit: Option<(Cow<'static, str>, u64)>,
    outcome: Option<Outcome>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The maximum number of faults in one error.
const MAX_FAULTS: usize = 100;

/// Whether an interrupted request may have taken effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The request was not applied and will not be.
    NotApplied,
    /// The request may have been applied.
    Unknown,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::NotApplied => "none",
            Self::Unknown => "unknown",
        }
    }
}

impl Error {
    /// Creates an error of `kind` whose `message` is sent to the caller.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::coded(kind, Cow::Borrowed(kind.code()), message.into())
    }

    /// Creates an error with an application-defined code, a lower-snake word such as `too_tired`.
    ///
    /// A code that is not lower-snake is converted, so that clients can rely on the form. A code of the
    /// protocol, such as `not_found`, also sets that kind.
    pub fn refused(code: &str, message: impl Into<Cow<'static, str>>) -> Self {
        let code = lower_snake(code);
        let known = CODES.iter().find(|(_, known)| *known == code);
        let kind = known.map_or(ErrorKind::Custom, |(kind, _)| *kind);
        Self::coded(kind, Cow::Owned(code), message.into())
    }

    /// Creates the error of an invalid payload, with one fault for each violation. The caller receives
    /// the first hundred.
    pub fn invalid(mut fields: Vec<Fault>) -> Self {
        let mut error = Self::new(ErrorKind::Invalid, "the payload is invalid");
        if fields.len() > MAX_FAULTS {
            let all = fields.len();
            let message =
                format!("the payload is invalid in {all} places; only the first are listed");
            error.0.message = message.into();
            fields.truncate(MAX_FAULTS);
        }
        error.0.fields = fields;
        error.use_message_of_only_fault();
        error
    }

    fn use_message_of_only_fault(&mut self) {
        if let [only] = self.0.fields.as_slice() {
            self.0.message = match only.path.as_str() {
                "" => only.message.clone(),
                path => format!("`{path}` {}", only.message).into(),
            };
        }
    }

    /// Creates an internal error: the caller receives an id, and the log has `cause` under that id.
    ///
    /// In a method that returns [`AnyError`], `?` creates it from any error.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut error = Self::new(ErrorKind::Internal, "internal server error");
        error.0.source = Some(cause.into());
        error
    }

    /// Creates the internal error of a panic in `what`; the log shows the payload `why`.
    pub(crate) fn panicked(what: &str, why: &(dyn Any + Send)) -> Self {
        let text = why.downcast_ref::<&str>().copied();
        let text = text.or(why.downcast_ref::<String>().map(String::as_str));
        Self::internal(match text {
            Some(text) => format!("{what} panicked: {text}"),
            None => format!("{what} panicked"),
        })
    }

    /// Creates the error of a message that cannot be parsed as a frame.
    pub(crate) fn bad_frame(error: &serde_json::Error) -> Self {
        let wrong = without_line(error);
        let message = format!(
            "invalid frame, expected an array [resource, action, payload, ack_id]: {wrong}"
        );
        Self::new(ErrorKind::BadFrame, message)
    }

    /// Creates the error of a record of `resource` that does not exist.
    pub(crate) fn not_found(resource: &str) -> Self {
        Self::new(ErrorKind::NotFound, format!("`{resource}` not found"))
    }

    /// Creates the error of a size in bytes over a limit of the configuration.
    pub(crate) fn too_large(what: &str, setting: &'static str, value: usize) -> Self {
        let message = format!("{what} exceeds the limit `{setting}` of {value}");
        Self::new(ErrorKind::TooLarge, message).with_limit(setting, value)
    }

    /// Creates the error of a count over a limit of the configuration.
    pub(crate) fn over_limit(what: &str, setting: &'static str, max: usize) -> Self {
        let message = format!("{what} exceed the limit `{setting}` of {max}");
        Self::new(ErrorKind::TooMany, message).with_limit(setting, max)
    }

    /// Creates the error of a request that is not processed because the server is shutting down.
    #[cfg(feature = "server")]
    pub(crate) fn shutting_down(outcome: Outcome) -> Self {
        Self::new(ErrorKind::Unavailable, "the server is shutting down").with_outcome(outcome)
    }

    /// Creates the error of a request whose `key` was used by another request meanwhile, or may have
    /// been used before.
    pub(crate) fn repeated() -> Self {
        Self::not_once("a request with this `key` has taken effect before, or may have")
    }

    /// Creates the error of a request with a `key` that is not processed although it may have taken
    /// effect before.
    pub(crate) fn not_once(message: &'static str) -> Self {
        Self::new(ErrorKind::Conflict, message)
            .at("key")
            .with_outcome(Outcome::Unknown)
    }

    fn coded(kind: ErrorKind, code: Cow<'static, str>, message: Cow<'static, str>) -> Self {
        Self(Box::new(ErrorInner {
            kind,
            code,
            message,
            path: None,
            fields: Vec::new(),
            limit: None,
            outcome: None,
            retry_after: None,
            source: None,
        }))
    }

    pub(crate) fn at(mut self, path: impl Into<String>) -> Self {
        self.0.path = Some(path.into());
        self
    }

    /// Prefixes the paths of the error with `place`, a position in the payload such as `[3]`.
    pub(crate) fn within(mut self, place: &str) -> Self {
        for fault in &mut self.0.fields {
            *fault = fault.under(place);
        }
        self.use_message_of_only_fault();
        if self.0.fields.is_empty() {
            let path = self.0.path.take().map(|path| format!("{place}.{path}"));
            self.0.path = Some(path.unwrap_or_else(|| place.to_owned()));
        }
        self
    }

    pub(crate) fn with_limit(
        mut self,
        setting: impl Into<Cow<'static, str>>,
        value: usize,
    ) -> Self {
        self.0.limit = Some((setting.into(), value as u64));
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    pub(crate) fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = Some(outcome);
        self
    }

    /// Adds a new id to the message, which identifies the log line of the error. Returns the id, and
    /// the chain of causes for the log.
    pub(crate) fn assign_id(&mut self) -> (Uuid, Option<String>) {
        let id = Uuid::now_v7();
        self.0.message = format!("{} (error {id})", self.0.message).into();
        let mut causes = Vec::new();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        (id, (!causes.is_empty()).then(|| causes.join(": ")))
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the code that the caller receives: that of the kind, or the one given to
    /// [`Error::refused`].
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// Returns every fault of a payload that was rejected as [`ErrorKind::Invalid`].
    pub fn fields(&self) -> &[Fault] {
        &self.0.fields
    }

    /// Returns the path of the invalid part of a query or of a batch.
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// Returns the exceeded limit: the name of the setting, and its value.
    pub fn limit(&self) -> Option<(&str, u64)> {
        let (name, value) = self.0.limit.as_ref()?;
        Some((name, *value))
    }

    /// Returns whether an interrupted request may have taken effect; `None` if the request was not
    /// interrupted.
    pub fn outcome(&self) -> Option<Outcome> {
        self.0.outcome
    }

    /// Returns how long to wait before a retry.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

/// Returns the message of a `serde_json` error without the position, which is meaningless to the
/// caller.
pub(crate) fn without_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

fn lower_snake(code: &str) -> String {
    let mut word = String::with_capacity(code.len());
    for c in code.chars() {
        match c {
            'a'..='z' | '0'..='9' => word.push(c),
            'A'..='Z' => word.push(c.to_ascii_lowercase()),
            _ if word.is_empty() || word.ends_with('_') => {}
            _ => word.push('_'),
        }
    }
    word.truncate(word.trim_end_matches('_').len());
    if word.is_empty() {
        "refused".to_owned()
    } else {
        word
    }
}

/// Formats the code, the message and the cause, so that a `main` that returns the error is readable.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.code())?;
        match &self.0.source {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for fault in self.0.fields.iter().filter(|_| self.0.fields.len() > 1) {
            write!(f, "; `{}` {}", fault.path, fault.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// An error that `?` converts to [`Error`] by a conversion of this crate. No type implements it: it
/// provides the compiler message for errors of other crates.
#[diagnostic::on_unimplemented(
    message = "`?` can't convert a `{Self}` to `sockful::Error`",
    label = "write `.map_err(sockful::Error::internal)?`, or return `Result<_, sockful::AnyError>`",
    note = "write `impl From<{Self}> for sockful::Error` to send the error to clients"
)]
pub trait ConvertibleError {
    /// Converts the error.
    fn convert(self) -> Error;
}

impl<E: ConvertibleError> From<E> for Error {
    fn from(error: E) -> Self {
        error.convert()
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::internal(error)
    }
}

/// Serializes what the caller receives, the object after `"err"` in a reply.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = &*self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("code", &inner.code)?;
        map.serialize_entry("message", &inner.message)?;
        if let Some(path) = &inner.path {
            map.serialize_entry("path", path)?;
        }
        if !inner.fields.is_empty() {
            map.serialize_entry("fields", &inner.fields)?;
        }
        if let Some((name, value)) = &inner.limit {
            map.serialize_entry(
                "limit",
                &LimitEntry {
                    name,
                    value: *value,
                },
            )?;
        }
        if let Some(outcome) = inner.outcome {
            map.serialize_entry("outcome", outcome.word())?;
        }
        if let Some(wait) = inner.retry_after {
            // Rounded up, so that a retry after this time is not too early by a fraction of a
            // millisecond.
            let millis = wait.as_millis().saturating_add(1);
            let millis = u64::try_from(millis).unwrap_or(u64::MAX);
            map.serialize_entry("retry_after_ms", &millis)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct LimitEntry<'a> {
    name: &'a str,
    value: u64,
}
