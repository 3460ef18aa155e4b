//! The claims of a token.

use super::Jwt;
use super::refusal::TokenError;
use super::token::SignedToken;
use crate::core::json::MAX_EXACT;
use serde::Deserialize;
use std::time::Duration;

/// The registered claims that are checked. A claim of another type or a duplicate makes the token
/// invalid, because a claim that cannot be checked must not be skipped.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audience>,
    exp: Option<f64>,
    nbf: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// The verified claims of a token.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) subject: String,
    /// When the identity expires, in milliseconds since 1970.
    pub(super) expires: u64,
}

impl Claims {
    pub(super) fn of(token: &SignedToken<'_>) -> Result<Self, TokenError> {
        serde_json::from_slice(&token.payload).map_err(|_| TokenError::Claims)
    }

    /// Checks the claims against the requirements of `jwt`, at this time in milliseconds since
    /// 1970.
    pub(super) fn check(self, jwt: &Jwt, now: u64) -> Result<Accepted, TokenError> {
        if jwt.issuer.is_some() && self.iss.as_deref() != jwt.issuer.as_deref() {
            return Err(TokenError::Issuer);
        }
        let is_for_us = match &self.aud {
            None => jwt.audiences.is_empty(),
            Some(Audience::One(one)) => jwt.audiences.contains(one),
            Some(Audience::Many(many)) => many.iter().any(|one| jwt.audiences.contains(one)),
        };
        if !is_for_us {
            return Err(TokenError::Audience);
        }
        // The leeway also extends the identity: otherwise the identity for a token within the
        // leeway would have expired as soon as it is accepted.
        let leeway = millis(jwt.leeway);
        let expires = self.exp.map(timestamp).ok_or(TokenError::Expired)?;
        let expires = expires.saturating_add(leeway).min(MAX_EXACT);
        if now >= expires {
            return Err(TokenError::Expired);
        }
        let begins = self.nbf.map_or(0, timestamp);
        if begins > now.saturating_add(leeway) {
            return Err(TokenError::Early);
        }
        let subject = self.sub.filter(|subject| !subject.is_empty());
        let subject = subject.ok_or(TokenError::Subject)?;
        Ok(Accepted { subject, expires })
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Seconds since 1970, possibly with a fraction, in milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates: times before 1970 become 0 and times out of range `u64::MAX`"
)]
fn timestamp(seconds: f64) -> u64 {
    (seconds * 1_000.0) as u64
}
