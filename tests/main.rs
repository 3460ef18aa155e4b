//! What holds of the whole.

mod crates;
mod macros;
mod support;
mod ui;
mod wire;
