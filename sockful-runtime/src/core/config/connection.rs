//! Limits of connections, and of the messages and requests of one connection.

use super::check::{check_counts, check_durations, check_permits};
use super::duration;
use crate::core::error::Result;
use serde::Deserialize;
use std::time::Duration;

/// Limits of connections, and of the messages and requests of one connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ConnectionConfig {
    /// The largest message, in bytes. A larger one closes the connection with 1009. Default: 65,536.
    pub max_frame: usize,
    /// The maximum number of open connections. Further ones are rejected with 503. Default: 100,000.
    pub max_connections: usize,
    /// The maximum number of open connections from one address. Further ones are rejected with 503.
    ///
    /// An IPv6 network of 64 bits counts as one address. Connections from the machine itself are not
    /// counted, since a local proxy connects for all its clients. Default: 1,000.
    pub max_connections_per_address: usize,
    /// How long running requests may take after a shutdown has begun before they are aborted. Default:
    /// 10 s.
    #[serde(deserialize_with = "duration::deserialize")]
    pub shutdown_timeout: Duration,
    /// The number of connections accepted per second, also the burst. Further ones are rejected with
    /// 503. One address has at most a quarter of them, and all addresses that use more than a hundredth
    /// share half of them. Default: 2,000.
    #[doc(hidden)]
    pub max_connection_rate: u32,
    /// The maximum nesting of arrays and objects in a message. Default: 64.
    #[doc(hidden)]
    pub max_depth: usize,
    /// The number of consecutive bad frames after which the connection is closed with 1008. Default:
    /// 32.
    #[doc(hidden)]
    pub max_bad_frames: usize,
    /// The maximum number of running and waiting requests of one connection. Default: 64.
    #[doc(hidden)]
    pub max_in_flight: usize,
    /// The maximum number of concurrent lists, counts and initial reads of subscriptions of one
    /// connection. Default: 4.
    #[doc(hidden)]
    pub max_lists: usize,
    /// The number of requests of one connection that run before other connections are polled. Default:
    /// 32.
    #[doc(hidden)]
    pub max_batch: usize,
    /// The number of unsent bytes of a connection above which no further requests are read from it.
    /// Default: 1,048,576.
    #[doc(hidden)]
    pub max_outgoing: usize,
    /// The size of a read from a socket in bytes, which is also the buffer of an idle connection.
    /// Default: 4,096.
    #[doc(hidden)]
    pub read_capacity: usize,
    /// The interval of the server's pings. Default: 25 s.
    #[doc(hidden)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub ping_interval: Duration,
    /// How long the server waits for any message of the peer after a ping. Default: 20 s.
    #[doc(hidden)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub pong_timeout: Duration,
    /// How long a peer may accept none of its unsent bytes. Default: 30 s.
    #[doc(hidden)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub write_timeout: Duration,
    /// How long the peer may take to answer a close frame. Default: 2 s.
    #[doc(hidden)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub close_timeout: Duration,
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self {
            max_frame: 64 * 1024,
            max_connections: 100_000,
            max_connections_per_address: 1_000,
            shutdown_timeout: Duration::from_secs(10),
            max_connection_rate: 2_000,
            max_depth: 64,
            max_bad_frames: 32,
            max_in_flight: 64,
            max_lists: 4,
            max_batch: 32,
            max_outgoing: 1024 * 1024,
            read_capacity: 4 * 1024,
            ping_interval: Duration::from_secs(25),
            pong_timeout: Duration::from_secs(20),
            write_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(2),
        }
    }
}

impl ConnectionConfig {
    /// Checks the range of each setting.
    pub(super) fn check(&self) -> Result<()> {
        check_counts(&[
            ("connection.max_frame", self.max_frame),
            ("connection.max_connections", self.max_connections),
            (
                "connection.max_connections_per_address",
                self.max_connections_per_address,
            ),
            (
                "connection.max_connection_rate",
                self.max_connection_rate as usize,
            ),
            ("connection.max_depth", self.max_depth),
            ("connection.max_bad_frames", self.max_bad_frames),
            ("connection.max_in_flight", self.max_in_flight),
            ("connection.max_lists", self.max_lists),
            ("connection.max_batch", self.max_batch),
            ("connection.max_outgoing", self.max_outgoing),
            ("connection.read_capacity", self.read_capacity),
        ])?;
        check_permits(&[("connection.max_connections", self.max_connections)])?;
        check_durations(&[
            ("connection.shutdown_timeout", self.shutdown_timeout),
            ("connection.ping_interval", self.ping_interval),
            ("connection.pong_timeout", self.pong_timeout),
            ("connection.write_timeout", self.write_timeout),
            ("connection.close_timeout", self.close_timeout),
        ])
    }
}
