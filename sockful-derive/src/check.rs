//! Rules that look at more than one thing, one function each.

mod block;
mod events;
mod relations;
mod resource;
mod rules;

pub(crate) use block::block;
pub(crate) use resource::resource;
