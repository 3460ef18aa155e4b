//! Several issuers whose tokens are believed.

use super::Jwt;
use super::claims::Claims;
use super::refusal::TokenError;
use super::token;
use super::token::SignedToken;
use crate::core::clock::{Clock, from_millis};
use crate::core::error::{Error, ErrorKind, Result};
use crate::engine::auth::credentials::Credentials;
use crate::engine::auth::identity::Identity;
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::future::{Ready, ready};
use std::sync::Arc;

/// Several issuers whose tokens are believed, each with keys of its own.
///
/// The `iss` of a token says which of them it has to be from, and only that one's keys count: none
/// signs for another, whatever its keys are called. The key of an [`Identity`] is the issuer, a space
/// and the subject, since two issuers may call two people alike.
#[derive(Clone, Debug)]
pub struct Issuers(Arc<[Jwt]>);

impl Issuers {
    /// Believes the tokens of each of these, which have been told their [`issuer`](Jwt::issuer).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] where there is none, where one has no issuer or one with a space, and
    /// where two have the same.
    pub fn new(issuers: impl IntoIterator<Item = Jwt>) -> Result<Self> {
        let issuers: Arc<[Jwt]> = issuers.into_iter().collect();
        let refuse = |message| Err(Error::new(ErrorKind::Invalid, message));
        let mut names = HashSet::new();
        for jwt in &*issuers {
            let Some(name) = &jwt.issuer else {
                return refuse(
                    "among several issuers each is named: write `.issuer(\"https://…\")`",
                );
            };
            if name.contains(char::is_whitespace) {
                return refuse("the name of an issuer has no space");
            }
            if !names.insert(name) {
                return refuse("two issuers have the same name");
            }
        }
        if issuers.is_empty() {
            return refuse("there is no issuer");
        }
        Ok(Self(issuers))
    }

    /// Whose token this is; `U` is read from its claims.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`] where there is no token, or none to be believed.
    pub fn identity<U: DeserializeOwned>(&self, credentials: &Credentials) -> Result<Identity<U>> {
        TokenError::told(token::shown(credentials).and_then(|text| {
            let token = SignedToken::parse(text)?;
            // Not believed as yet: it only says by which keys that is to be decided.
            let said = Claims::of(&token)?.iss.ok_or(TokenError::Issuer)?;
            let mut issuers = self.0.iter();
            let issuer = issuers.find(|it| it.issuer.as_deref() == Some(&*said));
            let issuer = issuer.ok_or(TokenError::Issuer)?;
            let (accepted, user) = issuer.read(&token, Clock::default().now())?;
            let key = format!("{said} {}", accepted.subject);
            let mut identity = Identity::new(key, user);
            identity.expires = from_millis(accepted.expires);
            Ok(identity)
        }))
    }

    /// The same as a function, as `Server::authenticate` takes it.
    pub fn authenticator<U>(
        &self,
    ) -> impl Fn(Credentials) -> Ready<Result<Identity<U>>> + Send + Sync + 'static + use<U>
    where
        U: DeserializeOwned + Send + 'static,
    {
        let issuers = self.clone();
        move |credentials| ready(issuers.identity(&credentials))
    }
}
