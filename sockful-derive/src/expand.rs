//! From the model to tokens. Nothing here can fail: the checks have been before.
//!
//! The templates carry the span of the macro's definition, so that their locals can't meet the
//! user's names. What the compiler may complain about carries the span of what it will complain about.

mod changes;
#[cfg(feature = "client")]
mod client;
mod codec;
mod events;
mod fields;
mod hooks;
mod parents;
mod policies;
mod remote;
mod resource;
mod resources;
mod rules;
#[cfg(test)]
mod tests;
mod tokens;

pub(crate) use changes::{changes, names};
pub(crate) use fields::fields;
pub(crate) use remote::{block, remote};
pub(crate) use resource::{beside, resource};
pub(crate) use resources::resources;
