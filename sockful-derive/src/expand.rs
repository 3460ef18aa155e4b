//! Expands the model to tokens; it cannot fail because the checks have passed.
//! Templates have the span of the macro definition, so that their locals cannot collide with the user's
//! names. Tokens that the compiler may report have the span of the user's code.

mod changes;
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
