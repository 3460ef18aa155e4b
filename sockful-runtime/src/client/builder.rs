//! The builder of a client.

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

/// A builder that configures how a [`Client`] connects, waits and times out. Created by
/// [`Client::builder`].
#[derive(Debug)]
#[must_use = "the builder has no effect until it connects"]
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

    /// Sets a token that the client authenticates with on each connection.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Token::Fixed(token.into());
        self
    }

    /// Sets a function that provides a token for each connection, and another one before that expires.
    /// With `None` the client connects unauthenticated.
    pub fn token_with<F>(mut self, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Option<String>>> + Send + 'static,
    {
        self.token = Token::Provider(Arc::new(move || ask().boxed()));
        self
    }

    /// Adds a header to each handshake, such as `Authorization` or `Cookie`.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).map_err(|error| error.to_string());
        let value = HeaderValue::try_from(value).map_err(|error| error.to_string());
        match (name, value) {
            (Ok(name), Ok(value)) => {
                self.headers.append(name, value);
            }
            (Err(wrong), _) | (_, Err(wrong)) => {
                let error = Error::new(ErrorKind::Invalid, format!("invalid header: {wrong}"));
                self.target = self.target.and(Err(error));
            }
        }
        self
    }

    /// Sets the timeout of requests. Default: 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Sets the maximum number of requests that wait for a connection; further ones fail at once.
    /// Default: 1,000.
    pub fn max_queue(mut self, requests: usize) -> Self {
        self.settings.max_queue = requests;
        self
    }

    /// Sets the maximum number of unread events of a subscription. Beyond it the client unsubscribes,
    /// and resumes where it was once they have been read. Default: 1,000.
    pub fn max_events(mut self, events: usize) -> Self {
        self.settings.max_events = events;
        self
    }

    /// Sets the time without a message from the server after which the client pings it. Default: 30 s.
    pub fn heartbeat(mut self, silence: Duration) -> Self {
        self.settings.heartbeat = silence;
        self
    }

    /// Sets the timeout of connecting, and of the reply to a ping. Default: 10 s.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.settings.patience = patience;
        self
    }

    /// Sets the delay between attempts to connect: random up to `min`, which doubles with each attempt
    /// up to `max`. Default: from 250 ms to 20 s.
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

    /// Sets the trusted certificates for `wss://`, in PEM, instead of those that browsers trust.
    #[cfg(feature = "tls")]
    pub fn root_certificates(mut self, pem: &str) -> Self {
        self.target = self.target.and_then(|target| target.trusting(pem));
        self
    }

    /// Connects to the server.
    ///
    /// # Errors
    ///
    /// If the URL is invalid, or the first attempt fails. Later failures are retried.
    pub async fn connect(self) -> Result<Client> {
        let (opened, is_open) = oneshot::channel();
        let client = self.run(Some(opened))?;
        is_open.await.unwrap_or_else(|_| Err(closed()))?;
        Ok(client)
    }

    /// Starts connecting in the background, with any number of attempts; requests wait meanwhile.
    ///
    /// # Errors
    ///
    /// If the URL is invalid.
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
