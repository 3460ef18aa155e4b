//! The configuration of a server: its limits and their defaults.

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

/// The limits of a server. Every queue, loop and wait is bounded by one of them.
///
/// A server does not open with limits that make no sense: a number is at least 1, a time more than
/// nothing and at most a year.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The largest message, in bytes. A larger one closes the connection with 1009. Default is 65,536.
    pub max_frame: usize,
    /// How deep arrays and objects may nest in a message. Default is 64.
    pub max_depth: usize,
    /// How many bad frames in a row close the connection with 1008. Default is 32.
    pub max_bad_frames: usize,
    /// How many requests of one connection run or wait at once. Default is 64.
    pub max_in_flight: usize,
    /// How many lists of one connection are read at once. Default is 4.
    pub max_lists: usize,
    /// How many requests of one connection run before others get their turn. Default is 32.
    pub max_batch: usize,
    /// How many bytes may wait for a connection before no further request of it is read. Default is 1,048,576.
    pub max_outgoing: usize,
    /// The largest reply, in bytes. Default is 1,048,576.
    pub max_reply: usize,
    /// How many records a list has where the request does not say. Default is 100.
    pub default_page: usize,
    /// How many records a list may ask for. Default is 1,000.
    pub max_page: usize,
    /// How many records a store may look at to answer one query, be they in the answer or not. It
    /// bounds what a list costs that sorts or asks by a property without an index. Beyond it the
    /// query is refused with `too_many`: its answer would not be whole. It holds for the queries of
    /// the application's own code as well. Default is 1,000,000.
    pub max_visited: usize,
    /// How many records go or change with one that is destroyed, itself included. Default is 10,000.
    pub max_cascade: usize,
    /// After how many commits at once `#[after]` hooks run; further commits that have some wait.
    /// Default is 1,024.
    pub max_afterwards: usize,
    /// How many subscriptions a connection has at once. Default is 128.
    pub max_subscriptions: usize,
    /// How many records a subscription may begin with. Default is 10,000.
    pub max_subscription_records: usize,
    /// How many bytes the records take that a subscription begins with. Default is 8 MiB.
    pub max_snapshot: usize,
    /// How many different conditions of subscriptions to one resource are tried on each of its
    /// changes: those that ask for no value of a property, by which they would be found. Default is 1,000.
    pub max_scanned_groups: usize,
    /// How many commits a subscription that has fallen behind is told of one by one; more are told
    /// as one. Default is 256.
    pub fold_after: usize,
    /// How many commits are read from the log for a subscription that has missed them; one that has
    /// missed more begins anew. Default is 100,000.
    pub max_replayed: usize,
    /// How many bytes of the newest commits are at hand for subscriptions that have fallen behind.
    /// Default is 16 MiB.
    pub ring_capacity: usize,
    /// How many bytes may wait for a connection before events of its subscriptions are held back.
    /// Default is 65,536.
    pub max_unsent_events: usize,
    /// Whose pages may connect beside those of the server's own host, such as
    /// `https://app.example.com`. Default is none.
    pub allowed_origins: Vec<String>,
    /// Whether those too are told the description of all that is served who are nobody, on a server
    /// that asks who they are. Default is no.
    pub public_schema: bool,
    /// Whether the explorer is at `/`: a page on which to look at records, to do what can be done with
    /// them, and to send frames. It shows no more than its reader may see. Default is yes in builds for
    /// development, which have debug assertions, and no in release builds.
    pub explorer: bool,
    /// Whether the routes are served over HTTP as well, below `/api`. Default is yes.
    pub http_api: bool,
    /// How many connections are open at once; further ones are refused with 503. Default is 100,000.
    pub max_connections: usize,
    /// How many connections are open at once from one address; further ones are refused with 503. Of
    /// IPv6 a network of 64 bits is one address; the machine itself is not counted, since a proxy
    /// there speaks for everyone. Default is 1,000.
    pub max_connections_per_address: usize,
    /// How many connections are accepted a second; further ones are refused with 503. As many may
    /// come at once. Default is 2,000.
    pub max_connection_rate: u32,
    /// How many requests a second one caller may make, on all its connections: a list, a count, a
    /// subscription and a remote method count as 5 of them, and as one more for every 100 records that
    /// are looked at for it, a `commit` as all its writes. Callers
    /// without an identity are known by their address, and at the machine itself by their connection.
    /// Default is 10,000.
    pub max_request_rate: u32,
    /// How many of them may come at once, after a while without any. Default is 20,000.
    pub request_burst: u32,
    /// How many requests in a row that come too soon close the connection with 1008. Default is 1,000.
    pub max_rate_limited: usize,
    /// How many bytes the head of an HTTP request may have, at least 8,192. Default is 16,384.
    pub max_header_bytes: usize,
    /// How many header lines an HTTP request may have. Default is 64.
    pub max_headers: usize,
    /// How many bytes of the log are kept in memory, with the records in it. Default is 64 MiB.
    pub log_capacity: usize,
    /// How many bytes of the log a store in a file keeps there. Default is 1 GiB.
    pub stored_log_capacity: usize,
    /// For how long a store in a file keeps its log, and with it what was changed or destroyed. What is
    /// older goes with the commits that follow. Default is 24 h.
    pub log_retention: Duration,
    /// For how long a request that took effect is remembered by its `key`; one whose key is older
    /// and unknown is refused. Default is 24 h.
    pub key_retention: Duration,
    /// How many requests of one caller are remembered by their `key`, the newest. Callers without
    /// an identity count as one. Default is 10,000.
    pub max_keys_per_caller: usize,
    /// How many requests of all callers are remembered by their `key`, the newest. Default is 1,000,000.
    pub max_keys: usize,
    /// How many bytes the requests take that are remembered by their `key`, with what was answered.
    /// Default is 64 MiB.
    pub key_capacity: usize,
    /// How many bytes are read from a socket at once; an idle connection holds as many. Default is 4,096.
    pub read_capacity: usize,
    /// How long the head of an HTTP request may take to arrive. Default is 10 s.
    pub handshake_timeout: Duration,
    /// How long a request may take. Default is 30 s.
    pub request_timeout: Duration,
    /// How often the server pings. Default is 25 s.
    pub ping_interval: Duration,
    /// How long after a ping something must have come. Default is 20 s.
    pub pong_timeout: Duration,
    /// How long a peer may take nothing of what waits for it. Default is 30 s.
    pub write_timeout: Duration,
    /// How long the peer may take to answer a close. Default is 2 s.
    pub close_timeout: Duration,
    /// How long requests may go on after a shutdown began. Default is 10 s.
    pub shutdown_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_frame: 64 * 1024,
            max_depth: 64,
            max_bad_frames: 32,
            max_in_flight: 64,
            max_lists: 4,
            max_batch: 32,
            max_outgoing: 1024 * 1024,
            max_reply: 1024 * 1024,
            default_page: 100,
            max_page: 1_000,
            max_visited: 1_000_000,
            max_cascade: 10_000,
            max_afterwards: 1_024,
            max_subscriptions: 128,
            max_subscription_records: 10_000,
            max_snapshot: 8 * 1024 * 1024,
            max_scanned_groups: 1_000,
            fold_after: 256,
            max_replayed: 100_000,
            ring_capacity: 16 * 1024 * 1024,
            max_unsent_events: 64 * 1024,
            allowed_origins: Vec::new(),
            public_schema: false,
            explorer: cfg!(debug_assertions),
            http_api: true,
            max_connections: 100_000,
            max_connections_per_address: 1_000,
            max_connection_rate: 2_000,
            max_request_rate: 10_000,
            request_burst: 20_000,
            max_rate_limited: 1_000,
            max_header_bytes: 16 * 1024,
            max_headers: 64,
            log_capacity: 64 * 1024 * 1024,
            stored_log_capacity: 1024 * 1024 * 1024,
            log_retention: Duration::from_secs(24 * 60 * 60),
            key_retention: Duration::from_secs(24 * 60 * 60),
            max_keys_per_caller: 10_000,
            max_keys: 1_000_000,
            key_capacity: 64 * 1024 * 1024,
            read_capacity: 4 * 1024,
            handshake_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            ping_interval: Duration::from_secs(25),
            pong_timeout: Duration::from_secs(20),
            write_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(2),
            shutdown_timeout: Duration::from_secs(10),
        }
    }
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
            ("max_connections", self.max_connections),
            ("max_afterwards", self.max_afterwards),
        ];
        for (name, number) in permits {
            let most = Semaphore::MAX_PERMITS.min(u32::MAX as usize);
            if number > most {
                return refuse(format!("the setting `{name}` is over {most}"));
            }
        }
        if self.max_header_bytes < LEAST_HEADER_BYTES {
            return refuse(format!(
                "the setting `max_header_bytes` is below {LEAST_HEADER_BYTES}"
            ));
        }
        let mut origins = self.allowed_origins.iter();
        match origins.find(|text| WebOrigin::parse(text).is_none()) {
            Some(text) => refuse(format!(
                "`{text}` in the setting `allowed_origins` is no origin; write one such as `https://app.example.com`"
            )),
            None => Ok(()),
        }
    }

    fn numbers(&self) -> [(&'static str, usize); 30] {
        [
            ("max_frame", self.max_frame),
            ("max_depth", self.max_depth),
            ("max_bad_frames", self.max_bad_frames),
            ("max_in_flight", self.max_in_flight),
            ("max_lists", self.max_lists),
            ("max_batch", self.max_batch),
            ("max_outgoing", self.max_outgoing),
            ("max_reply", self.max_reply),
            ("default_page", self.default_page),
            ("max_page", self.max_page),
            ("max_cascade", self.max_cascade),
            ("max_afterwards", self.max_afterwards),
            ("max_subscriptions", self.max_subscriptions),
            ("max_subscription_records", self.max_subscription_records),
            ("max_snapshot", self.max_snapshot),
            ("max_scanned_groups", self.max_scanned_groups),
            ("fold_after", self.fold_after),
            ("ring_capacity", self.ring_capacity),
            ("max_unsent_events", self.max_unsent_events),
            ("max_connections", self.max_connections),
            (
                "max_connections_per_address",
                self.max_connections_per_address,
            ),
            ("max_connection_rate", self.max_connection_rate as usize),
            ("max_request_rate", self.max_request_rate as usize),
            ("request_burst", self.request_burst as usize),
            ("max_rate_limited", self.max_rate_limited),
            ("max_headers", self.max_headers),
            ("max_keys_per_caller", self.max_keys_per_caller),
            ("max_keys", self.max_keys),
            ("key_capacity", self.key_capacity),
            ("read_capacity", self.read_capacity),
        ]
    }

    fn times(&self) -> [(&'static str, Duration); 9] {
        [
            ("log_retention", self.log_retention),
            ("key_retention", self.key_retention),
            ("handshake_timeout", self.handshake_timeout),
            ("request_timeout", self.request_timeout),
            ("ping_interval", self.ping_interval),
            ("pong_timeout", self.pong_timeout),
            ("write_timeout", self.write_timeout),
            ("close_timeout", self.close_timeout),
            ("shutdown_timeout", self.shutdown_timeout),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_makes_no_sense_is_named() {
        assert!(Config::default().check().is_ok());
        let usual = Config::default;
        let origins = vec!["app.example.com".to_owned()];
        #[rustfmt::skip]
        let wrong = [
            ("max_batch", Config { max_batch: 0, ..usual() }),
            ("max_connections", Config { max_connections: usize::MAX, ..usual() }),
            ("max_keys", Config { max_keys: 0, ..usual() }),
            ("key_retention", Config { key_retention: Duration::ZERO, ..usual() }),
            ("max_header_bytes", Config { max_header_bytes: 100, ..usual() }),
            ("ping_interval", Config { ping_interval: Duration::MAX, ..usual() }),
            ("write_timeout", Config { write_timeout: Duration::ZERO, ..usual() }),
            ("allowed_origins", Config { allowed_origins: origins, ..usual() }),
        ];
        for (name, config) in wrong {
            let error = config.check().expect_err(name);
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
