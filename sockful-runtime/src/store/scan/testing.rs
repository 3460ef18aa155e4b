//! A caller for tests of what reads cost.

use super::visits::ScanWork;
use super::{ScanClient, ScanOwner, for_client};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// A caller that adds up what it is charged.
#[derive(Debug)]
pub(crate) struct Charges {
    bytes: AtomicUsize,
}

impl Charges {
    /// The result of `read` and the bytes that it was charged.
    pub(crate) async fn of<T>(read: impl Future<Output = T>) -> (T, usize) {
        let charges = Arc::new(Self {
            bytes: AtomicUsize::new(0),
        });
        let read = for_client(Arc::new(Arc::clone(&charges)), read).await;
        (read, charges.bytes.load(Ordering::SeqCst))
    }
}

impl ScanOwner for Charges {
    fn charge(&self, work: ScanWork) {
        self.bytes.fetch_add(work.bytes, Ordering::SeqCst);
    }

    fn permits(&self) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(1))
    }
}

impl ScanClient for Arc<Charges> {
    fn owner(&self) -> Arc<dyn ScanOwner> {
        Self::clone(self)
    }
}
