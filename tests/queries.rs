//! Filters, conditions over relations, spellings of operands, sort order, pages, and the typed query API.

pub(crate) mod filters_and_order;
pub(crate) mod operands;
pub(crate) mod pagination;
pub(crate) mod relations;
mod typed_api;
mod typed_relations;
mod typed_vs_json;
