//! Tells connections to drain, and to close at the deadline.

use std::convert::Infallible;
use tokio::sync::{mpsc, watch};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ShutdownPhase {
    Running,
    Draining,
    Cut,
}

/// A connection's end: it hears of the shutdown, and by its life keeps the server waiting.
#[derive(Clone, Debug)]
pub(crate) struct Shutdown {
    phase: watch::Receiver<ShutdownPhase>,
    _alive: mpsc::Sender<Infallible>,
}

/// The server's end.
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
    /// Tells all connections to finish what they have started, and waits until they are gone.
    pub(crate) async fn drain(&mut self) {
        self.phase.send_replace(ShutdownPhase::Draining);
        self.gone().await;
    }

    /// Waits until all connections are gone.
    pub(crate) async fn gone(&mut self) {
        self.gone.recv().await;
    }

    /// Tells all connections to go now.
    pub(crate) fn cut(&self) {
        self.phase.send_replace(ShutdownPhase::Cut);
    }
}

impl Shutdown {
    /// Waits until the connection is to finish what it has started.
    pub(crate) async fn draining(mut self) {
        self.reaches(ShutdownPhase::Draining).await;
    }

    /// Waits until the connection is to go.
    pub(crate) async fn cut(mut self) {
        self.reaches(ShutdownPhase::Cut).await;
    }

    async fn reaches(&mut self, phase: ShutdownPhase) {
        // A server that is gone without a word has no time to give: its connections go at once.
        let _ = self.phase.wait_for(|current| *current >= phase).await;
    }
}

/// Waits until the process is asked to stop: by SIGINT, which Ctrl-C sends, or by SIGTERM.
///
/// For [`ServerHandle::serve`](crate::ServerHandle::serve), which takes any future as its sign to stop.
pub async fn shutdown_signal() {
    tokio::select! {
        () = interrupt() => {}
        () = terminate() => {}
    }
}

async fn interrupt() {
    // Where signals can't be listened for, none comes.
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
