//! The conversion of any error into an [`Error`] by `?`.

use super::Error;
use std::fmt;

/// The error type of remote methods and hooks that `?` converts any [`std::error::Error`] into.
///
/// An [`Error`] keeps its code and its message. Any other error becomes [`Error::internal`]: the
/// caller receives an id, and the log has the error under that id.
///
/// ```
/// # use sockful_runtime::{AnyError, Error, ErrorKind};
/// fn amount(text: &str) -> Result<i32, AnyError> {
///     if text.is_empty() {
///         Err(Error::refused("no_amount", "how much?"))?;
///     }
///     Ok(text.parse()?)
/// }
///
/// assert_eq!(amount("7").unwrap(), 7);
/// assert_eq!(Error::from(amount("").unwrap_err()).code(), "no_amount");
/// assert_eq!(Error::from(amount("x").unwrap_err()).kind(), ErrorKind::Internal);
/// ```
///
/// `AnyError` does not implement `std::error::Error`, since its `From` conversion would then overlap
/// with the one from itself.
pub struct AnyError(Error);

impl<E: std::error::Error + Send + Sync + 'static> From<E> for AnyError {
    fn from(error: E) -> Self {
        let error: Box<dyn std::error::Error + Send + Sync> = Box::new(error);
        Self(match error.downcast::<Error>() {
            Ok(error) => *error,
            Err(cause) => Error::internal(cause),
        })
    }
}

impl From<AnyError> for Error {
    fn from(error: AnyError) -> Self {
        error.0
    }
}

impl fmt::Debug for AnyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for AnyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
