//! The keys of one issuer, and the selection of the key for a token.

use super::key::VerificationKey;
use super::refusal::TokenError;
use super::token::Header;
use crate::core::error::{Error, ErrorKind, Result};
use serde::Deserialize;

pub(super) enum KeySet {
    /// A single key, regardless of the `kid` of a token.
    One(VerificationKey),
    /// The keys of a set, selected by `kid`.
    Set(Vec<VerificationKey>),
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// The usable keys of a JWK set.
    pub(super) fn of_set(text: &str) -> Result<Self> {
        let refuse = |message: &'static str| Error::new(ErrorKind::Invalid, message);
        let set: Set = serde_json::from_str(text)
            .map_err(|_| refuse("not a JWK set; expected an object with an array `keys`"))?;
        let keys: Vec<_> = set
            .keys
            .into_iter()
            .filter_map(VerificationKey::of_jwk)
            .collect();
        if keys.is_empty() {
            return Err(refuse(
                "the JWK set has no supported key; use public keys of RSA with 2,048 to 4,096 bits, P-256, P-384 or Ed25519",
            ));
        }
        Ok(Self::Set(keys))
    }

    /// The key that verifies a token. The algorithm is that of the key; the token's header only has
    /// to match it.
    pub(super) fn find(&self, header: &Header) -> Result<&VerificationKey, TokenError> {
        let keys = match self {
            Self::One(key) => std::slice::from_ref(key),
            Self::Set(keys) => keys.as_slice(),
        };
        let is_named = |key: &VerificationKey| match (self, &header.kid) {
            (Self::One(_), _) | (Self::Set(_), None) => true,
            (Self::Set(_), kid) => key.id == *kid,
        };
        let mut found = keys
            .iter()
            .filter(|key| key.algorithm == header.alg && is_named(key));
        match (found.next(), found.next()) {
            (Some(key), None) => Ok(key),
            _ => Err(TokenError::VerificationKey),
        }
    }
}
