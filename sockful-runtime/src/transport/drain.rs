//! Graceful shutdown.

use crate::core::shutdown::Trigger;
use crate::engine::app::App;
use tokio::time::{Instant, timeout, timeout_at};

/// Waits for running requests for at most
/// [`connection.shutdown_timeout`](crate::config::ConnectionConfig::shutdown_timeout). Then answers
/// the remaining ones with `unavailable` and closes their connections, which takes at most
/// `connection.close_timeout`.
pub(crate) async fn drain(app: &App, mut trigger: Trigger) {
    let config = &app.config;
    let deadline = Instant::now() + config.connection.shutdown_timeout;
    if timeout_at(deadline, trigger.drain()).await.is_err() {
        tracing::warn!("`shutdown_timeout` elapsed: connections were closed");
        trigger.cut();
        let _ = timeout(config.connection.close_timeout, trigger.gone()).await;
    }
    let ended = timeout_at(deadline, app.after_hooks.wait_until_idle());
    if ended.await.is_err() {
        tracing::warn!("`shutdown_timeout` elapsed: `#[after]` hooks did not finish");
    }
}
