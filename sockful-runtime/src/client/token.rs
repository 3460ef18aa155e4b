//! The source of the token that the client authenticates with.

use crate::core::error::{Error, Result};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

type FetchToken = dyn Fn() -> BoxFuture<'static, Result<Option<String>>> + Send + Sync;

#[derive(Clone)]
pub(super) enum Token {
    /// No token: the client is unauthenticated, or authenticated by the headers of its handshake.
    None,
    /// The same token each time.
    Fixed(String),
    /// Requested for each connection, and again before it expires.
    Provider(Arc<FetchToken>),
}

impl Token {
    pub(super) fn has_provider(&self) -> bool {
        matches!(self, Self::Provider(_))
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    pub(super) fn get(&self) -> BoxFuture<'static, Result<Option<String>>> {
        match self {
            Self::None => Box::pin(async { Ok(None) }),
            Self::Fixed(token) => {
                let token = token.clone();
                Box::pin(async { Ok(Some(token)) })
            }
            Self::Provider(fetch) => {
                let fetch = fetch.clone();
                // A panic is an error of this attempt only.
                let fetched = AssertUnwindSafe(async move { fetch().await }).catch_unwind();
                fetched.map(panic_to_error).boxed()
            }
        }
    }
}

fn panic_to_error(
    fetched: Result<Result<Option<String>>, Box<dyn Any + Send>>,
) -> Result<Option<String>> {
    fetched.unwrap_or_else(|why| Err(Error::panicked("token source", &*why)))
}

/// Does not show the token, which is a secret.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Fixed(_) => "Fixed",
            Self::Provider(_) => "Provider",
        })
    }
}
