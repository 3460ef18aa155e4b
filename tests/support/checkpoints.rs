//! Named points at which a remote method waits until the test releases it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Checkpoints by name. Clones share the same checkpoints.
#[derive(Clone, Default)]
pub(crate) struct Checkpoints(Arc<Mutex<HashMap<String, Arc<Checkpoint>>>>);

struct Checkpoint {
    reached: Semaphore,
    released: Semaphore,
}

impl Checkpoints {
    fn checkpoint(&self, name: &str) -> Arc<Checkpoint> {
        let mut checkpoints = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            Arc::new(Checkpoint {
                reached: Semaphore::new(0),
                released: Semaphore::new(0),
            })
        };
        checkpoints
            .entry(name.to_owned())
            .or_insert_with(new)
            .clone()
    }

    /// Marks the checkpoint as reached, and waits until it is released.
    pub(crate) async fn wait_at(&self, name: &str) {
        let checkpoint = self.checkpoint(name);
        checkpoint.reached.add_permits(1);
        checkpoint
            .released
            .acquire()
            .await
            .expect("checkpoints are never closed")
            .forget();
    }

    /// Waits until one more call has reached the checkpoint.
    pub(crate) async fn reached(&self, name: &str) {
        let checkpoint = self.checkpoint(name);
        super::within("a call at the checkpoint", checkpoint.reached.acquire())
            .await
            .expect("checkpoints are never closed")
            .forget();
    }

    /// Whether a call that `reached` has not reported yet has reached the checkpoint.
    pub(crate) fn is_reached(&self, name: &str) -> bool {
        self.checkpoint(name).reached.available_permits() > 0
    }

    /// Releases one call.
    pub(crate) fn release(&self, name: &str) {
        self.checkpoint(name).released.add_permits(1);
    }
}
