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
    /// The number of connections open at once. Further ones are refused with 503. Default: 100,000.
    pub max_connections: usize,
    /// The number of connections open at once from one address. Further ones are refused with 503.
    ///
    /// An IPv6 network of 64 bits counts as one address. Connections from the machine itself are not
    /// counted, since a proxy there connects for everyone. Default: 1,000.
    pub max_connections_per_address: usize,
    /// How long running requests may take after a shutdown began; then they are cut. Default: 10 s.
    #[serde(deserialize_with = "duration::deserialize")]
    pub shutdown_timeout: Duration,
    /// The number of connections accepted per second, also the burst. Further ones are refused with
    /// 503. One address has at most a quarter of them, and all addresses that use more than a
    /// hundredth have half of them together. Default: 2,000.
    #[doc(hidden)]
    pub max_connection_rate: u32,
    /// How deep arrays and objects may nest in a message. Default: 64.
    #[doc(hidden)]
    pub max_depth: usize,
    /// The number of consecutive bad frames that close the connection with 1008. Default: 32.
    #[doc(hidden)]
    pub max_bad_frames: usize,
    /// The number of requests of one connection that run or wait at once. Default: 64.
    #[doc(hidden)]
    pub max_in_flight: usize,
    /// The number of lists, counts and subscriptions of one connection that are read at once. Default: 4.
    #[doc(hidden)]
    pub max_lists: usize,
    /// The number of requests of one connection that run before other connections get their turn.
    /// Default: 32.
    #[doc(hidden)]
    pub max_batch: usize,
    /// The bytes that may wait for a connection before no further request of it is read. Default:
    /// 1,048,576.
    #[doc(hidden)]
    pub max_outgoing: usize,
    /// The bytes read from a socket at once. An idle connection holds as many. Default: 4,096.
    #[doc(hidden)]
    pub read_capacity: usize,
    /// How often the server pings. Default: 25 s.
    #[doc(hidden)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub ping_interval: Duration,
    /// How long after a ping the server waits for any message of the peer. Default: 20 s.
    #[doc(hidden)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub pong_timeout: Duration,
    /// How long a peer may accept none of the bytes that wait for it. Default: 30 s.
    #[doc(hidden)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub write_timeout: Duration,
    /// How long the peer may take to answer a close. Default: 2 s.
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
