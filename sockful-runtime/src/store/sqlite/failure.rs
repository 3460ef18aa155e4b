//! What is told where `SQLite` fails.

use crate::error::{Error, ErrorKind, Outcome};
use rusqlite::ErrorCode;

/// The error that a request gets where a statement failed and nothing of it took effect.
pub(super) fn failure(error: rusqlite::Error) -> Error {
    let message = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk of the store is full",
        Some(ErrorCode::ReadOnly) => "the store can't be written to",
        Some(ErrorCode::CannotOpen) => "the file can't be opened",
        Some(ErrorCode::SystemIoFailure) => "the store can't reach its disk",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "the store is busy",
        _ => return Error::internal(error),
    };
    tracing::error!(%error, "{message}");
    Error::new(ErrorKind::Unavailable, message).with_outcome(Outcome::None)
}

/// What is said of a commit whose transaction was undone on account of another, or never began.
pub(super) fn undone() -> Error {
    let message = "the store can't write now";
    Error::new(ErrorKind::Unavailable, message).with_outcome(Outcome::None)
}

/// What is said of everything after a commit whose outcome nobody knows.
pub(super) fn poisoned() -> Error {
    let message = "the store failed while it wrote, and must be opened again";
    Error::new(ErrorKind::Unavailable, message).with_outcome(Outcome::Unknown)
}
