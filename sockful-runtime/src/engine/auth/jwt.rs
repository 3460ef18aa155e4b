//! Authentication with JSON Web Tokens.

mod claims;
mod issuers;
mod key;
mod keys;
mod refusal;
#[cfg(test)]
mod tests;
mod token;

pub use issuers::Issuers;

use crate::core::clock::{Clock, from_millis};
use crate::core::error::Result;
use crate::engine::auth::credentials::Credentials;
use crate::engine::auth::identity::Identity;
use claims::{Accepted, Claims};
use key::VerificationKey;
use keys::KeySet;
use refusal::TokenError;
use serde::de::DeserializeOwned;
use std::fmt;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use token::SignedToken;

/// The default tolerance for differences between the clocks of the issuer and the server.
const LEEWAY: Duration = Duration::from_secs(30);

/// Verifies JSON Web Tokens: the keys that sign them, and the claims that they must have.
///
/// A token is accepted only if
///
/// - it is signed with one of the keys and by the algorithm of that key, regardless of its header,
/// - it has an `exp` that has not passed, and its `nbf`, if any, has passed,
/// - its subject `sub` is not empty,
/// - its `iss` and `aud` are the required ones. A token with an `aud` is refused if no
///   [`audience`](Self::audience) is configured,
/// - it is not longer than 8 KiB, which is checked before it is parsed.
///
/// The subject becomes the key of the [`Identity`], which lasts until `exp`.
///
/// A refused client learns only whether its token has expired or is not valid. The reason is logged
/// at level `debug`, without any part of the token. Clones share their keys.
#[derive(Clone)]
pub struct Jwt {
    keys: Arc<Mutex<Arc<KeySet>>>,
    issuer: Option<Arc<str>>,
    audiences: Vec<String>,
    leeway: Duration,
}

impl Jwt {
    /// Accepts tokens that are signed by HS256 with `secret`, which the issuer shares with the
    /// server.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if the secret has fewer than 32 bytes. It
    /// must be impossible to guess: use random bytes.
    pub fn hs256(secret: impl AsRef<[u8]>) -> Result<Self> {
        VerificationKey::hs256(secret.as_ref()).map(Self::of_key)
    }

    /// Accepts tokens that are signed by RS256, verified with this public key in PEM format.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if this is not a public RSA key of 2,048
    /// to 4,096 bits.
    pub fn rs256_pem(pem: impl AsRef<[u8]>) -> Result<Self> {
        VerificationKey::rs256_pem(pem.as_ref()).map(Self::of_key)
    }

    /// Accepts tokens that are signed by ES256, verified with this public key in PEM format.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if this is not a public key on the curve
    /// P-256.
    pub fn es256_pem(pem: impl AsRef<[u8]>) -> Result<Self> {
        VerificationKey::es256_pem(pem.as_ref()).map(Self::of_key)
    }

    /// Accepts tokens that are signed by `EdDSA`, verified with this public key in PEM format.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if this is not a public Ed25519 key.
    pub fn eddsa_pem(pem: impl AsRef<[u8]>) -> Result<Self> {
        VerificationKey::eddsa_pem(pem.as_ref()).map(Self::of_key)
    }

    /// Accepts tokens that are signed with a key of this JWK set, as published by identity
    /// providers.
    ///
    /// A token names its key by `kid`. A token without `kid` is accepted if the set has exactly one
    /// key for its algorithm. Keys for RSA, for the curves P-256 and P-384 and for Ed25519 are used
    /// with the algorithm that they name; an RSA key without `alg` is used for RS256. All other
    /// keys are ignored, including secrets, for which there is [`hs256`](Self::hs256).
    ///
    /// Set the [`issuer`](Self::issuer) as well if several issuers share the set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if this is not a JWK set, or if it has no
    /// usable key.
    pub fn jwks(set: impl AsRef<str>) -> Result<Self> {
        KeySet::of_set(set.as_ref()).map(Self::of_keys)
    }

    fn of_key(key: VerificationKey) -> Self {
        Self::of_keys(KeySet::One(key))
    }

    fn of_keys(keys: KeySet) -> Self {
        Self {
            keys: Arc::new(Mutex::new(Arc::new(keys))),
            issuer: None,
            audiences: Vec::new(),
            leeway: LEEWAY,
        }
    }

    /// Requires this issuer: the `iss` of a token must be equal to it.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into().into());
        self
    }

    /// Requires this audience: the `aud` of a token must be equal to it or contain it. If several
    /// audiences are set, one of them is sufficient.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Sets the tolerance for differences between the clocks of the issuer and the server. The
    /// default is 30 seconds.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Replaces the keys by those of another JWK set, in all clones, for example after a provider
    /// has rotated its keys. Authenticated clients stay so until their identity expires or is
    /// revoked.
    ///
    /// # Errors
    ///
    /// Those of [`jwks`](Self::jwks). The keys are then unchanged.
    pub fn replace(&self, set: impl AsRef<str>) -> Result<()> {
        let keys = Arc::new(KeySet::of_set(set.as_ref())?);
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Returns the identity for the token of a client, with a user deserialized from the claims.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`](crate::ErrorKind::Unauthenticated) if there is no token or it
    /// is not accepted.
    pub fn identity<U: DeserializeOwned>(&self, credentials: &Credentials) -> Result<Identity<U>> {
        TokenError::to_client(token::shown(credentials).and_then(|text| {
            let token = SignedToken::parse(text)?;
            let (accepted, user) = self.read(&token, Clock::default().now())?;
            let mut identity = Identity::new(accepted.subject, user);
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
        let jwt = self.clone();
        move |credentials| ready(jwt.identity(&credentials))
    }

    /// Verifies a token at this time, in milliseconds since 1970, and returns its claims and user.
    fn read<U: DeserializeOwned>(
        &self,
        token: &SignedToken<'_>,
        now: u64,
    ) -> Result<(Accepted, U), TokenError> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = keys.clone();
        if !keys.find(&token.header)?.has_signed(token) {
            return Err(TokenError::Signature);
        }
        let accepted = Claims::of(token)?.check(self, now)?;
        let user = serde_json::from_slice(&token.payload).map_err(|_| TokenError::User)?;
        Ok((accepted, user))
    }
}

/// Omits the keys.
impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt")
            .field("issuer", &self.issuer)
            .field("audiences", &self.audiences)
            .field("leeway", &self.leeway)
            .finish_non_exhaustive()
    }
}
