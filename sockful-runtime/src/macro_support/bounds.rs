//! What the macros ask of types, in words that the compiler repeats to the user.
//!
//! Each trait here stands for a bound that users would otherwise read in our inner terms. The
//! blanket implementations are hidden from diagnostics, so that the message names the trait below.

mod event;
mod hook;
mod parent;
mod policy;
mod property;
mod remote;
mod rule;

pub use crate::model::event::HappenTo;
pub use event::{BeEvent, event};
pub use hook::{BeGiven, BeNothing, NoRecords, Records, given, hooked};
pub use parent::{BeDetached, detach};
pub use policy::{AUser, Asked, BeAnswer, BeAsked, BeSight, BeUser, Somebody, answer, sight, user};
pub use property::{
    Absent, BeDescribed, BeKey, BeMoment, BeOptional, BePayload, BePlain, BeProperty, BeRecord,
    BeRevision, BeText, BeWide, Described, Field, Undescribed, field, id, kept, looked_up, moment,
    payload, property, record, revision, text, wide,
};
pub use remote::{BeContext, BeError, BeResult, Plain, Returned, context, resource, result, told};
pub use rule::{
    BeLong, BeNumber, BeString, BeTexts, BeVerdict, length, lowercase, range, sanitize, string,
    trim, uppercase, verdict,
};
#[cfg(feature = "garde")]
pub use rule::{BeNested, nested};
