//! Which values a property or an argument accepts, and how they are normalized.

pub(crate) mod bigint;
mod canonical_values;
pub(crate) mod nested_properties;
pub(crate) mod property_access;
pub(crate) mod property_values;
pub(crate) mod rules;
mod sanitizers;
pub(crate) mod whole_numbers;
