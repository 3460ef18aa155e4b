//! The settings of a server, each with its default.

mod access;
mod connection;
mod http;
mod live;
mod request;
mod store;

pub use access::AccessConfig;
pub use connection::ConnectionConfig;
pub use http::HttpConfig;
pub use live::LiveConfig;
pub use request::RequestConfig;
pub use store::StoreConfig;

use crate::core::error::{Error, ErrorKind, Result};
use crate::core::web_origin::WebOrigin;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many ids one `get` may ask for.
pub(crate) const MAX_IDS: usize = 1_000;

/// How many writes one `commit` may have.
pub(crate) const MAX_WRITES: usize = 100;

/// Longer than anything is waited for.
pub(crate) const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The smallest buffer that hyper takes.
const LEAST_HEADER_BYTES: usize = 8 * 1024;

/// The settings of a server, in groups. They bound every queue, loop and wait.
///
/// A server does not open with a setting out of its range: a number is at least 1, a duration longer
/// than zero and at most a year.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Config {
    /// Limits of connections, and of the messages and requests of one connection.
    pub connection: ConnectionConfig,
    /// Limits of requests.
    pub request: RequestConfig,
    /// Limits of subscriptions.
    pub live: LiveConfig,
    /// What is served over HTTP, and limits of its requests.
    pub http: HttpConfig,
    /// Which clients may connect, and what they may read without an identity.
    pub access: AccessConfig,
    /// Limits of the store: of its queries, its log and its memory of requests with a `key`.
    pub store: StoreConfig,
}

impl Config {
    /// Whether a server can keep to all of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`], naming the first setting that makes no sense.
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |why: String| Err(Error::new(ErrorKind::Invalid, why));
        for (name, number) in self.numbers() {
            if number == 0 {
                return refuse(format!("the setting `{name}` is 0, and must be at least 1"));
            }
        }
        for (name, time) in self.times() {
            if time.is_zero() || time > A_YEAR {
                return refuse(format!(
                    "the setting `{name}` is {time:?}, and must be more than nothing and at most a year"
                ));
            }
        }
        let permits = [
            ("max_connections", self.connection.max_connections),
            ("max_afterwards", self.request.max_afterwards),
        ];
        for (name, number) in permits {
            let most = Semaphore::MAX_PERMITS.min(u32::MAX as usize);
            if number > most {
                return refuse(format!("the setting `{name}` is over {most}"));
            }
        }
        if self.http.max_header_bytes < LEAST_HEADER_BYTES {
            return refuse(format!(
                "the setting `max_header_bytes` is below {LEAST_HEADER_BYTES}"
            ));
        }
        let mut origins = self.access.allowed_origins.iter();
        match origins.find(|text| WebOrigin::parse(text).is_none()) {
            Some(text) => refuse(format!(
                "`{text}` in the setting `allowed_origins` is no origin; write one such as `https://app.example.com`"
            )),
            None => Ok(()),
        }
    }

    fn numbers(&self) -> [(&'static str, usize); 30] {
        [
            ("max_frame", self.connection.max_frame),
            ("max_depth", self.connection.max_depth),
            ("max_bad_frames", self.connection.max_bad_frames),
            ("max_in_flight", self.connection.max_in_flight),
            ("max_lists", self.connection.max_lists),
            ("max_batch", self.connection.max_batch),
            ("max_outgoing", self.connection.max_outgoing),
            ("max_reply", self.request.max_reply),
            ("default_page", self.request.default_page),
            ("max_page", self.request.max_page),
            ("max_cascade", self.request.max_cascade),
            ("max_afterwards", self.request.max_afterwards),
            ("max_subscriptions", self.live.max_subscriptions),
            (
                "max_subscription_records",
                self.live.max_subscription_records,
            ),
            ("max_snapshot", self.live.max_snapshot),
            ("max_scanned_groups", self.live.max_scanned_groups),
            ("fold_after", self.live.fold_after),
            ("ring_capacity", self.live.ring_capacity),
            ("max_unsent_events", self.live.max_unsent_events),
            ("max_connections", self.connection.max_connections),
            (
                "max_connections_per_address",
                self.connection.max_connections_per_address,
            ),
            (
                "max_connection_rate",
                self.connection.max_connection_rate as usize,
            ),
            ("max_request_rate", self.request.max_request_rate as usize),
            ("request_burst", self.request.request_burst as usize),
            ("max_rate_limited", self.request.max_rate_limited),
            ("max_headers", self.http.max_headers),
            ("max_keys_per_caller", self.store.max_keys_per_caller),
            ("max_keys", self.store.max_keys),
            ("key_capacity", self.store.key_capacity),
            ("read_capacity", self.connection.read_capacity),
        ]
    }

    fn times(&self) -> [(&'static str, Duration); 9] {
        [
            ("log_retention", self.store.log_retention),
            ("key_retention", self.store.key_retention),
            ("handshake_timeout", self.http.handshake_timeout),
            ("request_timeout", self.request.request_timeout),
            ("ping_interval", self.connection.ping_interval),
            ("pong_timeout", self.connection.pong_timeout),
            ("write_timeout", self.connection.write_timeout),
            ("close_timeout", self.connection.close_timeout),
            ("shutdown_timeout", self.connection.shutdown_timeout),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_makes_no_sense_is_named() {
        assert!(Config::default().check().is_ok());
        let config = |set: fn(&mut Config)| {
            let mut config = Config::default();
            set(&mut config);
            config
        };
        let wrong = [
            ("max_batch", config(|it| it.connection.max_batch = 0)),
            (
                "max_connections",
                config(|it| it.connection.max_connections = usize::MAX),
            ),
            ("max_keys", config(|it| it.store.max_keys = 0)),
            (
                "key_retention",
                config(|it| it.store.key_retention = Duration::ZERO),
            ),
            (
                "max_header_bytes",
                config(|it| it.http.max_header_bytes = 100),
            ),
            (
                "ping_interval",
                config(|it| it.connection.ping_interval = Duration::MAX),
            ),
            (
                "write_timeout",
                config(|it| it.connection.write_timeout = Duration::ZERO),
            ),
            (
                "allowed_origins",
                config(|it| it.access.allowed_origins = vec!["app.example.com".to_owned()]),
            ),
        ];
        for (name, config) in wrong {
            let error = config.check().expect_err(name);
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
