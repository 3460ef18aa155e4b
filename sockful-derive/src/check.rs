//! Rules that look at more than one thing, one function each.

mod events;
mod relations;
mod remote;
mod resource;
mod rules;

pub(crate) use remote::remote;
pub(crate) use resource::resource;
