//! How a client is to connect.

use super::driver::Driver;
use super::settings::Settings;
use super::target::ConnectTarget;
use super::token::Token;
use super::{Client, ClientInner, Status, closed};
use crate::core::error::{Error, ErrorKind, Result};
use futures_util::FutureExt;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// Says how a [`Client`] connects, waits and gives up. Made by [`Client::builder`].
#[derive(Debug)]
#[must_use = "no client is made before it connects"]
pub struct Builder {
    target: Result<ConnectTarget>,
    headers: HeaderMap,
    token: Token,
    settings: Settings,
}

impl Builder {
    pub(super) fn to(url: &str) -> Self {
        Self::of(ConnectTarget::parse(url))
    }

    pub(crate) fn of(target: Result<ConnectTarget>) -> Self {
        Self {
            target,
            headers: HeaderMap::new(),
            token: Token::None,
            settings: Settings::default(),
        }
    }

    /// Says to the server who the client is, by a token that it authenticates with on each connection.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Token::Fixed(token.into());
        self
    }

    /// Asks `ask` for a token for each connection, and for another one before that expires. `None`
    /// connects as nobody.
    pub fn token_with<F>(mut self, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Option<String>>> + Send + 'static,
    {
        self.token = Token::Provider(Arc::new(move || ask().boxed()));
        self
    }

    /// Sends a header with each handshake, such as `Authorization` or `Cookie`.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).map_err(|error| error.to_string());
        let value = HeaderValue::try_from(value).map_err(|error| error.to_string());
        match (name, value) {
            (Ok(name), Ok(value)) => {
                self.headers.append(name, value);
            }
            (Err(wrong), _) | (_, Err(wrong)) => {
                let error = Error::new(
                    ErrorKind::Invalid,
                    format!("a header is no header: {wrong}"),
                );
                self.target = self.target.and(Err(error));
            }
        }
        self
    }

    /// Gives up on a request after this time. Default is 30 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Lets so many requests wait for a connection; more fail at once. Default is 1,000.
    pub fn max_queue(mut self, requests: usize) -> Self {
        self.settings.max_queue = requests;
        self
    }

    /// Lets so many events wait for who follows a subscription: with more it leaves the server, and
    /// comes back when they are taken, where it goes on. Default is 1,000.
    pub fn max_events(mut self, events: usize) -> Self {
        self.settings.max_events = events;
        self
    }

    /// Asks the server for a sign of life after such a silence. Default is 30 seconds.
    pub fn heartbeat(mut self, silence: Duration) -> Self {
        self.settings.heartbeat = silence;
        self
    }

    /// Lets a connection take so long to stand, and a sign of life to come. Default is 10 seconds.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.settings.patience = patience;
        self
    }

    /// Waits between attempts to connect: at random up to `min`, which doubles with each up to `max`.
    /// Default is from 250 milliseconds to 20 seconds.
    pub fn backoff(mut self, min: Duration, max: Duration) -> Self {
        (self.settings.min_backoff, self.settings.max_backoff) = (min, max);
        self
    }

    #[cfg(not(feature = "tls"))]
    #[doc(hidden)]
    pub fn root_certificates(self, _pem: &str) -> Self
    where
        for<'a> Self: crate::core::feature::TlsFeature,
    {
        self
    }

    /// Trusts these certificates, PEM text, in place of those that browsers trust, for `wss://`.
    #[cfg(feature = "tls")]
    pub fn root_certificates(mut self, pem: &str) -> Self {
        self.target = self.target.and_then(|target| target.trusting(pem));
        self
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// Where the URL makes no sense, or the first attempt fails. Later ones are repeated.
    pub async fn connect(self) -> Result<Client> {
        let (opened, is_open) = oneshot::channel();
        let client = self.run(Some(opened))?;
        is_open.await.unwrap_or_else(|_| Err(closed()))?;
        Ok(client)
    }

    /// Begins to connect, as often as it takes, while requests wait already.
    ///
    /// # Errors
    ///
    /// Where the URL makes no sense.
    pub fn start(self) -> Result<Client> {
        self.run(None)
    }

    fn run(self, opened: Option<oneshot::Sender<Result<()>>>) -> Result<Client> {
        let target = self.target?.with_headers(self.headers);
        let settings = self.settings.bounded();
        let (commands, orders) = mpsc::unbounded_channel();
        let (tell, status) = watch::channel(Status::Connecting);
        let shared = ClientInner {
            commands,
            last_id: AtomicU64::new(0),
            status,
            timeout: settings.timeout,
            max_events: settings.max_events,
            unreadable: Mutex::new(HashMap::new()),
        };
        let driver = Driver::new(target, settings, self.token, orders, tell, opened);
        tokio::spawn(driver.run());
        Ok(Client {
            shared: Arc::new(shared),
        })
    }
}
