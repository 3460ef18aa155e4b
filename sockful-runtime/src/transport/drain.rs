//! How a server comes to its end.

use crate::core::shutdown::Trigger;
use crate::engine::app::App;
use tokio::time::{Instant, timeout, timeout_at};

/// Waits for running requests as long as [`connection.shutdown_timeout`](crate::config::ConnectionConfig::shutdown_timeout)
/// allows. Then the others are answered with `unavailable`, and connections closed, which takes at most
/// `connection.close_timeout`.
pub(crate) async fn drain(app: &App, mut trigger: Trigger) {
    let config = &app.config;
    let deadline = Instant::now() + config.connection.shutdown_timeout;
    if timeout_at(deadline, trigger.drain()).await.is_err() {
        tracing::warn!("connections were cut at the end of `shutdown_timeout`");
        trigger.cut();
        let _ = timeout(config.connection.close_timeout, trigger.gone()).await;
    }
    let ended = timeout_at(deadline, app.after_hooks.wait_until_idle());
    if ended.await.is_err() {
        tracing::warn!("`#[after]` hooks were not done at the end of `shutdown_timeout`");
    }
}
