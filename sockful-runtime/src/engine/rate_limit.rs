//! Rate limiting: token buckets, one for each authenticated caller and one for each address of
//! others.

use crate::core::config::Config;
use crate::core::error::{Error, ErrorKind};
use crate::store::scan::ScanOwner;
use crate::store::scan::visits::ScanWork;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How many buckets are kept before unused ones are evicted.
const FEW: usize = 1_024;

/// How many scans of one caller may run or wait at the same time, over all its connections.
const MAX_SCANS: usize = 4;
/// How many bytes a scan parses and compares per token.
const BYTES: u64 = 64 * 1024;
/// The equivalent in bytes of one record that a scan reads: a hundred records cost one token.
const RECORD: u64 = BYTES.div_ceil(100);

/// The buckets of all callers.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    rate: u32,
    burst: u32,
    shared: Mutex<NamedBuckets>,
}

#[derive(Debug)]
struct NamedBuckets {
    buckets: HashMap<BucketName, Arc<Bucket>>,
    /// The number of buckets at which the full ones are evicted.
    sweep_at: usize,
}

/// The owner of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum BucketName {
    Key(Arc<str>),
    Address(IpAddr),
}

/// A token bucket: it refills over time, and each request takes tokens.
///
/// Its state is one number, the time at which it will be full. Each token that is taken postpones
/// that by the time in which one token is added, at most to the time in which all of them are
/// added.
#[derive(Debug)]
pub(crate) struct Bucket {
    since: Instant,
    /// When it is full, in nanoseconds since `since`.
    full_at: AtomicU64,
    /// The time in which one token is added, and that for all of them, in nanoseconds.
    one: u64,
    all: u64,
    /// One permit for each scan that may run at the same time.
    scans: Arc<Semaphore>,
    /// The work of scans that does not add up to a token yet, in bytes.
    partial: AtomicU64,
    /// Whether it belongs to one connection from the machine itself, which may open any number of them.
    is_of_connection: bool,
}

impl RateLimiter {
    pub(crate) fn new(config: &Config) -> Self {
        Self::of_rate(
            config.request.max_request_rate,
            config.request.request_burst,
        )
    }

    /// Buckets that refill with `rate` tokens per second up to `burst`.
    pub(crate) fn of_rate(rate: u32, burst: u32) -> Self {
        Self {
            rate,
            burst,
            shared: Mutex::new(NamedBuckets {
                buckets: HashMap::new(),
                sweep_at: FEW,
            }),
        }
    }

    /// The bucket of the caller with this key, over all its connections.
    pub(crate) fn of_key(&self, key: &Arc<str>) -> Arc<Bucket> {
        self.shared(BucketName::Key(key.clone()))
    }

    /// The bucket of the unauthenticated clients at an address, over all their connections.
    /// Loopback addresses do not share one, because a proxy may connect from there for many
    /// clients.
    pub(crate) fn of_address(&self, address: Option<IpAddr>) -> Arc<Bucket> {
        match address.and_then(origin) {
            Some(address) => self.shared(BucketName::Address(address)),
            None => Arc::new(Bucket {
                is_of_connection: true,
                ..self.bucket()
            }),
        }
    }

    /// The error for a request that is too early by `wait`.
    pub(crate) fn refusal(&self, wait: Duration) -> Error {
        let message = format!(
            "the rate limit `max_request_rate` of {} requests per second is exceeded",
            self.rate
        );
        let error = Error::new(ErrorKind::RateLimited, message);
        error
            .with_limit("max_request_rate", self.rate as usize)
            .with_retry_after(wait)
    }

    fn shared(&self, name: BucketName) -> Arc<Bucket> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = shared.buckets.get(&name) {
            return bucket.clone();
        }
        if shared.buckets.len() >= shared.sweep_at {
            // A full bucket without other owners is equivalent to a new one.
            let is_of_use =
                |bucket: &Arc<Bucket>| Arc::strong_count(bucket) > 1 || !bucket.is_full();
            shared.buckets.retain(|_, bucket| is_of_use(bucket));
            shared.sweep_at = FEW.max(2 * shared.buckets.len());
        }
        let bucket = Arc::new(self.bucket());
        shared.buckets.insert(name, bucket.clone());
        bucket
    }

    fn bucket(&self) -> Bucket {
        Bucket::new(self.rate, self.burst)
    }
}

impl Bucket {
    /// A full bucket that refills with `rate` tokens per second up to `burst`.
    pub(crate) fn new(rate: u32, burst: u32) -> Self {
        let one = 1_000_000_000 / u64::from(rate.max(1));
        Self {
            since: Instant::now(),
            full_at: AtomicU64::new(0),
            one,
            all: one * u64::from(burst.max(1)),
            scans: Arc::new(Semaphore::new(MAX_SCANS)),
            partial: AtomicU64::new(0),
            is_of_connection: false,
        }
    }

    /// Takes tokens, or returns how long it takes until there are enough. A cost above the capacity
    /// is reduced to the capacity.
    pub(crate) fn take(&self, tokens: u32) -> Result<(), Duration> {
        let cost = self.all.min(self.one * u64::from(tokens));
        let now = self.now();
        let latest = now + self.all;
        let put_off = |full_at: u64| {
            let full_at = full_at.max(now) + cost;
            (full_at <= latest).then_some(full_at)
        };
        let taken = self.full_at.fetch_update(Relaxed, Relaxed, put_off);
        taken.map(drop).map_err(|full_at| {
            // It would have been full later than now, otherwise there would have been enough
            // tokens.
            Duration::from_nanos(full_at + cost - latest)
        })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX / 2)
    }

    /// Whether all tokens are available.
    fn is_full(&self) -> bool {
        self.full_at.load(Relaxed) <= self.now()
    }
}

