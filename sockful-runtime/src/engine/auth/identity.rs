//! Who calls: what a client shows, whom the application takes it for, and for how long.

use crate::core::error::{Error, ErrorKind, Result};
use crate::engine::auth::caller::Known;
use crate::engine::auth::credentials::Credentials;
use crate::engine::auth::policy::UserType;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

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

type Ask = dyn Fn(Credentials, usize) -> BoxFuture<'static, Result<Known>> + Send + Sync;

/// What the application says of credentials, whatever the type of its users.
#[derive(Clone)]
pub(crate) struct Authenticator {
    ask: Arc<Ask>,
    pub(crate) user: UserType,
}

impl Authenticator {
    pub(crate) fn new<U, A>(ask: impl Fn(Credentials) -> A + Send + Sync + 'static) -> Self
    where
        U: Send + Sync + 'static,
        A: Future<Output = Result<Identity<U>>> + Send + 'static,
    {
        Self {
            ask: Arc::new(move |credentials, resources| {
                let asked = ask(credentials);
                let known = move |identity| Known::new(identity, resources);
                async move { asked.await.map(known) }.boxed()
            }),
            user: UserType::of::<U>(),
        }
    }

    /// Whom the application takes these for, among `resources` resources.
    ///
    /// # Errors
    ///
    /// Why it takes them for nobody's. One that panics takes them for nobody's.
    pub(crate) async fn ask(&self, credentials: Credentials, resources: usize) -> Result<Known> {
        let asked = AssertUnwindSafe(async { (self.ask)(credentials, resources).await });
        let asked = asked.catch_unwind().await;
        asked.unwrap_or_else(|why| Err(Error::panicked("the authenticator", &*why)))
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("user", &self.user.name)
            .finish_non_exhaustive()
    }
}

/// What is said of credentials whose time is over.
pub(crate) fn expired() -> Error {
    Error::new(
        ErrorKind::Unauthenticated,
        "what says who you are has expired",
    )
}
