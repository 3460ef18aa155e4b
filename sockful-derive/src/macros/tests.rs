//! Tests of the macros as a whole.

mod conflicts;
mod docs;
mod expansion;
