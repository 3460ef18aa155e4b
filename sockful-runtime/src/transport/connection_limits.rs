//! Who is let in: how many connections there may be, in all and from one address, and how many may
//! come a second.

use crate::core::config::Config;
use crate::engine::rate_limit::{Bucket, origin};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How many are told at once why they are not let in; further ones are let go without a word.
const MAX_TOLD: usize = 256;

/// How long that may take.
const TELLING: Duration = Duration::from_secs(1);

/// Lets connections in, or tells them why not.
#[derive(Debug)]
pub(crate) struct ConnectionLimits {
    all: Arc<Semaphore>,
    by_address: Arc<Addresses>,
    most_by_address: usize,
    arrivals: Bucket,
    told: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Addresses(Mutex<HashMap<IpAddr, usize>>);

/// A connection that was let in, until it ends.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    _permit: OwnedSemaphorePermit,
    from: Option<(Arc<Addresses>, IpAddr)>,
}

impl ConnectionLimits {
    pub(crate) fn new(config: &Config) -> Self {
        let rate = config.connection.max_connection_rate;
        Self {
            all: Arc::new(Semaphore::new(config.connection.max_connections)),
            by_address: Arc::default(),
            most_by_address: config.connection.max_connections_per_address,
            arrivals: Bucket::new(rate, rate),
            told: Arc::new(Semaphore::new(MAX_TOLD)),
        }
    }

    /// Lets a connection in from an address, which is not always known.
    ///
    /// # Errors
    ///
    /// The setting that it would be over.
    pub(crate) fn admit(&self, address: Option<IpAddr>) -> Result<ConnectionPermit, &'static str> {
        if self.arrivals.take(1).is_err() {
            return Err("max_connection_rate");
        }
        let permit = self.all.clone().try_acquire_owned();
        let permit = permit.map_err(|_| "max_connections")?;
        let from = match address.and_then(origin) {
            None => None,
            Some(address) if self.by_address.enter(address, self.most_by_address) => {
                Some((self.by_address.clone(), address))
            }
            Some(_) => return Err("max_connections_per_address"),
        };
        Ok(ConnectionPermit {
            _permit: permit,
            from,
        })
    }

    /// Tells a connection that it is not let in, without anybody waiting for it.
    pub(crate) fn refuse(&self, mut stream: TcpStream, setting: &'static str) {
        let Ok(permit) = self.told.clone().try_acquire_owned() else {
            return;
        };
        tokio::spawn(async move {
            let text = full(setting) + "\n";
            let answer = format!(
                "HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\n\
                 content-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\r\n{text}",
                text.len()
            );
            let tell = async {
                stream.write_all(answer.as_bytes()).await?;
                stream.shutdown().await?;
                // What is unread would reset the connection, and the answer be lost.
                let mut discarded = [0; 1024];
                while stream.read(&mut discarded).await? > 0 {}
                std::io::Result::Ok(())
            };
            let _ = timeout(TELLING, tell).await;
            drop(permit);
        });
    }
}

/// What a connection is told that would be over a setting.
pub(crate) fn full(setting: &str) -> String {
    format!("there are as many connections as `{setting}` allows")
}

impl Addresses {
    /// Counts another connection from an address, where there may be one.
    fn enter(&self, address: IpAddr, most: usize) -> bool {
        let mut counts = self.counts();
        let count = counts.entry(address).or_default();
        let may = *count < most;
        *count += usize::from(may);
        may
    }

    fn leave(&self, address: IpAddr) {
        let mut counts = self.counts();
        if let Some(count) = counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&address);
            }
        }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        if let Some((addresses, address)) = self.from.take() {
            addresses.leave(address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(most: usize, by_address: usize, rate: u32) -> ConnectionLimits {
        let mut config = Config::default();
        config.connection.max_connections = most;
        config.connection.max_connections_per_address = by_address;
        config.connection.max_connection_rate = rate;
        ConnectionLimits::new(&config)
    }

    fn at(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_has_so_many_connections_and_the_machine_itself_as_many_as_there_are() {
        let door = door(10, 2, 1_000);
        let (one, other) = (at("203.0.113.7"), at("203.0.113.8"));
        let entered: Vec<_> = (0..2)
            .map(|_| door.admit(Some(one)).expect("there is room"))
            .collect();
        let refused = door.admit(Some(one)).map(drop);
        assert_eq!(refused, Err("max_connections_per_address"));
        let elsewhere = door.admit(Some(other)).expect("another address");
        drop(entered);
        let again: Vec<_> = (0..2)
            .map(|_| door.admit(Some(one)).expect("they left"))
            .collect();
        let own: Vec<_> = (0..7).map(|_| door.admit(Some(at("::1")))).collect();
        assert!(own.iter().all(Result::is_ok));
        let refused = door.admit(Some(at("127.0.0.1"))).map(drop);
        assert_eq!(refused, Err("max_connections"));
        drop((again, own));
        assert!(door.admit(Some(one)).is_ok());
        drop(elsewhere);
        assert!(door.by_address.counts().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_connections_are_accepted_a_second() {
        let door = door(1_000, 1_000, 10);
        let come = |times: usize| {
            (0..times)
                .filter(|_| door.admit(Some(at("::1"))).is_ok())
                .count()
        };
        assert_eq!(come(50), 10);
        tokio::time::advance(Duration::from_millis(300)).await;
        assert_eq!(come(50), 3);
        assert_eq!(
            door.admit(Some(at("::1"))).map(drop),
            Err("max_connection_rate")
        );
    }
}
