//! The errors for failures of `SQLite`.

use crate::core::error::{Error, ErrorKind, Outcome};
use rusqlite::{ErrorCode, ffi};

/// Returns the error of a request whose statement failed without effect.
pub(super) fn failure(error: rusqlite::Error) -> Error {
    let message = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the store's disk is full",
        Some(ErrorCode::ReadOnly) => "the store is not writable",
        Some(ErrorCode::CannotOpen) => "the store's file can't be opened",
        Some(ErrorCode::SystemIoFailure) => "the store's disk failed",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "the store is busy",
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            let message = "the store's file is damaged";
            tracing::error!(%error, "{message}: inspect it with `check`, and restore a copy with `restore`");
            let error = Error::new(ErrorKind::Unavailable, message);
            return error.with_outcome(Outcome::NotApplied);
        }
        _ => return Error::internal(error),
    };
    tracing::error!(%error, "{message}");
    Error::new(ErrorKind::Unavailable, message).with_outcome(Outcome::NotApplied)
}

/// Returns the error of every operation after the store was closed.
pub(super) fn closed() -> Error {
    let message = "the store is closed";
    Error::new(ErrorKind::Unavailable, message).with_outcome(Outcome::NotApplied)
}

/// Returns the error of a commit if the file was removed or replaced while it is open.
pub(super) fn replaced() -> Error {
    let message = "the store's file was removed or replaced";
    Error::new(ErrorKind::Unavailable, message).with_outcome(Outcome::NotApplied)
}

/// Returns the error of a commit whose transaction was rolled back because of another, or never began.
pub(super) fn undone() -> Error {
    let message = "the store is temporarily not writable";
    Error::new(ErrorKind::Unavailable, message).with_outcome(Outcome::NotApplied)
}

/// Returns the error of a commit whose transaction failed at its end, and was rolled back.
///
/// The page that makes the transaction a commit is written last. If a write failed, that page is
/// incomplete, and no commit will ever be found. If a later step such as the sync failed, the commit
/// may be found if this process dies before the next commit has overwritten it.
pub(super) fn uncommitted(error: &rusqlite::Error) -> Error {
    let extended = error.sqlite_error().map(|it| it.extended_code);
    let (message, outcome) = match (error.sqlite_error_code(), extended) {
        (Some(ErrorCode::DiskFull), _) => ("the store's disk is full", Outcome::NotApplied),
        (_, Some(ffi::SQLITE_IOERR_WRITE)) => ("the store is not writable", Outcome::NotApplied),
        _ => ("the store failed during a write", Outcome::Unknown),
    };
    Error::new(ErrorKind::Unavailable, message).with_outcome(outcome)
}

/// Returns the error of every operation after a rollback failed.
pub(super) fn poisoned() -> Error {
    let message = "the store failed during a write and must be opened again";
    Error::new(ErrorKind::Unavailable, message).with_outcome(Outcome::Unknown)
}
