//! JSON Web Tokens: who a client is, as somebody has signed it.

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

/// How far the clocks of signer and server may differ where nothing is said.
const LEEWAY: Duration = Duration::from_secs(30);

/// Whose tokens are believed: the keys they are signed with, and what they must say.
///
/// A token is refused unless it is signed with one of the keys by that key's algorithm, whatever its
/// header says; unless it has a time `exp` that is not over and a time `nbf`, if any, that has come;
/// unless it has a subject, `sub`, that is not empty; and unless its `iss` and `aud` are those that
/// were asked for. A token that is for somebody, by an `aud`, is refused where no
/// [`audience`](Self::audience) was named. So is one of more than 8 KiB, before it is read.
///
/// The subject becomes the key of the [`Identity`], which lasts until `exp`.
///
/// A client that is refused is told that its token has expired or that it is not valid, and nothing
/// more; the reason is logged at the level `debug`, and nothing of the token is. Clones share their
/// keys.
#[derive(Clone)]
pub struct Jwt {
    keys: Arc<Mutex<Arc<KeySet>>>,
    issuer: Option<Arc<str>>,
    audiences: Vec<String>,
    leeway: Duration,
}

impl Jwt {
    /// Believes tokens that are signed by HS256 with `secret`, which is shared with who makes them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a secret of fewer than 32 bytes. What
    /// counts is that nobody can guess it: take random bytes.
    pub fn hs256(secret: impl AsRef<[u8]>) -> Result<Self> {
        VerificationKey::hs256(secret.as_ref()).map(Self::of_key)
    }

    /// Believes tokens that are signed by RS256, with this public key in PEM.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for what is no public RSA key of 2,048 to
    /// 4,096 bits.
    pub fn rs256_pem(pem: impl AsRef<[u8]>) -> Result<Self> {
        VerificationKey::rs256_pem(pem.as_ref()).map(Self::of_key)
    }

    /// Believes tokens that are signed by ES256, with this public key in PEM.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for what is no public key on the curve P-256.
    pub fn es256_pem(pem: impl AsRef<[u8]>) -> Result<Self> {
        VerificationKey::es256_pem(pem.as_ref()).map(Self::of_key)
    }

    /// Believes tokens that are signed by `EdDSA`, with this public key in PEM.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for what is no public Ed25519 key.
    pub fn eddsa_pem(pem: impl AsRef<[u8]>) -> Result<Self> {
        VerificationKey::eddsa_pem(pem.as_ref()).map(Self::of_key)
    }

    /// Believes tokens that are signed with a key of this JWK set, such as a provider of identities
    /// publishes.
    ///
    /// A token names its key by `kid`; one that names none is believed where the set has a single key
    /// of its algorithm. Keys for RSA, for the curves P-256 and P-384 and for Ed25519 are used, by
    /// the algorithm that they name; an RSA key that names none is one for RS256. All others are
    /// left out, among them secrets, for which there is [`hs256`](Self::hs256).
    ///
    /// Name the [`issuer`](Self::issuer) as well where a set is shared by several.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for what is no JWK set, and for one without
    /// a key that can be used.
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

    /// Asks that tokens are from this issuer: that their `iss` is this text.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into().into());
        self
    }

    /// Asks that tokens are for this audience: that their `aud` is this text, or has it among others.
    /// Said more than once, one of them is enough.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Lets the clock of who makes the tokens differ from the system's by so much. Default is 30 seconds.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Takes the keys of another JWK set from now on, in all clones, as where a provider has changed
    /// its keys. Who is known already stays so until the identity expires or is revoked.
    ///
    /// # Errors
    ///
    /// Those of [`jwks`](Self::jwks). The keys are then those from before.
    pub fn replace(&self, set: impl AsRef<str>) -> Result<()> {
        let keys = Arc::new(KeySet::of_set(set.as_ref())?);
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Whose token this is; `U` is read from its claims.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`](crate::ErrorKind::Unauthenticated) where there is no token, or
    /// none to be believed.
    pub fn identity<U: DeserializeOwned>(&self, credentials: &Credentials) -> Result<Identity<U>> {
        TokenError::told(token::shown(credentials).and_then(|text| {
            let token = SignedToken::parse(text)?;
            let (accepted, user) = self.read(&token, Clock::default().now())?;
            let mut identity = Identity::new(accepted.subject, user);
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
        let jwt = self.clone();
        move |credentials| ready(jwt.identity(&credentials))
    }

    /// What a token says, if it is to be believed at this time, in milliseconds since 1970.
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

/// Shows no key.
impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt")
            .field("issuer", &self.issuer)
            .field("audiences", &self.audiences)
            .field("leeway", &self.leeway)
            .finish_non_exhaustive()
    }
}
