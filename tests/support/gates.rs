//! Gates, by which a test says when a method goes on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Gates that remote methods wait at until a test opens them.
#[derive(Clone, Default)]
pub(crate) struct Gates(Arc<Mutex<HashMap<String, Arc<Gate>>>>);

struct Gate {
    arrived: Semaphore,
    open: Semaphore,
}

impl Gates {
    fn gate(&self, name: &str) -> Arc<Gate> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            Arc::new(Gate {
                arrived: Semaphore::new(0),
                open: Semaphore::new(0),
            })
        };
        gates.entry(name.to_owned()).or_insert_with(new).clone()
    }

    /// Waits at the gate until it is opened for this one.
    pub(crate) async fn pass(&self, name: &str) {
        let gate = self.gate(name);
        gate.arrived.add_permits(1);
        gate.open
            .acquire()
            .await
            .expect("gates are never closed")
            .forget();
    }

    /// Waits until one more has come to the gate.
    pub(crate) async fn arrival(&self, name: &str) {
        let gate = self.gate(name);
        super::within("an arrival", gate.arrived.acquire())
            .await
            .expect("gates are never closed")
            .forget();
    }

    /// Whether somebody is there of whom no test knows yet.
    pub(crate) fn has_arrived(&self, name: &str) -> bool {
        self.gate(name).arrived.available_permits() > 0
    }

    /// Lets one through.
    pub(crate) fn open(&self, name: &str) {
        self.gate(name).open.add_permits(1);
    }
}
