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
    let all = u32::try_from(config.request.max_afterwards).unwrap_or(u32::MAX);
    let ended = timeout_at(deadline, app.after_hook_permits.acquire_many(all));
    if ended.await.is_err() {
        tracing::warn!("`#[after]` hooks were not done at the end of `shutdown_timeout`");
    }
}
