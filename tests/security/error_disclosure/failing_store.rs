//! A store that fails on request.

use sockful_runtime::store::testing::Intercept;
use sockful_runtime::store::{Memory, ready};
use sockful_runtime::{Error, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// Returns a memory store whose operations fail while `cause` is set, with an error of this cause.
pub(super) fn failing_store(cause: Arc<Mutex<Option<&'static str>>>) -> Intercept {
    let failure = move || -> Result<()> {
        match *cause.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(cause) => Err(Error::internal(std::io::Error::other(cause))),
            None => Ok(()),
        }
    };
    Intercept::new(Memory::new()).before(move |_| ready(failure()))
}
