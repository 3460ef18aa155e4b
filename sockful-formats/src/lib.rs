//! The string formats, shared by the macros and the runtime, so that the server never rejects a default
//! that the compiler accepts. An implementation detail: depend on `sockful`.

mod calendar;
mod format;
mod pattern;
mod plain;

pub use format::Format;
pub use pattern::{Broken, Pattern};
