//! The kinds of errors, and their codes on the wire.

/// The kind of an error, which has a code on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `bad_frame`: the message is not a valid frame.
    BadFrame,
    /// `unknown_resource`: the server has no resource of that name.
    UnknownResource,
    /// `unknown_action`: the resource has no such action.
    UnknownAction,
    /// `invalid`: the payload violates the schema; `fields` lists every fault.
    Invalid,
    /// `invalid_query`: the conditions or the query are invalid; `path` says where.
    InvalidQuery,
    /// `not_found`: the record does not exist, or the caller cannot read it.
    NotFound,
    /// `conflict`: the record already exists, or it was changed meanwhile.
    Conflict,
    /// `unauthenticated`: the request requires authentication.
    Unauthenticated,
    /// `forbidden`: the caller is not allowed to do this.
    Forbidden,
    /// `too_large`: a size exceeds a limit; `limit` names it.
    TooLarge,
    /// `too_many`: a count exceeds a limit; `limit` names it.
    TooMany,
    /// `rate_limited`: the caller sends too many requests; `retry_after_ms` says when to retry.
    RateLimited,
    /// `timeout`: the request took too long; `outcome` says whether it may have taken effect.
    Timeout,
    /// `unavailable`: the server is shutting down, or its store is unavailable.
    Unavailable,
    /// `internal`: the server failed. The caller receives an id, the log has the cause.
    Internal,
    /// A code defined by the application, see [`Error::refused`](crate::Error::refused).
    Custom,
}

/// The code of each kind.
pub(super) const CODES: &[(ErrorKind, &str)] = &[
    (ErrorKind::BadFrame, "bad_frame"),
    (ErrorKind::UnknownResource, "unknown_resource"),
    (ErrorKind::UnknownAction, "unknown_action"),
    (ErrorKind::Invalid, "invalid"),
    (ErrorKind::InvalidQuery, "invalid_query"),
    (ErrorKind::NotFound, "not_found"),
    (ErrorKind::Conflict, "conflict"),
    (ErrorKind::Unauthenticated, "unauthenticated"),
    (ErrorKind::Forbidden, "forbidden"),
    (ErrorKind::TooLarge, "too_large"),
    (ErrorKind::TooMany, "too_many"),
    (ErrorKind::RateLimited, "rate_limited"),
    (ErrorKind::Timeout, "timeout"),
    (ErrorKind::Unavailable, "unavailable"),
    (ErrorKind::Internal, "internal"),
];

impl ErrorKind {
    pub(super) fn code(self) -> &'static str {
        CODES
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("internal", |(_, code)| code)
    }
}
