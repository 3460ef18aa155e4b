//! State that a transaction keeps between the runs of its call.

use super::Transaction;
use crate::engine::guard_locks::{HeldGuardLocks, ResourceSet};
use std::sync::atomic::Ordering::Relaxed;

/// How often a call with lists was rerun, and the locks that it holds to make progress.
#[derive(Debug, Default)]
pub(crate) struct Escalation {
    /// How many runs have failed.
    pub(crate) failed: u32,
    /// The guard locks of the resources that the call reads and writes, after too many failed runs.
    pub(crate) locks: Option<HeldGuardLocks>,
}

/// Releases the locks of an escalated call when the call ends, even if a copy of its context lives
/// on.
#[derive(Debug)]
pub(crate) struct EscalationScope<'a>(&'a Transaction);

impl Transaction {
    /// The scope of all runs of a call.
    pub(crate) fn escalation_scope(&self) -> EscalationScope<'_> {
        EscalationScope(self)
    }

    /// The resources whose guard locks the call holds.
    pub(crate) fn locked(&self) -> ResourceSet {
        if !self.is_escalated.load(Relaxed) {
            return ResourceSet::default();
        }
        let state = self.state();
        let locks = state.escalation.as_ref().and_then(|it| it.locks.as_ref());
        locks.map_or(ResourceSet::default(), HeldGuardLocks::set)
    }

    /// Takes the state of the earlier runs.
    pub(crate) fn take_escalation(&self) -> Escalation {
        if !self.is_escalated.load(Relaxed) {
            return Escalation::default();
        }
        self.is_escalated.store(false, Relaxed);
        self.state()
            .escalation
            .take()
            .map_or_else(Escalation::default, |it| *it)
    }

    /// Keeps the state for the next run.
    pub(crate) fn escalate(&self, escalation: Escalation) {
        self.state().escalation = Some(Box::new(escalation));
        self.is_escalated.store(true, Relaxed);
    }
}

impl Drop for EscalationScope<'_> {
    fn drop(&mut self) {
        drop(self.0.take_escalation());
    }
}
