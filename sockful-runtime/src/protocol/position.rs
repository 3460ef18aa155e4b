//! Positions in the log, which clients keep and cannot forge.

use crate::core::error::{Error, Result};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::from_utf8;

/// The number of bytes of the authentication code that are sent.
const BYTES: usize = 12;
const TEXT: usize = BYTES * 4 / 3;
/// The block size of SHA-256: a shorter key is padded with zeros to it.
const BLOCK: usize = 64;

/// Authenticates positions and resume tokens with the secret of a store.
#[derive(Clone)]
pub(crate) struct PositionKey(Hmac<Sha256>);

/// The authentication code of a position: text of 16 characters without escapes in JSON.
///
/// It is equal only for the same commit of the same history.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PositionProof([u8; TEXT]);

impl PositionKey {
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        let mut key = [0; BLOCK];
        key[..secret.len()].copy_from_slice(&secret);
        Self(Hmac::new(&key.into()))
    }

    /// The proof of the position after commit `seq` with this tag.
    pub(crate) fn position(&self, seq: u64, tag: u64) -> PositionProof {
        let mut mac = self.0.clone();
        mac.update(&seq.to_be_bytes());
        mac.update(&tag.to_be_bytes());
        PositionProof::of(mac)
    }

    /// The proof of a value for a purpose. A purpose is longer than a position, so that the proof
    /// of a value is never that of a position.
    pub(crate) fn value(&self, purpose: &[u8; 24], value: impl Hash) -> PositionProof {
        let mut hasher = MacHasher(self.0.clone());
        hasher.write(purpose);
        value.hash(&mut hasher);
        PositionProof::of(hasher.0)
    }
}

impl fmt::Debug for PositionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PositionKey")
    }
}

impl PositionProof {
    fn of(mac: Hmac<Sha256>) -> Self {
        let code = mac.finalize().into_bytes();
        let mut text = [0; TEXT];
        BASE64URL_NOPAD.encode_mut(&code[..BYTES], &mut text);
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        // Base64 is ASCII.
        from_utf8(&self.0).unwrap_or_default()
    }

    /// The text without the check that it is UTF-8, for each event.
    pub(crate) fn as_bytes(&self) -> &[u8; TEXT] {
        &self.0
    }

    /// Whether a client has sent this proof. Takes constant time, independent of matching
    /// characters.
    pub(crate) fn is(&self, sent: &str) -> bool {
        let pairs = self.0.iter().zip(sent.as_bytes());
        let differences = pairs.fold(0, |all, (ours, theirs)| all | (ours ^ theirs));
        sent.len() == TEXT && differences == 0
    }
}

impl fmt::Debug for PositionProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Hashes a value into an authentication code.
struct MacHasher(Hmac<Sha256>);

impl Hasher for MacHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Unused, because the code is longer than 64 bits.
    fn finish(&self) -> u64 {
        0
    }
}

/// Creates a random secret.
///
/// # Errors
///
/// If the system has no source of randomness.
pub(crate) fn new_secret() -> Result<[u8; 32]> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(Error::internal)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proof_differs_by_secret_number_and_tag() {
        let key = PositionKey::new([7; 32]);
        let proof = key.position(41, 9);
        assert!(key.position(41, 9).is(proof.as_str()));
        assert_eq!(proof.as_str().len(), 16);
        for other in [
            PositionKey::new([8; 32]).position(41, 9),
            key.position(42, 9),
            key.position(41, 8),
            key.value(b"another purpose, padded.", 41_u64),
        ] {
            assert!(!proof.is(other.as_str()), "{other:?}");
        }
        assert!(!proof.is("") && !proof.is(&proof.as_str()[1..]));
        assert!(!proof.is(&format!("{}A", proof.as_str())));
    }

    #[test]
    fn proof_is_the_same_in_every_version() {
        // HMAC-SHA-256 of both numbers in big-endian order, the first 96 bits in base64url.
        let proof = PositionKey::new([7; 32]).position(41, 9);
        assert_eq!(proof.as_str(), "9XEWAyI8RKA9DBkW");
    }
}
