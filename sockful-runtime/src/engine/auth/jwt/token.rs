//! A token, taken apart and not yet believed.

use super::refusal::TokenError;
use crate::engine::auth::credentials::Credentials;
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Longer ones are refused before anything is done with them.
const MAX_TOKEN: usize = 8 * 1024;

pub(super) struct SignedToken<'a> {
    pub(super) header: Header,
    /// What the signature is of.
    pub(super) signed: &'a str,
    /// The claims, as JSON.
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

/// What a token says of how it is signed. Algorithms that are not known, `none` first of all, make
/// it unreadable.
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: Algorithm,
    pub(super) kid: Option<String>,
    /// Names of what must be understood; nothing of that kind is.
    crit: Option<IgnoredAny>,
}

/// The token that a client shows.
pub(super) fn shown(credentials: &Credentials) -> Result<&str, TokenError> {
    credentials.token().ok_or(TokenError::Absent)
}

impl<'a> SignedToken<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, TokenError> {
        if text.len() > MAX_TOKEN {
            return Err(TokenError::TooLong);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(TokenError::Unreadable)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenError::Unreadable)?;
        let header: Header =
            serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Unreadable)?;
        if header.crit.is_some() {
            return Err(TokenError::Critical);
        }
        Ok(Self {
            header,
            signed,
            payload: decode(payload)?,
            signature: decode(signature)?,
        })
    }
}

/// The bytes of one part. A further point in it is no letter of the alphabet.
fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    let decoded = BASE64URL_NOPAD.decode(part.as_bytes());
    decoded.map_err(|_| TokenError::Unreadable)
}
