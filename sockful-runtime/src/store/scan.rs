//! Scans: reads of unknown duration, which run outside the runtime's workers, take turns, and end with
//! their request.

#[cfg(test)]
pub(crate) mod testing;
mod turns;
pub(crate) mod visits;

use crate::core::error::{Error, ErrorKind, Result};
use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use turns::{Turn, Turns};
use visits::ScanWork;

/// How long a scan waits for admission while too many others run.
const ADMISSION_TIMEOUT: Duration = Duration::from_secs(10);
/// The amount of work after which a scan takes turns with others, in bytes: less than a millisecond.
const WITHOUT_TURN: usize = 1024 * 1024;

/// The caller that scans are charged to, and its concurrency limit.
pub(crate) trait ScanOwner: fmt::Debug + Send + Sync {
    /// Charges for work that was done, even if its result is no longer needed.
    fn charge(&self, work: ScanWork);

    /// Returns the semaphore with one permit for each concurrent scan.
    fn permits(&self) -> Arc<Semaphore>;

    /// Whether it is one of any number of owners that one client can be at once. All of these together
    /// have half of the slots of a store.
    fn is_one_of_many(&self) -> bool {
        false
    }
}

/// Returns the owner of a client's scans, which may change with its identity.
pub(crate) trait ScanClient: fmt::Debug + Send + Sync {
    /// Returns the owner of the scans that begin now.
    fn owner(&self) -> Arc<dyn ScanOwner>;
}

tokio::task_local! {
    /// The client that the current task serves.
    static CLIENT: Arc<dyn ScanClient>;
}

/// Runs a future whose scans belong to `client`. Scans of other tasks belong to the application.
pub(crate) fn for_client<F: Future>(
    client: Arc<dyn ScanClient>,
    future: F,
) -> impl Future<Output = F::Output> {
    CLIENT.scope(client, future)
}

/// Returns the owner of the scans of the client that the current task serves; `None` if it serves none:
/// the application's own scans are not charged.
pub(crate) fn current_owner() -> Option<Arc<dyn ScanOwner>> {
    CLIENT.try_with(|client| client.owner()).ok()
}

/// Charges the client that the current task serves, if it serves one.
pub(crate) fn charge_current(work: ScanWork) {
    if let Some(owner) = current_owner() {
        owner.charge(work);
    }
}

/// The scans of one store.
#[derive(Debug)]
pub(crate) struct Scans {
    slots: Arc<Semaphore>,
    /// As many of them as owners that are one of many may have together.
    of_many: Arc<Semaphore>,
    turns: Arc<Turns>,
}

/// Permission to scan. The work itself holds it, so abandoned work still counts.
#[derive(Debug)]
pub(crate) struct ScanPermit {
    /// One of the permits of the owner.
    _of_owner: Option<OwnedSemaphorePermit>,
    /// One of those that are for all owners like this one.
    _of_many: Option<OwnedSemaphorePermit>,
    _slot: OwnedSemaphorePermit,
}

/// The reason why a scan ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum StopReason {
    /// The future that waits for the result was dropped.
    Cancelled = 1,
    /// The scan prevents the store from reclaiming space.
    #[cfg(feature = "sqlite")]
    TooOld,
}

/// Stops a scan.
#[derive(Default)]
pub(crate) struct StopSignal {
    /// 0 while it may continue.
    reason: AtomicU8,
    /// Interrupts a blocking call of the scan, while there is one.
    interrupt: Mutex<Option<Box<dyn Fn() + Send>>>,
}

/// A scan that runs on a blocking thread.
#[derive(Debug)]
pub(crate) struct RunningScan {
    stop: Arc<StopSignal>,
    owner: Option<Arc<dyn ScanOwner>>,
    turn: Turn,
    _permit: Option<ScanPermit>,
}

impl Scans {
    /// Allows at most `max` concurrent scans.
    pub(crate) fn new(max: usize) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(max)),
            of_many: Arc::new(Semaphore::new((max / 2).max(1))),
            turns: Arc::new(Turns::new()),
        }
    }

    /// Waits until the scan is admitted, for the client that the current task serves and for the store.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] if the scans of other callers take too long.
    pub(crate) async fn acquire(&self) -> Result<ScanPermit> {
        let owner = current_owner();
        let of_owner = owner.as_ref().map(|owner| owner.permits());
        let of_owner = acquire_some(of_owner).await?;
        let of_many = owner.filter(|owner| owner.is_one_of_many());
        let of_many = of_many.map(|_| Arc::clone(&self.of_many));
        let acquire = async {
            let of_many = acquire_some(of_many).await?;
            let slot = Arc::clone(&self.slots).acquire_owned().await;
            Ok(ScanPermit {
                _of_owner: of_owner,
                _of_many: of_many,
                _slot: slot.map_err(Error::internal)?,
            })
        };
        match timeout(ADMISSION_TIMEOUT, acquire).await {
            Ok(permit) => permit,
            Err(_) => Err(Error::new(ErrorKind::Unavailable, "the store is busy")),
        }
    }

    /// Runs `work` on a blocking thread, when the scan is admitted. If the future is dropped, the scan
    /// is stopped.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&RunningScan) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = self.acquire().await?;
        self.run_with(Some(permit), Arc::default(), work).await
    }

    /// Like [`run`](Self::run), with a permit that was acquired before or is held elsewhere. The signal
    /// may also be set by others.
    pub(crate) async fn run_with<T: Send + 'static>(
        &self,
        permit: Option<ScanPermit>,
        stop: Arc<StopSignal>,
        work: impl FnOnce(&RunningScan) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let scan = RunningScan {
            owner: current_owner(),
            turn: Turn::new(Arc::clone(&self.turns)),
            stop: Arc::clone(&stop),
            _permit: permit,
        };
        let mut cancel = StopOnDrop(Some(stop));
        let ran = spawn_blocking(move || {
            scan.check()?;
            let result = work(&scan);
            if result.is_err() {
                // The stop reason is more informative than the error of the interrupted statement.
                scan.check()?;
            }
            result
        });
        let ran = ran.await;
        cancel.0 = None;
        ran.unwrap_or_else(|error| Err(Error::internal(error)))
    }
}

