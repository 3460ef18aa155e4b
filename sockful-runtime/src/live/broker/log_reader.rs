//! The task that reads the log and distributes its commits while there are subscriptions.

use super::{Broker, PAGE};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// How long to wait after a failure of the store before the next attempt.
const RETRY_DELAY: Duration = Duration::from_millis(250);

pub(super) fn start(broker: &Arc<Broker>) -> JoinHandle<()> {
    tokio::spawn(run(Arc::downgrade(broker), broker.store.watch()))
}

async fn run(broker: Weak<Broker>, mut head: watch::Receiver<u64>) {
    // While the task waits for a commit, it keeps neither the broker nor the store alive.
    while let Some(at) = step(&broker).await {
        if head.wait_for(|&newest| newest > at).await.is_err() {
            break;
        }
    }
}

/// Distributes all available commits and returns the last one; `None` if there are no
/// subscriptions.
async fn step(broker: &Weak<Broker>) -> Option<u64> {
    let broker = broker.upgrade()?;
    loop {
        let at = broker.head_or_stop()?;
        match broker.store.log(at, PAGE).await {
            Ok(commits) if commits.is_empty() => return Some(at),
            Ok(commits) => broker.publish(commits).await,
            Err(_) => match broker.store.head().await {
                Ok(head) => broker.skip_to(head),
                Err(error) => {
                    tracing::warn!(%error, "reading the log failed: live events are delayed");
                    sleep(RETRY_DELAY).await;
                }
            },
        }
        // Connections that were woken run before the next page is read.
        tokio::task::yield_now().await;
    }
}
