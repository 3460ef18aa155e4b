//! Limits on connections: how many are open, in total and per address, and how many arrive per
//! second.

use crate::core::config::Config;
use crate::engine::rate_limit::{Bucket, RateLimiter, origin};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How many refused connections are sent a response at the same time. Further ones are dropped
/// without a response.
const MAX_REFUSALS: usize = 256;

/// How many of them come from one address at most.
const MAX_REFUSALS_PER_ADDRESS: usize = 16;

/// How many of them come from the machine itself at most, where a proxy connects on behalf of many
/// clients.
const MAX_LOCAL_REFUSALS: usize = MAX_REFUSALS / 2;

/// The time limit for sending that response.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// Admits connections up to the configured limits.
#[derive(Debug)]
pub(crate) struct ConnectionLimits {
    all: Arc<Semaphore>,
    by_address: Arc<Addresses>,
    max_by_address: usize,
    arrivals: Arrivals,
    refusals: RefusalLimits,
}

/// The refused connections that are being sent a response.
#[derive(Debug)]
struct RefusalLimits {
    all: Arc<Semaphore>,
    by_address: Arc<Addresses>,
}

/// Limits on the rate of new connections.
///
/// One address may use at most a quarter of the rate. The addresses that each use more than a
/// hundredth of it share one half, so that the other half remains for all other addresses.
#[derive(Debug)]
struct Arrivals {
    all: Bucket,
    busy: Bucket,
    by_address: RateLimiter,
    few_by_address: RateLimiter,
}

/// The connections from each address, `None` for the machine itself.
#[derive(Debug, Default)]
struct Addresses(Mutex<HashMap<Option<IpAddr>, usize>>);

/// A connection that counts for its address.
#[derive(Debug)]
struct CountedConnection {
    addresses: Arc<Addresses>,
    address: Option<IpAddr>,
}

/// An admitted connection, or a refused one that is sent a response. Dropping the permit releases its
/// place.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    _permit: OwnedSemaphorePermit,
    _from: Option<CountedConnection>,
}

impl ConnectionLimits {
    pub(crate) fn new(config: &Config) -> Self {
        let rate = config.connection.max_connection_rate;
        Self {
            all: Arc::new(Semaphore::new(config.connection.max_connections)),
            by_address: Arc::default(),
            max_by_address: config.connection.max_connections_per_address,
            arrivals: Arrivals::new(rate),
            refusals: RefusalLimits::new(),
        }
    }

    /// Admits a connection from an address, which is not always known.
    ///
    /// # Errors
    ///
    /// The name of the setting whose limit the connection would exceed.
    pub(crate) fn admit(&self, address: Option<IpAddr>) -> Result<ConnectionPermit, &'static str> {
        let address = address.and_then(origin);
        // A connection over the limit of its own address does not count against the shared limits.
        let mut from = None;
        if address.is_some() {
            let entered = Addresses::enter(&self.by_address, address, self.max_by_address);
            from = Some(entered.ok_or("max_connections_per_address")?);
        }
        if !self.arrivals.take(address) {
            return Err("max_connection_rate");
        }
        let permit = self.all.clone().try_acquire_owned();
        Ok(ConnectionPermit {
            _permit: permit.map_err(|_| "max_connections")?,
            _from: from,
        })
    }

    /// Sends a refused connection a 503 response, in a separate task.
    pub(crate) fn refuse(&self, mut stream: TcpStream, address: IpAddr, setting: &'static str) {
        let Some(permit) = self.refusals.enter(address) else {
            return;
        };
        tokio::spawn(async move {
            let text = full(setting) + "\n";
            let answer = format!(
                "HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\n\
                 content-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\r\n{text}",
                text.len()
            );
            let respond = async {
                stream.write_all(answer.as_bytes()).await?;
                stream.shutdown().await?;
                // Closing with unread input would reset the connection, and the response would be
                // lost.
                let mut discarded = [0; 1024];
                while stream.read(&mut discarded).await? > 0 {}
                std::io::Result::Ok(())
            };
            let _ = timeout(REFUSAL_TIMEOUT, respond).await;
            drop(permit);
        });
    }
}

/// The error of a connection that would exceed a setting.
pub(crate) fn full(setting: &str) -> String {
    format!("the connection limit `{setting}` is reached")
}

impl RefusalLimits {
    fn new() -> Self {
        Self {
            all: Arc::new(Semaphore::new(MAX_REFUSALS)),
            by_address: Arc::default(),
        }
    }

    /// Counts another connection from an address, if it may be sent a response.
    fn enter(&self, address: IpAddr) -> Option<ConnectionPermit> {
        let address = origin(address);
        let max = match address {
            Some(_) => MAX_REFUSALS_PER_ADDRESS,
            None => MAX_LOCAL_REFUSALS,
        };
        Some(ConnectionPermit {
            _from: Some(Addresses::enter(&self.by_address, address, max)?),
            _permit: self.all.clone().try_acquire_owned().ok()?,
        })
    }
}

impl Arrivals {
    fn new(rate: u32) -> Self {
        let share = |parts: u32| (rate / parts).max(1);
        let by_address = |rate: u32| RateLimiter::of_rate(rate, rate);
        Self {
            all: Bucket::new(rate, rate),
            busy: Bucket::new(share(2), share(2)),
            by_address: by_address(share(4)),
            few_by_address: by_address(share(100)),
        }
    }

