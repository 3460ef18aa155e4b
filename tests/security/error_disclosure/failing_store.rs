//! A store that fails on request.

use sockful_runtime::store::testing::Intercept;
use sockful_runtime::store::{Memory, ready};
use sockful_runtime::{Error, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// A store in memory whose operations fail while `why` is set: with an error of this cause.
pub(super) fn failing_store(why: Arc<Mutex<Option<&'static str>>>) -> Intercept {
    let failure = move || -> Result<()> {
        match *why.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(why) => Err(Error::internal(std::io::Error::other(why))),
            None => Ok(()),
        }
    };
    Intercept::new(Memory::new()).before(move |_| ready(failure()))
}
