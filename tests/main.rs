//! What holds of the whole.

mod client;
mod crates;
mod macros;
mod store;
mod support;
mod ui;
mod wire;
