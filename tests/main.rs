//! What holds of the whole.

mod architecture;
mod client;
mod crates;
mod macros;
mod store;
mod support;
mod ui;
mod wire;
