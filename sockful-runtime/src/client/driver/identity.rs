//! Who the client is: said on each connection, renewed before it is over, and changed at will.

use super::calls::{ForWhom, is_passing};
use super::{Driver, Timer};
use crate::client::asked::Answer;
use crate::client::token::Token;
use crate::core::error::{ErrorKind, Result};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// An identity is renewed so long before it expires, or a tenth of the time where that is less.
const RENEWED_BEFORE: Duration = Duration::from_secs(30);

/// A token that is waited for.
pub(super) struct Fetching {
    pub(super) token: BoxFuture<'static, Result<Option<String>>>,
    /// Whether it is to renew an identity that there is.
    is_renewal: bool,
}

impl Driver {
    /// Says to the server who the client is; until that is answered requests wait.
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
        self.fetching = Some(Fetching {
            token: self.token.get(),
            is_renewal: false,
        });
    }

    pub(super) fn renew(&mut self) {
        if self.is_ready && self.fetching.is_none() {
            self.fetching = Some(Fetching {
                token: self.token.get(),
                is_renewal: true,
            });
        }
    }

    pub(super) fn fetched(&mut self, token: Result<Option<String>>) {
        let is_renewal = self.fetching.take().is_some_and(|it| it.is_renewal);
        let for_whom = if is_renewal {
            ForWhom::Renewing
        } else {
            ForWhom::Identifying
        };
        match token {
            Ok(Some(token)) => self.ask_myself("authenticate", shown(&token), for_whom),
            Ok(None) if is_renewal => {}
            Ok(None) => self.ready(),
            Err(error) if is_renewal => tracing::warn!(?error, "no token to renew an identity"),
            // Without a word about the token it is asked for again.
            Err(error) => self.lost(Some(error)),
        }
    }

    pub(super) fn identified(&mut self, told: Result<Answer>) {
        match told {
            Ok(answer) => {
                self.authenticated(&answer, true);
            }
            // Nobody can say now.
            Err(error) if is_passing(&error) || error.kind() == ErrorKind::Timeout => {
                return self.lost(Some(error));
            }
            // A server that asks nobody who they are.
            Err(error) if error.kind() == ErrorKind::UnknownAction => {}
            // With a refusal it is nobody who goes on, and gets to know by what that may not do.
            Err(error) => {
                if self.opened.is_some() {
                    return self.lost(Some(error));
                }
                tracing::warn!(?error, "the server refuses the token");
            }
        }
        self.ready();
    }

    pub(super) fn renewed(&mut self, told: Result<Answer>) {
        match told {
            Ok(answer) => {
                self.authenticated(&answer, true);
            }
            Err(error) => tracing::warn!(?error, "an identity was not renewed"),
        }
    }

    /// The server knows who the client is; gives when that ends.
    pub(super) fn authenticated(&mut self, answer: &Answer, is_somebody: bool) -> Option<u64> {
        #[derive(Default, Deserialize)]
        struct Expiry {
            expires: Option<u64>,
        }
        self.may_key = is_somebody;
        let expiry: Expiry = serde_json::from_str(&answer.ok).unwrap_or_default();
        self.timers.clear(Timer::Renew);
        if let Some(expires) = expiry.expires.filter(|_| self.token.is_asked()) {
            let left = Duration::from_millis(expires.saturating_sub(self.server_time()));
            let early = RENEWED_BEFORE.min(left / 10);
            self.timers
                .set(Timer::Renew, Instant::now() + left.saturating_sub(early));
        }
        expiry.expires
    }

    pub(super) fn become_another(
        &mut self,
        id: u64,
        token: Option<String>,
        told: oneshot::Sender<Result<Option<u64>>>,
    ) {
        let payload = token.as_deref().map_or_else(|| "null".to_owned(), shown);
        // What says who the client is from now on says that, on whatever connection.
        let token = token.map_or(Token::None, Token::Fixed);
        let before = std::mem::replace(&mut self.token, token);
        self.who += 1;
        self.timers.clear(Timer::Renew);
        self.fetching.take_if(|fetching| fetching.is_renewal);
        let who = self.who;
        let another = ForWhom::Another { before, who, told };
        self.ask_of_itself(id, "authenticate", payload, another);
    }

    /// The server has said whether it takes the client for whom it wants to be by now.
    pub(super) fn became(
        &mut self,
        before: Token,
        who: u64,
        answer: Result<Answer>,
    ) -> Result<Option<u64>> {
        match answer {
            Ok(answer) => {
                let is_somebody = !self.token.is_none();
                Ok(self.authenticated(&answer, is_somebody))
            }
            Err(error) => {
                // It stays who it was, unless it has asked to be somebody else once more.
                if self.who == who {
                    self.token = before;
                }
                Err(error)
            }
        }
    }
}

/// The payload of `authenticate`.
fn shown(token: &str) -> String {
    format!("{{\"token\":{}}}", serde_json::Value::from(token))
}