    /// Whether another connection may arrive from an address. `None` is a loopback address, from
    /// which a proxy may connect for many clients.
    fn take(&self, address: Option<IpAddr>) -> bool {
        if address.is_some() {
            let by_address = |limits: &RateLimiter| limits.of_address(address).take(1).is_ok();
            let is_within = by_address(&self.by_address)
                && (by_address(&self.few_by_address) || self.busy.take(1).is_ok());
            if !is_within {
                return false;
            }
        }
        self.all.take(1).is_ok()
    }
}

impl Addresses {
    /// Counts another connection from an address unless it has `max` already.
    fn enter(
        addresses: &Arc<Self>,
        address: Option<IpAddr>,
        max: usize,
    ) -> Option<CountedConnection> {
        let mut counts = addresses.counts();
        let count = counts.entry(address).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(CountedConnection {
            addresses: Arc::clone(addresses),
            address,
        })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Option<IpAddr>, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for CountedConnection {
    fn drop(&mut self) {
        let mut counts = self.addresses.counts();
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(max: usize, by_address: usize, rate: u32) -> ConnectionLimits {
        let mut config = Config::default();
        config.connection.max_connections = max;
        config.connection.max_connections_per_address = by_address;
        config.connection.max_connection_rate = rate;
        ConnectionLimits::new(&config)
    }

    fn at(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[tokio::test(start_paused = true)]
    async fn address_limit_does_not_apply_to_loopback() {
        let limits = limits(10, 2, 1_000);
        let (one, other) = (at("203.0.113.7"), at("203.0.113.8"));
        let entered: Vec<_> = (0..2)
            .map(|_| limits.admit(Some(one)).expect("there is room"))
            .collect();
        let refused = limits.admit(Some(one)).map(drop);
        assert_eq!(refused, Err("max_connections_per_address"));
        let elsewhere = limits.admit(Some(other)).expect("another address");
        drop(entered);
        let again: Vec<_> = (0..2)
            .map(|_| limits.admit(Some(one)).expect("they left"))
            .collect();
        let own: Vec<_> = (0..7).map(|_| limits.admit(Some(at("::1")))).collect();
        assert!(own.iter().all(Result::is_ok));
        let refused = limits.admit(Some(at("127.0.0.1"))).map(drop);
        assert_eq!(refused, Err("max_connections"));
        drop((again, own));
        assert!(limits.admit(Some(one)).is_ok());
        drop(elsewhere);
        assert!(limits.by_address.counts().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn connection_rate_is_limited_per_second() {
        let limits = limits(1_000, 1_000, 10);
        let connect = |times: usize| {
            (0..times)
                .filter(|_| limits.admit(Some(at("::1"))).is_ok())
                .count()
        };
        assert_eq!(connect(50), 10);
        tokio::time::advance(Duration::from_millis(300)).await;
        assert_eq!(connect(50), 3);
        assert_eq!(
            limits.admit(Some(at("::1"))).map(drop),
            Err("max_connection_rate")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn address_that_connects_often_leaves_room_for_others() {
        let limits = limits(1_000_000, 1_000_000, 2_000);
        let busy: Vec<_> = (0..8).map(|n| at(&format!("203.0.113.{n}"))).collect();
        let mut entered = [0, 0];
        for _ in 0..2_000 {
            tokio::time::advance(Duration::from_millis(1)).await;
            // Each address connects 3,000 times a second; later, 200 other addresses connect once.
            for (nth, address) in busy.iter().enumerate() {
                for _ in 0..3 {
                    let is_in = limits.admit(Some(*address)).is_ok();
                    entered[usize::from(nth > 0)] += usize::from(is_in);
                }
            }
        }
        for n in 0..200 {
            let other = at(&format!("198.51.100.{n}"));
            assert!(limits.admit(Some(other)).is_ok(), "{n}");
        }
        let all = entered[0] + entered[1];
        assert!((2_000..=3_500).contains(&all), "{all}");
        assert!(entered[0] <= 1_500, "{entered:?}");
    }

    #[test]
    fn address_has_a_share_of_the_refusals() {
        let refusals = RefusalLimits::new();
        let enter = |address: &str, times: usize| -> Vec<_> {
            (0..times)
                .filter_map(|_| refusals.enter(at(address)))
                .collect()
        };
        let one = enter("203.0.113.7", 300);
        assert_eq!(one.len(), MAX_REFUSALS_PER_ADDRESS);
        // An address is not counted by how it is written, nor by the last half of it.
        assert!(enter("::ffff:203.0.113.7", 1).is_empty());
        let network = [enter("2001:db8::1", 300), enter("2001:db8::2", 300)];
        assert_eq!(
            (network[0].len(), network[1].len()),
            (MAX_REFUSALS_PER_ADDRESS, 0)
        );
        let local = [enter("127.0.0.1", 300), enter("::1", 300)];
        assert_eq!((local[0].len(), local[1].len()), (MAX_LOCAL_REFUSALS, 0));
        let others = (0..).map(|n| enter(&format!("198.51.100.{n}"), 300));
        let others: Vec<_> = others.take_while(|permits| !permits.is_empty()).collect();
        assert_eq!(
            others.len(),
            (MAX_REFUSALS / 2) / MAX_REFUSALS_PER_ADDRESS - 2
        );
        drop((one, network, local, others));
        assert!(refusals.by_address.counts().is_empty());
        assert_eq!(refusals.all.available_permits(), MAX_REFUSALS);
    }
}
