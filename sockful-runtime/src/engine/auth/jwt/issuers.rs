//! Authentication with tokens of several issuers.

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

/// Verifies tokens of several issuers, each with its own keys.
///
/// The `iss` of a token selects the issuer, and only the keys of that issuer are used, regardless
/// of their key ids. The key of an [`Identity`] is the issuer, a space and the subject, because two
/// issuers may use the same subject for different users.
#[derive(Clone, Debug)]
pub struct Issuers(Arc<[Jwt]>);

impl Issuers {
    /// Accepts the tokens of each of these, which must have an [`issuer`](Jwt::issuer).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if there are none, if one has no issuer or an issuer with a space, or
    /// if two have the same issuer.
    pub fn new(issuers: impl IntoIterator<Item = Jwt>) -> Result<Self> {
        let issuers: Arc<[Jwt]> = issuers.into_iter().collect();
        let refuse = |message| Err(Error::new(ErrorKind::Invalid, message));
        let mut names = HashSet::new();
        for jwt in &*issuers {
            let Some(name) = &jwt.issuer else {
                return refuse(
                    "several issuers need names; write `.issuer(\"https://…\")` on each",
                );
            };
            if name.contains(char::is_whitespace) {
                return refuse("the name of an issuer can't contain a space");
            }
            if !names.insert(name) {
                return refuse("two issuers have the same name");
            }
        }
        if issuers.is_empty() {
            return refuse("no issuer is configured");
        }
        Ok(Self(issuers))
    }

    /// Returns the identity for the token of a client, with a user deserialized from the claims.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`] if there is no token or it is not accepted.
    pub fn identity<U: DeserializeOwned>(&self, credentials: &Credentials) -> Result<Identity<U>> {
        TokenError::to_client(token::shown(credentials).and_then(|text| {
            let token = SignedToken::parse(text)?;
            // Not verified yet: the claim only selects the keys for the verification.
            let issuer_name = Claims::of(&token)?.iss.ok_or(TokenError::Issuer)?;
            let mut issuers = self.0.iter();
            let issuer = issuers.find(|it| it.issuer.as_deref() == Some(&*issuer_name));
            let issuer = issuer.ok_or(TokenError::Issuer)?;
            let (accepted, user) = issuer.read(&token, Clock::default().now())?;
            let key = format!("{issuer_name} {}", accepted.subject);
            let mut identity = Identity::new(key, user);
            identity.expires = from_millis(accepted.expires);
            Ok(identity)
        }))
    }

    /// Returns [`identity`](Self::identity) as a function for `Server::authenticate`.
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