/// A permit, if there is a semaphore that it has to be of.
async fn acquire_some(semaphore: Option<Arc<Semaphore>>) -> Result<Option<OwnedSemaphorePermit>> {
    let Some(semaphore) = semaphore else {
        return Ok(None);
    };
    let permit = semaphore.acquire_owned().await;
    permit.map(Some).map_err(Error::internal)
}

/// Stops a scan when the future that waits for it is dropped.
struct StopOnDrop(Option<Arc<StopSignal>>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Some(stop) = self.0.take() {
            stop.stop(StopReason::Cancelled);
        }
    }
}

impl StopSignal {
    /// Stops the scan.
    pub(crate) fn stop(&self, reason: StopReason) {
        let first =
            self.reason
                .compare_exchange(0, reason as u8, Ordering::AcqRel, Ordering::Acquire);
        if first.is_ok()
            && let Some(interrupt) = &*self.interrupt()
        {
            interrupt();
        }
    }

    fn interrupt(&self) -> MutexGuard<'_, Option<Box<dyn Fn() + Send>>> {
        self.interrupt
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work`, which `interrupt` interrupts if the scan is stopped meanwhile.
    #[cfg(feature = "sqlite")]
    pub(crate) fn interruptible<T>(
        &self,
        interrupt: impl Fn() + Send + 'static,
        work: impl FnOnce() -> T,
    ) -> T {
        *self.interrupt() = Some(Box::new(interrupt));
        let result = work();
        *self.interrupt() = None;
        result
    }

    fn check(&self) -> Result<()> {
        match self.reason.load(Ordering::Acquire) {
            0 => Ok(()),
            #[cfg(feature = "sqlite")]
            reason if reason == StopReason::TooOld as u8 => Err(too_old()),
            _ => Err(Error::new(ErrorKind::Unavailable, "the read was cancelled")),
        }
    }
}

/// Returns the error of a read that prevents the store from reclaiming space.
#[cfg(feature = "sqlite")]
pub(crate) fn too_old() -> Error {
    let message = "the read took too long for the store to reclaim space; read less at once";
    Error::new(ErrorKind::Unavailable, message)
}

impl fmt::Debug for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopSignal")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl RunningScan {
    /// Returns the signal that stops the scan.
    #[cfg(feature = "sqlite")]
    pub(crate) fn stop_signal(&self) -> &StopSignal {
        &self.stop
    }

    /// Returns an error if the scan has to end.
    pub(crate) fn check(&self) -> Result<()> {
        self.stop.check()
    }

    /// Charges for the work since the last checkpoint, and lets other scans take their turn. `total` is
    /// the work since the beginning.
    fn checkpoint(&self, work: ScanWork, total: usize) -> Result<()> {
        self.charge(work);
        self.check()?;
        if total > WITHOUT_TURN {
            self.turn.take();
            // The scan may have been stopped while it waited.
            self.check()?;
        }
        Ok(())
    }

    fn charge(&self, work: ScanWork) {
        if let Some(owner) = &self.owner {
            owner.charge(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::visits::Visits;
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;
    use std::task::Poll;
    use tokio::time::advance;

    #[derive(Debug)]
    struct Caller {
        permits: Arc<Semaphore>,
        charged: AtomicUsize,
        is_one_of_many: bool,
    }

    impl Caller {
        fn new(permits: usize) -> Arc<Self> {
            Arc::new(Self {
                permits: Arc::new(Semaphore::new(permits)),
                charged: AtomicUsize::new(0),
                is_one_of_many: false,
            })
        }

        fn of_many(permits: usize) -> Arc<Self> {
            Arc::new(Self {
                permits: Arc::new(Semaphore::new(permits)),
                charged: AtomicUsize::new(0),
                is_one_of_many: true,
            })
        }
    }

    impl ScanOwner for Arc<Caller> {
        fn charge(&self, work: ScanWork) {
            self.charged.fetch_add(work.bytes, Ordering::SeqCst);
        }

        fn permits(&self) -> Arc<Semaphore> {
            self.permits.clone()
        }

        fn is_one_of_many(&self) -> bool {
            self.is_one_of_many
        }
    }

    impl ScanClient for Arc<Caller> {
        fn owner(&self) -> Arc<dyn ScanOwner> {
            Arc::new(self.clone())
        }
    }

    /// A scan that visits records, one for each message, until it has to stop.
    async fn scan(scans: &Scans, go: mpsc::Receiver<()>) -> Result<usize> {
        let visit = move |scan: &RunningScan| {
            let visits = Visits::of(scan, usize::MAX);
            while let Ok(()) = go.recv() {
                visits.visit(1 << 20)?;
            }
            Ok(visits.made())
        };
        scans.run(visit).await
    }

    #[tokio::test]
    async fn abandoned_scan_ends_and_is_charged() {
        let (scans, caller) = (Scans::new(9), Caller::new(1));
        let (go, received) = mpsc::channel();
        let mut scanning = Box::pin(for_client(Arc::new(caller.clone()), scan(&scans, received)));
        go.send(()).expect("the scan receives it");
        while caller.charged.load(Ordering::SeqCst) == 0 {
            let waited = timeout(Duration::from_millis(1), &mut scanning).await;
            assert!(waited.is_err(), "it waits for messages");
        }
        drop(scanning);
        // The work itself holds the permits, and has not noticed yet that it was abandoned.
        assert_eq!(caller.permits.available_permits(), 0);
        assert_eq!(scans.slots.available_permits(), 8);
        go.send(()).expect("the scan still runs");
        let permit = caller.permits.acquire().await;
        drop(permit.expect("the semaphore is not closed"));
        let all = scans.slots.acquire_many(9).await;
        drop(all.expect("the semaphore is not closed"));
        assert!(go.send(()).is_err(), "the scan has ended");
        // Two visits, the second after the client disconnected.
        assert!(caller.charged.load(Ordering::SeqCst) >= 2 << 20);
    }

    #[tokio::test(start_paused = true)]
    async fn caller_with_many_scans_leaves_others_their_share() {
        let (scans, greedy, other) = (Scans::new(9), Caller::new(4), Caller::new(4));
        let mut gates = Vec::new();
        let mut scanning = Vec::new();
        for _ in 0..64 {
            let (go, received) = mpsc::channel();
            let client = Arc::new(greedy.clone());
            let mut one = Box::pin(for_client(client, scan(&scans, received)));
            assert!(futures_util::poll!(&mut one).is_pending());
            gates.push(go);
            scanning.push(one);
        }
        assert_eq!(scans.slots.available_permits(), 5);
        let (go, received) = mpsc::channel();
        drop(go);
        let client = Arc::new(other.clone());
        let done = for_client(client, scan(&scans, received)).await;
        assert_eq!(done.expect("the caller has its own share"), 0);
        // Waiting scans have not begun anything that would have to end.
        scanning.truncate(4);
        drop(gates);
        for one in scanning {
            assert_eq!(one.await.expect("the scan ends by itself"), 0);
        }
        assert_eq!(scans.slots.available_permits(), 9);
    }

    #[tokio::test(start_paused = true)]
    async fn client_as_many_callers_leaves_half_of_the_slots() {
        let scans = Scans::new(9);
        let acquire = |caller: &Arc<Caller>| {
            let client = Arc::new(caller.clone());
            Box::pin(for_client(client, scans.acquire()))
        };
        let mut held = Vec::new();
        let mut waiting = Vec::new();
        for _ in 0..12 {
            let connection = Caller::of_many(4);
            for _ in 0..4 {
                let mut permit = acquire(&connection);
                match futures_util::poll!(&mut permit) {
                    Poll::Ready(permit) => held.push(permit.expect("there are slots")),
                    Poll::Pending => waiting.push(permit),
                }
            }
        }
        assert_eq!((held.len(), scans.slots.available_permits()), (4, 5));
        let other = acquire(&Caller::new(4)).await;
        drop(other.expect("it has its own share"));
        // Released slots go to the waiting callers in the order of their arrival.
        held.pop();
        held.push(waiting.remove(0).await.expect("a slot is free"));
        advance(ADMISSION_TIMEOUT).await;
        let error = waiting.remove(0).await.expect_err("the others are held");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }

    #[tokio::test(start_paused = true)]
    async fn scan_that_is_not_admitted_in_time_is_unavailable() {
        let scans = Scans::new(1);
        let held = scans.acquire().await.expect("a permit is free");
        let mut waiting = Box::pin(scans.acquire());
        assert!(futures_util::poll!(&mut waiting).is_pending());
        advance(ADMISSION_TIMEOUT).await;
        let error = waiting.await.expect_err("the only permit is held");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        drop(held);
        scans.acquire().await.expect("the permit is free again");
    }
}
