//! The checks that look at more than one attribute.

mod block;
mod events;
mod relations;
mod resource;
mod rules;

pub(crate) use block::block;
pub(crate) use resource::resource;
