//! Remote methods and their arguments.

pub(crate) mod raw_payload;
pub(crate) mod remote_methods;
