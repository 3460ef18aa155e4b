//! Child routes, included records, cascades, and referential integrity.

pub(crate) mod cascade;
pub(crate) mod children;
mod concurrency;
mod description;
pub(crate) mod include;
mod referential_integrity;
