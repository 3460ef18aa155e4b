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
            Self::Absent => "no token given",
            Self::TooLong => "longer than 8 KiB",
            Self::Unreadable => "not a token signed with a supported algorithm",
            Self::Critical => "unsupported critical header",
            Self::VerificationKey => "no single key matches the header",
            Self::Signature => "invalid signature",
            Self::Claims => "claims have wrong types or duplicates",
            Self::Expired => "`exp` has passed or is missing",
            Self::Early => "`nbf` is in the future",
            Self::Issuer => "`iss` does not match or is missing",
            Self::Audience => "`aud` does not match, is missing, or is unexpected",
            Self::Subject => "`sub` is empty or missing",
            Self::User => "claims can't be deserialized as the user type",
        }
    }

    /// Converts a refusal to the error for the client, which contains only what the client can act
    /// on.
    pub(super) fn to_client<T>(read: Result<T, Self>) -> Result<T> {
        read.map_err(|refusal| {
            tracing::debug!(reason = refusal.reason(), "token rejected");
            let message = match refusal {
                Self::Absent => "no token given",
                Self::Expired => "the token has expired",
                _ => "the token is not valid",
            };
            Error::new(ErrorKind::Unauthenticated, message)
        })
    }
}
