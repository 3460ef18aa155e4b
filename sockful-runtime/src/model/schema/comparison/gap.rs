//! What the parts of a comparison share: direction, step limit and result.

use crate::core::bounded_text::prefix;
use serde_json::Value;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The maximum number of steps of one comparison.
pub(super) const MAX_STEPS: u32 = 200_000;

/// How much of a name or a value is quoted. Clients send descriptions to compare, and a difference is
/// described once for each of its alternatives and again at each level above.
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

/// The number of steps that a comparison may still take. What takes longer the larger it is takes as
/// many steps more.
#[derive(Debug)]
pub(crate) struct StepBudget {
    left: u32,
    /// Whether the result is no longer wanted.
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
    /// The work of a comparison of at most `steps`, which ends early when it is `cancelled`.
    pub(crate) fn limited(steps: usize, cancelled: Arc<AtomicBool>) -> Self {
        Self {
            left: u32::try_from(steps).map_or(MAX_STEPS, |steps| steps.min(MAX_STEPS)),
            cancelled: Some(cancelled),
        }
    }

    /// How many steps are left.
    pub(crate) fn left(&self) -> u32 {
        self.left
    }

    /// Uses some of the steps.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Gap> {
        let left = u32::try_from(steps).ok();
        let Some(left) = left.and_then(|steps| self.left.checked_sub(steps)) else {
            self.left = 0;
            return Err(Gap::Fault("is too large to be compared".to_owned()));
        };
        self.left = left;
        if self.cancelled.as_ref().is_some_and(|it| it.load(Relaxed)) {
            return Err(Gap::Fault("is no longer to be compared".to_owned()));
        }
        Ok(())
    }
}

/// The beginning of a value.
pub(super) fn excerpt(value: &Value) -> String {
    let mut out = Excerpt(Vec::new());
    // It fails at the end of the excerpt, which saves writing the rest.
    let _ = serde_json::to_writer(&mut out, value);
    excerpt_text(&String::from_utf8_lossy(&out.0)).into_owned()
}

/// The beginning of a text.
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
