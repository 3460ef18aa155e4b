//! How a server comes to its end.

use crate::core::shutdown::Trigger;
use crate::engine::app::App;
use tokio::time::{Instant, timeout_at};

/// Lets what has begun come to its end, as long as [`connection.shutdown_timeout`](crate::config::ConnectionConfig::shutdown_timeout) allows.
pub(crate) async fn drain(app: &App, mut trigger: Trigger) {
    let config = &app.config;
    let deadline = Instant::now() + config.connection.shutdown_timeout;
    if timeout_at(deadline, trigger.drain()).await.is_err() {
        tracing::warn!("connections were cut at the end of `shutdown_timeout`");
        trigger.cut();
    }
    let ended = timeout_at(deadline, app.after_hooks.wait_until_idle());
    if ended.await.is_err() {
        tracing::warn!("`#[after]` hooks were not done at the end of `shutdown_timeout`");
    }
}