impl ScanOwner for Bucket {
    /// Takes tokens for work that is already done, at most the capacity. Missing tokens are owed.
    fn charge(&self, work: ScanWork) {
        let bytes = (work.records as u64)
            .saturating_mul(RECORD)
            .saturating_add(work.bytes as u64);
        let add = |partial: u64| Some(partial.saturating_add(bytes) % BYTES);
        // The closure always returns `Some`, so both results are the previous value.
        let partial = self.partial.fetch_update(Relaxed, Relaxed, add);
        let tokens = partial.unwrap_or_else(|same| same).saturating_add(bytes) / BYTES;
        let cost = self.all.min(self.one.saturating_mul(tokens));
        if cost == 0 {
            // A request that reads the clock a moment earlier must not wait for nothing.
            return;
        }
        let now = self.now();
        let put_off = |full_at: u64| Some(full_at.max(now).saturating_add(cost));
        let _ = self.full_at.fetch_update(Relaxed, Relaxed, put_off);
    }

    fn permits(&self) -> Arc<Semaphore> {
        Arc::clone(&self.scans)
    }

    fn is_one_of_many(&self) -> bool {
        self.is_of_connection
    }
}

/// The unit for limits by address: an IPv4 address, or the /64 network of an IPv6 address. `None`
/// for loopback.
pub(crate) fn origin(address: IpAddr) -> Option<IpAddr> {
    let address = address.to_canonical();
    if address.is_loopback() {
        return None;
    }
    Some(match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn rates(rate: u32, burst: u32) -> RateLimiter {
        let mut config = Config::default();
        config.request.max_request_rate = rate;
        config.request.request_burst = burst;
        RateLimiter::new(&config)
    }

    #[tokio::test(start_paused = true)]
    async fn bucket_allows_burst_then_refills_at_rate() {
        let rates = rates(10, 25);
        let bucket = rates.of_address(None);
        assert!((0..25).all(|_| bucket.take(1).is_ok()));
        let wait = bucket.take(1).expect_err("it is empty");
        assert_eq!(wait.as_millis().div_ceil(10), 10, "{wait:?}");
        advance(wait).await;
        assert!(bucket.take(1).is_ok());
        assert!(bucket.take(1).is_err());
        advance(Duration::from_millis(500)).await;
        assert!(bucket.take(5).is_ok());
        assert!(bucket.take(1).is_err());
        // A cost above the capacity waits for a full bucket.
        advance(Duration::from_secs(3)).await;
        assert!(bucket.take(1_000).is_ok());
        assert!(bucket.take(1).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn deferred_charges_delay_the_next_take() {
        let rates = rates(10, 20);
        let bucket = rates.of_address(None);
        let charge = |records, bytes| bucket.charge(ScanWork { records, bytes });
        charge(3_000, 0);
        charge(500, 10 * 64 * 1024);
        let wait = bucket.take(1).expect_err("16 are missing");
        assert_eq!(wait.as_millis().div_ceil(10), 160, "{wait:?}");
        advance(wait).await;
        assert!(bucket.take(1).is_ok());
    }

    #[test]
    fn charge_at_the_highest_rate_costs_nothing() {
        let bucket = rates(u32::MAX, u32::MAX).of_address(None);
        bucket.charge(ScanWork {
            records: 1_000_000,
            bytes: 0,
        });
        assert_eq!(bucket.full_at.load(Relaxed), 0);
        assert!(bucket.take(1).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn buckets_are_shared_per_caller_and_address() {
        let rates = rates(1, 1);
        let key: Arc<str> = "bob".into();
        assert!(Arc::ptr_eq(
            &rates.of_key(&key),
            &rates.of_key(&"bob".into())
        ));
        assert!(!Arc::ptr_eq(
            &rates.of_key(&key),
            &rates.of_key(&"eve".into())
        ));
        let of = |text: &str| rates.of_address(text.parse().ok());
        let same = |one: &str, other: &str| Arc::ptr_eq(&of(one), &of(other));
        assert!(same("203.0.113.7", "203.0.113.7"));
        assert!(same("203.0.113.7", "::ffff:203.0.113.7"));
        assert!(same("2001:db8:1:2::3", "2001:db8:1:2:ffff::4"));
        assert!(!same("2001:db8:1:2::3", "2001:db8:1:3::3"));
        assert!(!same("203.0.113.7", "203.0.113.8"));
        assert!(!same("127.0.0.1", "127.0.0.1"));
        assert!(!same("::1", "::1"));
        // Only what has a bucket for each connection can be any number of callers.
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "unknown"] {
            assert!(of(address).is_one_of_many(), "{address}");
        }
        assert!(!of("203.0.113.7").is_one_of_many());
        assert!(!rates.of_key(&key).is_one_of_many());
    }

    #[tokio::test(start_paused = true)]
    async fn unused_full_buckets_are_evicted() {
        let rates = rates(1, 2);
        let emptied: Arc<str> = "emptied".into();
        rates.of_key(&emptied).take(2).expect("it is full");
        let held = rates.of_key(&"held".into());
        let kept = || rates.shared.lock().expect("no panic").buckets.len();
        for nth in 0..5 * FEW {
            let key: Arc<str> = nth.to_string().into();
            rates.of_key(&key);
        }
        assert!(kept() <= 2 * FEW, "{}", kept());
        assert!(rates.of_key(&emptied).take(1).is_err());
        assert!(Arc::ptr_eq(&held, &rates.of_key(&"held".into())));
    }
}
