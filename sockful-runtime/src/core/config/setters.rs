//! Chainable setters of the documented settings.

use super::Config;
use std::time::Duration;

impl Config {
    /// Sets [`connection.max_frame`](super::ConnectionConfig::max_frame).
    #[must_use]
    pub fn max_frame(mut self, value: usize) -> Self {
        self.connection.max_frame = value;
        self
    }

    /// Sets [`connection.max_connections`](super::ConnectionConfig::max_connections).
    #[must_use]
    pub fn max_connections(mut self, value: usize) -> Self {
        self.connection.max_connections = value;
        self
    }

    /// Sets [`connection.max_connections_per_address`](super::ConnectionConfig::max_connections_per_address).
    #[must_use]
    pub fn max_connections_per_address(mut self, value: usize) -> Self {
        self.connection.max_connections_per_address = value;
        self
    }

    /// Sets [`connection.shutdown_timeout`](super::ConnectionConfig::shutdown_timeout).
    #[must_use]
    pub fn shutdown_timeout(mut self, value: Duration) -> Self {
        self.connection.shutdown_timeout = value;
        self
    }

    /// Sets [`request.max_reply`](super::RequestConfig::max_reply).
    #[must_use]
    pub fn max_reply(mut self, value: usize) -> Self {
        self.request.max_reply = value;
        self
    }

    /// Sets [`request.max_page`](super::RequestConfig::max_page).
    #[must_use]
    pub fn max_page(mut self, value: usize) -> Self {
        self.request.max_page = value;
        self
    }

    /// Sets [`request.max_request_rate`](super::RequestConfig::max_request_rate).
    #[must_use]
    pub fn max_request_rate(mut self, value: u32) -> Self {
        self.request.max_request_rate = value;
        self
    }

    /// Sets [`request.request_timeout`](super::RequestConfig::request_timeout).
    #[must_use]
    pub fn request_timeout(mut self, value: Duration) -> Self {
        self.request.request_timeout = value;
        self
    }

    /// Sets [`live.max_subscriptions`](super::LiveConfig::max_subscriptions).
    #[must_use]
    pub fn max_subscriptions(mut self, value: usize) -> Self {
        self.live.max_subscriptions = value;
        self
    }

    /// Sets [`live.fold_after`](super::LiveConfig::fold_after).
    #[must_use]
    pub fn fold_after(mut self, value: usize) -> Self {
        self.live.fold_after = value;
        self
    }

    /// Sets [`http.enabled`](super::HttpConfig::enabled).
    #[must_use]
    pub fn http_enabled(mut self, value: bool) -> Self {
        self.http.enabled = value;
        self
    }

    /// Sets [`http.explorer`](super::HttpConfig::explorer).
    #[must_use]
    pub fn explorer(mut self, value: bool) -> Self {
        self.http.explorer = value;
        self
    }

    /// Sets [`access.allowed_origins`](super::AccessConfig::allowed_origins).
    #[must_use]
    pub fn allowed_origins(mut self, value: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.access.allowed_origins = value.into_iter().map(Into::into).collect();
        self
    }

    /// Sets [`access.loopback_origins`](super::AccessConfig::loopback_origins).
    #[must_use]
    pub fn loopback_origins(mut self, value: bool) -> Self {
        self.access.loopback_origins = value;
        self
    }

    /// Sets [`access.hosts`](super::AccessConfig::hosts).
    #[must_use]
    pub fn hosts(mut self, value: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.access.hosts = value.into_iter().map(Into::into).collect();
        self
    }

    /// Sets [`access.public_schema`](super::AccessConfig::public_schema).
    #[must_use]
    pub fn public_schema(mut self, value: bool) -> Self {
        self.access.public_schema = value;
        self
    }

    /// Sets [`store.max_visited`](super::StoreConfig::max_visited).
    #[must_use]
    pub fn max_visited(mut self, value: usize) -> Self {
        self.store.max_visited = value;
        self
    }

    /// Sets [`store.log_retention`](super::StoreConfig::log_retention).
    #[must_use]
    pub fn log_retention(mut self, value: Duration) -> Self {
        self.store.log_retention = value;
        self
    }

    /// Sets [`store.key_retention`](super::StoreConfig::key_retention).
    #[must_use]
    pub fn key_retention(mut self, value: Duration) -> Self {
        self.store.key_retention = value;
        self
    }
}
