//! A verification key and its one algorithm.

use super::token::SignedToken;
use crate::core::error::{Error, ErrorKind, Result};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::crypto::JwtVerifier;
// Not the process-wide provider: the application may have installed another one or none.
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER as CRYPTO;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde::Deserialize;

/// The minimum length in bytes. Shorter secrets can be found by brute force: RFC 7518 requires as
/// many bytes as the hash has.
const LEAST_SECRET: usize = 32;

/// The accepted sizes of an RSA modulus in bits: smaller ones are too weak, and larger ones are not
/// supported for verification.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=4_096;

pub(super) struct VerificationKey {
    /// The `kid` that tokens refer to, if the key is part of a set.
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    decoding: DecodingKey,
}

/// The members of a JWK that are used.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<Algorithm>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl VerificationKey {
    pub(super) fn hs256(secret: &[u8]) -> Result<Self> {
        if secret.len() < LEAST_SECRET {
            let length = secret.len();
            return refuse(format!(
                "the HS256 secret has {length} bytes; use at least {LEAST_SECRET} random bytes"
            ));
        }
        Ok(Self {
            id: None,
            algorithm: Algorithm::HS256,
            decoding: DecodingKey::from_secret(secret),
        })
    }

    pub(super) fn rs256_pem(pem: &[u8]) -> Result<Self> {
        let parts = DecodingKey::from_rsa_pem(pem).ok().and_then(|key| {
            (CRYPTO.key_utils.rsa_pub_components_from_public_key)(key.try_get_as_bytes().ok()?).ok()
        });
        let key = parts.and_then(|(n, e)| rsa(&n, &e));
        from_pem(key, Algorithm::RS256, "RSA key of 2,048 to 4,096 bits")
    }

    pub(super) fn es256_pem(pem: &[u8]) -> Result<Self> {
        let key = DecodingKey::from_ec_pem(pem).ok();
        from_pem(key, Algorithm::ES256, "key on the curve P-256")
    }

    pub(super) fn eddsa_pem(pem: &[u8]) -> Result<Self> {
        let key = DecodingKey::from_ed_pem(pem).ok();
        from_pem(key, Algorithm::EdDSA, "Ed25519 key")
    }

    /// The key for a JWK if tokens can be verified with it.
    pub(super) fn of_jwk(jwk: serde_json::Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(jwk).ok()?;
        let is_for_signatures = jwk
            .purpose
            .as_deref()
            .is_none_or(|purpose| purpose == "sig");
        let verifies = |operations: &Vec<String>| operations.iter().any(|one| one == "verify");
        if !is_for_signatures || !jwk.key_ops.as_ref().is_none_or(verifies) {
            return None;
        }
        let (decoding, usual) = match (&*jwk.kty, jwk.crv.as_deref()) {
            ("RSA", _) => (rsa(&decode(&jwk.n?)?, &decode(&jwk.e?)?)?, Algorithm::RS256),
            ("EC", Some("P-256")) => (point(&jwk.x?, &jwk.y?)?, Algorithm::ES256),
            ("EC", Some("P-384")) => (point(&jwk.x?, &jwk.y?)?, Algorithm::ES384),
            ("OKP", Some("Ed25519")) => (
                DecodingKey::from_ed_components(&jwk.x?).ok()?,
                Algorithm::EdDSA,
            ),
            _ => return None,
        };
        Self::usable(jwk.kid, jwk.alg.unwrap_or(usual), decoding)
    }

    /// A key if a verifier for its algorithm can be created.
    fn usable(id: Option<String>, algorithm: Algorithm, decoding: DecodingKey) -> Option<Self> {
        // The verifier uses the first 32 bytes of an Ed25519 key; further bytes make the key
        // invalid.
        let is_whole = decoding.family() != AlgorithmFamily::Ed
            || decoding.try_get_as_bytes().is_ok_and(|key| key.len() == 32);
        let key = Self {
            id,
            algorithm,
            decoding,
        };
        (is_whole && key.verifier().is_some()).then_some(key)
    }

    fn verifier(&self) -> Option<Box<dyn JwtVerifier>> {
        (CRYPTO.verifier_factory)(&self.algorithm, &self.decoding).ok()
    }

    /// Whether the token was signed with this key. The caller has compared the algorithms.
    pub(super) fn has_signed(&self, token: &SignedToken<'_>) -> bool {
        let verifier = self.verifier();
        verifier.is_some_and(|it| it.verify(token.signed.as_bytes(), &token.signature).is_ok())
    }
}

fn from_pem(key: Option<DecodingKey>, algorithm: Algorithm, what: &str) -> Result<VerificationKey> {
    let key = key.and_then(|key| VerificationKey::usable(None, algorithm, key));
    let message =
        || format!("not a public {what} in PEM format, which starts with `-----BEGIN PUBLIC KEY`");
    key.map_or_else(|| refuse(message()), Ok)
}

fn refuse<T>(message: String) -> Result<T> {
    Err(Error::new(ErrorKind::Invalid, message))
}

/// An RSA key from its modulus and exponent.
fn rsa(n: &[u8], e: &[u8]) -> Option<DecodingKey> {
    let (n, e) = (without_zeros(n), without_zeros(e));
    let bits = n.len() * 8 - usize::try_from(n.first()?.leading_zeros()).ok()?;
    let exponent = e
        .iter()
        .fold(0, |number, &byte| number << 8 | u64::from(byte));
    let is_usable = RSA_BITS.contains(&bits) && e.len() <= 4 && exponent > 2 && exponent % 2 == 1;
    is_usable.then(|| DecodingKey::from_rsa_raw_components(n, e))
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    &number[zeros..]
}

/// An elliptic-curve key. Creating the verifier checks that the point is on the curve.
fn point(x: &str, y: &str) -> Option<DecodingKey> {
    DecodingKey::from_ec_components(x, y).ok()
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()
}
