//! What the parts of a comparison share: direction, step limit and result.

/// The maximum number of steps of one comparison, since clients send descriptions to compare.
const MAX_STEPS: u32 = 200_000;

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

/// The number of steps that a comparison may still take.
#[derive(Debug)]
pub(super) struct Work(u32);

impl Default for Work {
    fn default() -> Self {
        Self(MAX_STEPS)
    }
}

impl Work {
    /// Uses some of the steps.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Gap> {
        let left = u32::try_from(steps).ok();
        let left = left.and_then(|steps| self.0.checked_sub(steps));
        self.0 = left.ok_or_else(|| Gap::Fault("is too large to be compared".to_owned()))?;
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
