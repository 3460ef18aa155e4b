//! The settings of a server, each with its default.

mod access;
mod check;
mod connection;
mod duration;
mod http;
mod live;
mod request;
mod setters;
mod store;
#[cfg(test)]
mod tests;

pub use access::AccessConfig;
pub use connection::ConnectionConfig;
pub use http::HttpConfig;
pub use live::LiveConfig;
pub use request::RequestConfig;
pub use store::StoreConfig;

use crate::core::error::Result;
use serde::Deserialize;
use std::time::Duration;

/// The maximum number of ids in one `get`.
pub(crate) const MAX_IDS: usize = 1_000;

/// The maximum number of writes in one `commit`.
pub(crate) const MAX_WRITES: usize = 100;

/// The longest duration of a setting, and the longest wait.
pub(crate) const MAX_DURATION: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The settings of a server, in groups, which bound every queue, loop and wait.
///
/// Set a field, or chain the setters of this type.
///
/// A server does not open if a setting is out of its range; see [`validate`](Self::validate).
///
/// Further settings, for tests and unusual deployments, are fields hidden from this documentation; the
/// [reference of all settings][reference] lists them.
///
/// # From a file
///
/// `Config` is [`Deserialize`]. Missing groups and settings have their defaults, unknown ones are an
/// error. A duration is a number of milliseconds, or a string of numbers with a unit of `ms`, `s`, `m`,
/// `h` or `d`, such as `"30s"` or `"1h 30m"`.
///
/// ```
/// # use sockful_runtime::Config;
/// let text = r#"{
///     "connection": {"max_frame": 16384},
///     "request": {"request_timeout": "5s"},
///     "http": {"explorer": false}
/// }"#;
/// let config: Config = serde_json::from_str(text)?;
/// assert_eq!(config.connection.max_frame, 16_384);
/// assert_eq!(config.request.request_timeout.as_secs(), 5);
/// # Ok::<_, serde_json::Error>(())
/// ```
///
/// # From the environment
///
/// ```
/// # use sockful_runtime::Config;
/// # fn config() -> Result<Config, Box<dyn std::error::Error>> {
/// let mut config = Config::default();
/// if let Ok(text) = std::env::var("MAX_CONNECTIONS") {
///     config.connection.max_connections = text.parse()?;
/// }
/// if let Ok(text) = std::env::var("ALLOWED_ORIGINS") {
///     config.access.allowed_origins = text.split(',').map(str::to_owned).collect();
/// }
/// config.validate()?;
/// # Ok(config)
/// # }
/// # config().unwrap();
/// ```
///
/// [reference]: https://github.com/sockful/sockful/blob/main/docs/reference/configuration.md
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// Limits of connections, and of the messages and requests of one connection.
    pub connection: ConnectionConfig,
    /// Limits of requests.
    pub request: RequestConfig,
    /// Limits of subscriptions.
    pub live: LiveConfig,
    /// Which HTTP endpoints are served, and limits of HTTP requests.
    pub http: HttpConfig,
    /// Which clients may connect, and what they may read without an identity.
    pub access: AccessConfig,
    /// Limits of the store: of its queries, its log and its idempotency keys.
    pub store: StoreConfig,
}

impl Config {
    /// Checks the range of each setting: a count is at least 1, a duration is longer than zero and at
    /// most a year. [`Server::open`](crate::Server::open) calls this before it opens the store.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with the name and the value of the first
    /// setting out of its range.
    pub fn validate(&self) -> Result<()> {
        self.connection.check()?;
        self.request.check()?;
        self.live.check()?;
        self.http.check()?;
        self.access.check()?;
        self.store.check()
    }
}
