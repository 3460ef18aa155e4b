//! Signals connections to drain, and to close at the deadline.

use std::convert::Infallible;
use tokio::sync::{mpsc, watch};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ShutdownPhase {
    Running,
    Draining,
    Cut,
}

/// The connection's side: receives the shutdown signal, and keeps the server waiting until it is
/// dropped.
#[derive(Clone, Debug)]
pub(crate) struct Shutdown {
    phase: watch::Receiver<ShutdownPhase>,
    _alive: mpsc::Sender<Infallible>,
}

/// The server's side.
#[derive(Debug)]
pub(crate) struct Trigger {
    phase: watch::Sender<ShutdownPhase>,
    gone: mpsc::Receiver<Infallible>,
}

pub(crate) fn channel() -> (Trigger, Shutdown) {
    let (phase, phases) = watch::channel(ShutdownPhase::Running);
    let (alive, gone) = mpsc::channel(1);
    (
        Trigger { phase, gone },
        Shutdown {
            phase: phases,
            _alive: alive,
        },
    )
}

impl Trigger {
    /// Signals all connections to finish their running requests, and waits until they are closed.
    pub(crate) async fn drain(&mut self) {
        self.phase.send_replace(ShutdownPhase::Draining);
        self.gone().await;
    }

    /// Waits until all connections are closed.
    pub(crate) async fn gone(&mut self) {
        self.gone.recv().await;
    }

    /// Signals all connections to close immediately.
    pub(crate) fn cut(&self) {
        self.phase.send_replace(ShutdownPhase::Cut);
    }
}

impl Shutdown {
    /// Waits for the signal to finish running requests.
    pub(crate) async fn draining(mut self) {
        self.reaches(ShutdownPhase::Draining).await;
    }

    /// Waits for the signal to close immediately.
    pub(crate) async fn cut(mut self) {
        self.reaches(ShutdownPhase::Cut).await;
    }

    async fn reaches(&mut self, phase: ShutdownPhase) {
        // If the server was dropped without a shutdown, the channel is closed and connections close
        // immediately.
        let _ = self.phase.wait_for(|current| *current >= phase).await;
    }
}

/// Waits until the process receives SIGINT, which Ctrl-C sends, or SIGTERM.
///
/// Pass it to [`ServerHandle::serve`](crate::ServerHandle::serve), which accepts any future as its
/// shutdown signal.
pub async fn shutdown_signal() {
    tokio::select! {
        () = interrupt() => {}
        () = terminate() => {}
    }
}

async fn interrupt() {
    // If the signal handler cannot be installed, no signal arrives.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn terminate() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            terminate.recv().await;
            return;
        }
    }
    std::future::pending::<()>().await;
}
