//! The macros as functions of tokens: parse, build the model, check it, expand it.

mod hook;
mod remote;
mod resource;
mod resources;
#[cfg(test)]
mod tests;

pub(crate) use hook::outside;
pub(crate) use remote::attribute;
pub(crate) use resource::derive;
pub(crate) use resources::list;
