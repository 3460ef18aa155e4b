//! From the model to tokens. Nothing here can fail: the checks have been before.
//!
//! The templates carry the span of the macro's definition, so that their locals can't meet the
//! user's names. What the compiler may complain about carries the span of what it will complain about.

mod changes;
#[cfg(feature = "client")]
mod client;
mod codec;
mod events;
pub(crate) mod fallback;
mod fields;
mod hooks;
mod parents;
mod policies;
mod remote;
mod resource;
mod resources;
mod rules;
mod tokens;

pub(crate) use remote::remote;
pub(crate) use resource::resource;
pub(crate) use resources::resources;
