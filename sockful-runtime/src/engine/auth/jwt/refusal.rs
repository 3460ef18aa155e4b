//! Why a token is refused.

use crate::core::error::{Error, ErrorKind, Result};

/// Why a token is refused. The reason is logged; clients learn less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenError {
    Absent,
    TooLong,
    Unreadable,
    Critical,
    VerificationKey,
    Signature,
    Claims,
    Expired,
    Early,
    Issuer,
    Audience,
    Subject,
    User,
}

impl TokenError {
    /// The reason for the log, which contains nothing from the token.
    fn reason(self) -> &'static str {
        match self {
            Self::Absent => "there is none",
            Self::TooLong => "it is longer than 8 KiB",
            Self::Unreadable => "it is no token that is signed by a known algorithm",
            Self::Critical => "it has a header that must be understood, and is not",
            Self::VerificationKey => {
                "no key, or more than one, is the one it says it is signed with"
            }
            Self::Signature => "its signature is wrong",
            Self::Claims => "its claims have wrong types, or one stands twice",
            Self::Expired => "its `exp` is over, or absent",
            Self::Early => "its `nbf` has not come",
            Self::Issuer => "its `iss` is another, or absent",
            Self::Audience => "its `aud` is another, or absent, or none was asked for",
            Self::Subject => "its `sub` is empty, or absent",
            Self::User => "its claims are not what the type of the users is read from",
        }
    }

    /// Converts a refusal to the error for the client, which contains only what the client can act
    /// on.
    pub(super) fn to_client<T>(read: Result<T, Self>) -> Result<T> {
        read.map_err(|refusal| {
            tracing::debug!(reason = refusal.reason(), "a token was refused");
            let message = match refusal {
                Self::Absent => "no token was given",
                Self::Expired => "the token has expired",
                _ => "the token is not valid",
            };
            Error::new(ErrorKind::Unauthenticated, message)
        })
    }
}
