//! Limits of connections, and of the messages and requests of one connection.

use std::time::Duration;

/// Limits of connections, and of the messages and requests of one connection.
#[derive(Clone, Debug)]
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
    pub shutdown_timeout: Duration,
    /// The number of connections accepted per second, also the burst. Further ones are refused with
    /// 503. Default: 2,000.
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
    /// The number of lists of one connection that are read at once. Default: 4.
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
    pub ping_interval: Duration,
    /// How long after a ping the server waits for any message of the peer. Default: 20 s.
    #[doc(hidden)]
    pub pong_timeout: Duration,
    /// How long a peer may accept none of the bytes that wait for it. Default: 30 s.
    #[doc(hidden)]
    pub write_timeout: Duration,
    /// How long the peer may take to answer a close. Default: 2 s.
    #[doc(hidden)]
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
