//! Remote methods and their arguments.

mod not_finite;
pub(crate) mod raw_payload;
pub(crate) mod remote_methods;
