//! The application's function that authenticates clients.

use crate::core::error::{Error, ErrorKind, Result};
use crate::engine::auth::caller::AuthenticatedCaller;
use crate::engine::auth::credentials::Credentials;
use crate::engine::auth::identity::Identity;
use crate::engine::auth::policy::UserType;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

type Ask =
    dyn Fn(Credentials, usize) -> BoxFuture<'static, Result<AuthenticatedCaller>> + Send + Sync;

/// The application's authenticator, independent of the type of its users.
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
                let asked = ask(credentials.clone());
                let known =
                    move |identity| AuthenticatedCaller::new(identity, credentials, resources);
                async move { asked.await.map(known) }.boxed()
            }),
            user: UserType::of::<U>(),
        }
    }

    /// Authenticates a client by its credentials, for a server with `resources` resources.
    ///
    /// # Errors
    ///
    /// The error of the application, also if it panics.
    pub(crate) async fn ask(
        &self,
        credentials: Credentials,
        resources: usize,
    ) -> Result<AuthenticatedCaller> {
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

/// The error for credentials that have expired.
pub(crate) fn expired() -> Error {
    Error::new(ErrorKind::Unauthenticated, "the credentials have expired")
}
