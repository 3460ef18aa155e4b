//! Where the token comes from by which the server knows the client.

use crate::core::error::{Error, Result};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

type Ask = dyn Fn() -> BoxFuture<'static, Result<Option<String>>> + Send + Sync;

#[derive(Clone)]
pub(super) enum Token {
    /// There is none: the client is nobody, or known by its handshake.
    None,
    /// The same each time.
    Fixed(String),
    /// Asked for anew for each connection, and before it expires.
    Asked(Arc<Ask>),
}

impl Token {
    pub(super) fn is_asked(&self) -> bool {
        matches!(self, Self::Asked(_))
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
            Self::Asked(ask) => {
                let ask = ask.clone();
                // One that panics is one that has no token now.
                let asked = AssertUnwindSafe(async move { ask().await }).catch_unwind();
                asked.map(panicked_or_told).boxed()
            }
        }
    }
}

fn panicked_or_told(
    told: Result<Result<Option<String>>, Box<dyn Any + Send>>,
) -> Result<Option<String>> {
    told.unwrap_or_else(|why| Err(Error::panicked("what gives the token", &*why)))
}

/// A token is nothing to be seen in a log.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Fixed(_) => "Fixed",
            Self::Asked(_) => "Asked",
        })
    }
}
