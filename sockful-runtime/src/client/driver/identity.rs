//! Authentication: on each connection, before the identity expires, and with another token.

use super::calls::{ReplyTarget, is_temporary};
use super::{Driver, Timer};
use crate::client::request::RawReply;
use crate::client::token::Token;
use crate::core::config::MAX_DURATION;
use crate::core::error::{ErrorKind, Result};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How long before its expiry an identity is renewed: this or a tenth of its lifetime, whichever is
/// less.
const RENEWED_BEFORE: Duration = Duration::from_secs(30);

/// A token that is being requested from its provider.
pub(super) struct TokenFetch {
    pub(super) token: BoxFuture<'static, Result<Option<String>>>,
    /// Whether it renews an identity.
    is_renewal: bool,
}

impl Driver {
    /// Authenticates with the server; requests wait until the server has replied.
    pub(super) fn identify(&mut self) {
        if self.fetching.as_ref().is_some_and(|it| !it.is_renewal) {
            return;
        }
        self.is_ready = false;
        let patience = Instant::now() + self.settings.patience;
        self.timers.set(Timer::Setup, patience);
        if let Token::None = self.token {
            return self.ready();
        }
        self.fetching = Some(TokenFetch {
            token: self.token.get(),
            is_renewal: false,
        });
    }

    /// Authenticates again, after the server has ended the identity.
    pub(super) fn renew_identity(&mut self) {
        if self.token.is_none() {
            // The identity is from headers, which the next handshake sends again.
            self.lost(None);
        } else {
            self.identify();
        }
    }

    pub(super) fn renew(&mut self) {
        if self.is_ready && self.fetching.is_none() {
            self.fetching = Some(TokenFetch {
                token: self.token.get(),
                is_renewal: true,
            });
        }
    }

    pub(super) fn fetched(&mut self, token: Result<Option<String>>) {
        let is_renewal = self.fetching.take().is_some_and(|it| it.is_renewal);
        let reply_target = if is_renewal {
            ReplyTarget::Renewal
        } else {
            ReplyTarget::Authentication
        };
        match token {
            Ok(Some(token)) => {
                self.send_own_request("authenticate", authenticate_payload(&token), reply_target);
            }
            Ok(None) if is_renewal => {}
            Ok(None) => self.ready(),
            Err(error) if is_renewal => {
                tracing::warn!(?error, "no token available to renew the identity");
            }
            // The token is requested again for the next connection.
            Err(error) => self.lost(Some(error)),
        }
    }

    pub(super) fn identified(&mut self, reply: Result<RawReply>) {
        match reply {
            Ok(reply) => {
                self.authenticated(&reply, true);
            }
            // The server cannot authenticate now.
            Err(error) if is_temporary(&error) || error.kind() == ErrorKind::Timeout => {
                return self.lost(Some(error));
            }
            // The server has no authenticator.
            Err(error) if error.kind() == ErrorKind::UnknownAction => {}
            // The client continues unauthenticated; requests that need an identity fail.
            Err(error) => {
                if self.opened.is_some() {
                    return self.lost(Some(error));
                }
                tracing::warn!(?error, "the server rejected the token");
            }
        }
        self.ready();
    }

    pub(super) fn renewed(&mut self, reply: Result<RawReply>) {
        match reply {
            Ok(reply) => {
                self.authenticated(&reply, true);
            }
            Err(error) => tracing::warn!(?error, "identity renewal failed"),
        }
    }

    /// Handles the reply to `authenticate`. Returns when the identity expires.
    pub(super) fn authenticated(&mut self, reply: &RawReply, may_key: bool) -> Option<u64> {
        #[derive(Default, Deserialize)]
        struct Expiry {
            expires: Option<u64>,
        }
        self.may_key = may_key;
        let expiry: Expiry = serde_json::from_str(&reply.ok).unwrap_or_default();
        self.timers.clear(Timer::Renew);
        if let Some(expires) = expiry.expires.filter(|_| self.token.has_provider()) {
            let left = Duration::from_millis(expires.saturating_sub(self.server_time()));
            // An `Instant` cannot hold every `Duration`.
            let left = left.min(MAX_DURATION);
            let early = RENEWED_BEFORE.min(left / 10);
            self.timers
                .set(Timer::Renew, Instant::now() + left.saturating_sub(early));
        }
        expiry.expires
    }

    pub(super) fn reauthenticate(
        &mut self,
        id: u64,
        token: Option<String>,
        expires: oneshot::Sender<Result<Option<u64>>>,
    ) {
        let payload = token
            .as_deref()
            .map_or_else(|| "null".to_owned(), authenticate_payload);
        // Later connections use the new token as well.
        let token = token.map_or(Token::None, Token::Fixed);
        let before = std::mem::replace(&mut self.token, token);
        self.identity += 1;
        self.timers.clear(Timer::Renew);
        self.fetching.take_if(|fetching| fetching.is_renewal);
        let reply_target = ReplyTarget::Reauthentication {
            before,
            identity: self.identity,
            expires,
        };
        self.send_request(id, "authenticate", payload, reply_target);
    }

    /// Handles the reply to a change of the token.
    pub(super) fn reauthenticated(
        &mut self,
        before: Token,
        identity: u64,
        reply: Result<RawReply>,
    ) -> Result<Option<u64>> {
        match reply {
            Ok(reply) => {
                let may_key = !self.token.is_none();
                Ok(self.authenticated(&reply, may_key))
            }
            Err(error) => {
                // The old token stays in use unless the application has changed it again.
                if self.identity == identity {
                    self.token = before;
                }
                Err(error)
            }
        }
    }
}

/// Returns the payload of `authenticate`.
fn authenticate_payload(token: &str) -> String {
    format!("{{\"token\":{}}}", serde_json::Value::from(token))
}
