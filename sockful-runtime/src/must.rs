//! What the macros ask of types, in words that the compiler repeats to the user.
//!
//! Each trait here stands for a bound that users would otherwise read in our inner terms. The
//! blanket implementations are hidden from diagnostics, so that the message names the trait below.

mod property;
mod remote;

pub use property::{
    Absent, BeDescribed, BeKey, BeOptional, BeProperty, BeRecord, BeText, Described, Field,
    Undescribed, field, id, kept, property, record, text,
};
pub use remote::{BeContext, BeError, BeResult, Plain, Returned, context, resource, result, told};
