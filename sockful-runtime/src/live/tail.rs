//! The task that reads the log and distributes what it says, for as long as anybody wants to know.

use super::{Hub, PAGE};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// How long after a failure the store is asked again.
const AGAIN: Duration = Duration::from_millis(250);

pub(super) fn start(hub: &Arc<Hub>) -> JoinHandle<()> {
    tokio::spawn(run(Arc::downgrade(hub), hub.store.watch()))
}

async fn run(hub: Weak<Hub>, mut head: watch::Receiver<u64>) {
    // Whoever waits for the next commit keeps neither hub nor store alive.
    while let Some(at) = step(&hub).await {
        if head.wait_for(|&newest| newest > at).await.is_err() {
            break;
        }
    }
}

/// Distributes all that there is, and says which commit was the last; `None` where nobody is left.
async fn step(hub: &Weak<Hub>) -> Option<u64> {
    let hub = hub.upgrade()?;
    loop {
        let at = hub.tailed()?;
        match hub.store.log(at, PAGE).await {
            Ok(commits) if commits.is_empty() => return Some(at),
            Ok(commits) => hub.publish(commits),
            Err(_) => match hub.store.head().await {
                Ok(head) => hub.skip_to(head),
                Err(error) => {
                    tracing::warn!(%error, "the log can't be read, so nothing is told of changes");
                    sleep(AGAIN).await;
                }
            },
        }
        // Those who were woken have their turn before the next page.
        tokio::task::yield_now().await;
    }
}
