//! Who calls: what a client shows, whom the application takes it for, and for how long.

use std::fmt;

/// Whom the application takes a client for. Made by what is given to
/// [`Server::authenticate`](crate::Server::authenticate).
///
/// `U` is the application's own type: hooks and remote methods get it from
/// [`Context::user`](crate::Context::user), policies as their parameter.
#[derive(Clone)]
pub struct Identity<U> {
    /// Names the caller, such as the id of an account: two identities of one key are one caller, to
    /// the memory of requests with a `key`, to the rates, and to
    /// [`revoke`](crate::ServerHandle::revoke).
    pub key: String,
    /// What is known of the caller.
    pub user: U,
    /// When it is over, in milliseconds since 1970; `None` where it is not.
    pub expires: Option<u64>,
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

    /// The same until `expires`, in milliseconds since 1970.
    #[must_use]
    pub fn until(self, expires: u64) -> Self {
        Self {
            expires: Some(expires),
            ..self
        }
    }
}

/// Shows neither the key nor the user: it may end in a log.
impl<U> fmt::Debug for Identity<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
