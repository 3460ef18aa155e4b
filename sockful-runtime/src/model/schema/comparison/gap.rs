//! Shared by all parts of a comparison: direction, step budget and result.

use crate::core::bounded_text::prefix;
use serde_json::Value;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The maximum number of steps of one comparison.
pub(super) const MAX_STEPS: u32 = 200_000;

/// The maximum quoted length of a name or a value. Clients send descriptions to compare, and a
/// difference is described once for each of its alternatives and again at each level above.
const MAX_EXCERPT: usize = 64;

/// The direction in which values of a schema are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From client to server: limits count, and unknown properties are an error.
    Sent,
    /// From server to client, which ignores unknown properties and checks no limits.
    Received,
    /// Neither: both schemas must accept the same values.
    Exactly,
}

/// The remaining steps of a comparison. Operations whose cost grows with their input use proportionally
/// many steps.
#[derive(Debug)]
pub(crate) struct StepBudget {
    left: u32,
    /// Set when the result is no longer needed.
    cancelled: Option<Arc<AtomicBool>>,
}

impl Default for StepBudget {
    fn default() -> Self {
        Self {
            left: MAX_STEPS,
            cancelled: None,
        }
    }
}

impl StepBudget {
    /// Creates a budget of at most `steps`; the comparison ends early when `cancelled` is set.
    pub(crate) fn limited(steps: usize, cancelled: Arc<AtomicBool>) -> Self {
        Self {
            left: u32::try_from(steps).map_or(MAX_STEPS, |steps| steps.min(MAX_STEPS)),
            cancelled: Some(cancelled),
        }
    }

    /// Returns the number of remaining steps.
    pub(crate) fn left(&self) -> u32 {
        self.left
    }

    /// Consumes `steps`.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Gap> {
        let left = u32::try_from(steps).ok();
        let Some(left) = left.and_then(|steps| self.left.checked_sub(steps)) else {
            self.left = 0;
            return Err(Gap::Fault("is too large to compare".to_owned()));
        };
        self.left = left;
        if self.cancelled.as_ref().is_some_and(|it| it.load(Relaxed)) {
            return Err(Gap::Fault("comparison cancelled".to_owned()));
        }
        Ok(())
    }
}

/// Returns the beginning of a value, for a message.
pub(super) fn excerpt(value: &Value) -> String {
    let mut out = Excerpt(Vec::new());
    // Fails at the end of the excerpt, which saves writing the rest.
    let _ = serde_json::to_writer(&mut out, value);
    excerpt_text(&String::from_utf8_lossy(&out.0)).into_owned()
}

/// Returns the beginning of a text, for a message.
pub(super) fn excerpt_text(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= MAX_EXCERPT {
        return text.into();
    }
    format!("{}…", prefix(text, MAX_EXCERPT)).into()
}

struct Excerpt(Vec<u8>);

impl io::Write for Excerpt {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = (MAX_EXCERPT + 4).saturating_sub(self.0.len());
        self.0.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why a schema does not accept every value that another accepts.
#[derive(Debug)]
pub(super) enum Gap {
    /// It rejects some of them.
    Differs(String),
    /// The schemas can't be compared.
    Fault(String),
}
