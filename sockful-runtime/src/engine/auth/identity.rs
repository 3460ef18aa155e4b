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
    /// The name of the caller, such as the id of an account. Two identities of one key are one caller
    /// to the memory of requests with a `key`, to the rate limit, and to
    /// [`revoke`](crate::ServerHandle::revoke).
    pub key: String,
    /// The application's data about the caller.
    pub user: U,
    /// When the identity expires, to the millisecond. `None` if it does not.
    pub expires: Option<SystemTime>,
}

impl<U> Identity<U> {
    /// An identity that does not expire.
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

/// Shows neither the key nor the user, since it may be written to a log.
impl<U> fmt::Debug for Identity<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
