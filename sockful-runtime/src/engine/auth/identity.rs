//! The identity of a client.

use std::fmt;
use std::time::SystemTime;

/// The identity of a client, returned by the function given to
/// [`Server::authenticate`](crate::Server::authenticate).
///
/// `U` is the application's own type: hooks and remote methods get it from
/// [`Context::user`](crate::Context::user), policies as their parameter.
#[derive(Clone)]
#[non_exhaustive]
pub struct Identity<U> {
    /// The name of the caller, such as the id of an account. Identities with the same key are the
    /// same caller for idempotency keys, for the rate limit, and for
    /// [`revoke`](crate::ServerHandle::revoke).
    pub key: String,
    /// The application's data about the caller.
    pub user: U,
    /// When the identity expires, with millisecond precision. `None` if it does not expire.
    pub expires: Option<SystemTime>,
}

impl<U> Identity<U> {
    /// Creates an identity that does not expire.
    pub fn new(key: impl Into<String>, user: U) -> Self {
        Self {
            key: key.into(),
            user,
            expires: None,
        }
    }

    /// Sets when the identity expires.
    #[must_use]
    pub fn until(self, expires: SystemTime) -> Self {
        Self {
            expires: Some(expires),
            ..self
        }
    }
}

/// Omits the key and the user, because the output may be logged.
impl<U> fmt::Debug for Identity<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
