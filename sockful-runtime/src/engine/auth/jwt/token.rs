//! Parses signed tokens. A parsed token is not verified.

use super::refusal::TokenError;
use crate::engine::auth::credentials::Credentials;
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The maximum length of a token in bytes, checked before it is parsed.
const MAX_TOKEN: usize = 8 * 1024;

pub(super) struct SignedToken<'a> {
    pub(super) header: Header,
    /// The part of the token that is signed.
    pub(super) signed: &'a str,
    /// The claims as JSON.
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

/// The header of a token. An unknown algorithm, `none` included, makes the token unreadable.
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: Algorithm,
    pub(super) kid: Option<String>,
    /// Extensions that must be understood; none are supported.
    crit: Option<IgnoredAny>,
}

/// The token of a client.
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

/// Decodes one part. A dot within it is not in the base64url alphabet.
fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    let decoded = BASE64URL_NOPAD.decode(part.as_bytes());
    decoded.map_err(|_| TokenError::Unreadable)
}
