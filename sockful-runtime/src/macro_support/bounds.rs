//! Bounds that the expansions of the macros put on the types of applications.
//!
//! The compiler names these traits in its messages, each of which says what to write. The blanket
//! implementations are hidden from diagnostics, so that a message names the trait and not what it
//! requires.

mod event;
#[cfg(feature = "server")]
mod hook;
mod parent;
#[cfg(feature = "server")]
mod policy;
mod property;
#[cfg(feature = "server")]
mod remote;
mod rule;

pub use event::{EventData, event_data};
#[cfg(feature = "server")]
pub use hook::{HookArg, HookOutput, NoRecordAccess, RecordAccess, hook_arg, hook_output};
pub use parent::{OptionalParent, detach};
#[cfg(feature = "server")]
pub use policy::{
    AnyUser, ArgKind, PolicyArg, PolicyArgKind, PolicyOutput, ReadPolicyOutput, UserArgKind,
    policy_arg, policy_output, read_policy_output,
};
pub use property::{
    FieldCodec, FieldType, FromText, KeyFormOf, NoFieldCodec, NoKeyForm, NoSchema, OptionalField,
    ParamType, PayloadType, RecordType, RevisionType, SchemaProbe, field, id, indexed, optional,
    param, payload, record, revision, text_default, timestamp, wide,
};
#[cfg(feature = "server")]
pub use remote::{
    ContextArg, InfallibleReturn, MethodError, MethodOutput, Returned, context, encode_output,
    output, resource,
};
pub use rule::{
    ConformOutput, LengthType, NumberType, SanitizedType, StringType, conform_output, length,
    lowercase, range, sanitize, string, trim, uppercase,
};
#[cfg(feature = "garde")]
pub use rule::{NestedType, nested};
