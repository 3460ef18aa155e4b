//! What texts must look like, for the macros and the runtime alike: so that a default which the
//! compiler lets pass is never refused by the server. An implementation detail: depend on `sockful`.

mod calendar;
mod format;
mod pattern;
mod plain;

pub use format::Format;
pub use pattern::{Broken, Pattern};
