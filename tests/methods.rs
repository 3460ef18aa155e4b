//! Remote methods and their arguments.

mod non_finite_numbers;
pub(crate) mod raw_payload;
pub(crate) mod remote_methods;
