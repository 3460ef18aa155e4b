//! The kinds of errors, and their codes on the wire.

/// The kinds of errors, each with the code that it has on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `bad_frame`: the message is not a frame.
    BadFrame,
    /// `unknown_resource`: nothing of that name is served.
    UnknownResource,
    /// `unknown_action`: the resource has no such action.
    UnknownAction,
    /// `invalid`: the payload breaks the schema; `fields` lists every fault.
    Invalid,
    /// `invalid_query`: the conditions or the query make no sense; `path` says where.
    InvalidQuery,
    /// `not_found`: there is no such record.
    NotFound,
    /// `conflict`: it exists already, or it changed meanwhile.
    Conflict,
    /// `unauthenticated`: the caller is nobody, and must be somebody.
    Unauthenticated,
    /// `forbidden`: this caller may not do this.
    Forbidden,
    /// `too_large`: a size over a limit; `limit` names it.
    TooLarge,
    /// `too_many`: a number over a limit; `limit` names it.
    TooMany,
    /// `rate_limited`: too often; `retry_after_ms` says when again.
    RateLimited,
    /// `timeout`: not done in time; `outcome` says whether it may have taken effect.
    Timeout,
    /// `unavailable`: not now; the server is shutting down or its store is away.
    Unavailable,
    /// `internal`: our fault. The caller is told an id, the log has the cause.
    Internal,
    /// A code that a remote method chose for itself.
    Custom,
}

/// Kind and code, in one table.
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
