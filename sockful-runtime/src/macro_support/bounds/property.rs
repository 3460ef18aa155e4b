//! What properties, parameters and records must be.

use crate::model::codec::Codec;
use crate::model::key::Key;
use crate::model::resource::Resource;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// A struct that can be a resource: written and read by serde.
#[diagnostic::on_unimplemented(
    message = "the resource `{Self}` lacks `Serialize` or `Deserialize`",
    label = "needs both `Serialize` and `Deserialize`",
    note = "write #[derive(serde::Serialize, serde::Deserialize, Resource)] above `{Self}`"
)]
pub trait BeRecord: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> BeRecord for T {}

/// Asks that `T` can be a resource.
pub const fn record<T: BeRecord>() {}

/// A type that a parameter of a remote method may have: read, written and described.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of a parameter",
    label = "needs `Serialize`, `Deserialize` and `JsonSchema`",
    note = "add #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)] to it, or to the types in it that lack them"
)]
pub trait BeProperty: Serialize + DeserializeOwned + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + JsonSchema> BeProperty for T {}

/// The codec of a parameter.
pub const fn property<T: BeProperty>() -> Codec<T> {
    Codec::new()
}

/// A type that a payload may have: read and described.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of a payload",
    label = "needs `Deserialize` and `JsonSchema`",
    note = "add #[derive(serde::Deserialize, schemars::JsonSchema)] to it, or to the types in it that lack them"
)]
pub trait BePayload: DeserializeOwned + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema> BePayload for T {}

/// The codec of a parameter that takes the payload whole.
pub const fn payload<T: BePayload>() -> Codec<T> {
    Codec::for_payloads()
}

/// The codec of a field's type; where that lacks serde's traits, [`Absent`]'s.
///
/// serde's own derive tells that they are missing, and once is enough: so [`field`] asks for a
/// schema only.
#[derive(Debug)]
pub struct Field<T>(PhantomData<T>);

impl<T: Serialize + DeserializeOwned + JsonSchema> Field<T> {
    /// The codec.
    pub const CODEC: Codec<T> = Codec::new();
}

/// What [`Field`] gives for types that have no codec; it only stands in for one beside an error.
pub trait Absent {
    /// The type.
    type Of;
    /// The codec.
    const CODEC: Codec<Self::Of> = Codec::absent();
}

impl<T> Absent for Field<T> {
    type Of = T;
}

/// A type that a property may have: one with a schema.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of a property",
    label = "has no schema",
    note = "add #[derive(schemars::JsonSchema)] to it, or to the types in it that lack one"
)]
pub trait BeDescribed: JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: JsonSchema> BeDescribed for T {}

/// The codec of a property.
pub const fn field<T: BeDescribed>(codec: Codec<T>) -> Codec<T> {
    codec
}

/// A type that an id may have.
pub use crate::model::key::Key as BeKey;

/// The codec of an id, made afresh where it is not given.
pub const fn id<R: Resource>(codec: Codec<R::Id>) -> Codec<R::Id> {
    codec.with_computed_default_if(<R::Id as Key>::FRESH)
}

/// A type with a value for "none", as a property needs that nobody gives a first value to.
#[diagnostic::on_unimplemented(
    message = "a property that clients can't set needs a value of its own",
    label = "there is nothing to create it with",
    note = "add `default` or `default = …` to its #[resource(…)], or make it an `Option<{Self}>`"
)]
pub trait BeOptional {}

impl<T> BeOptional for Option<T> {}

/// The codec of a property that clients can't set and that has no default.
pub const fn kept<T: BeOptional>(codec: Codec<T>) -> Codec<T> {
    codec
}

pub use crate::model::timestamp::BeMoment;

/// The codec of `created_at` and `updated_at`.
pub const fn moment<T: BeMoment>(codec: Codec<T>) -> Codec<T> {
    codec.with_timestamp(T::MOMENT)
}

/// A type that a revision can be kept in.
#[diagnostic::on_unimplemented(
    message = "a revision can't be kept in a `{Self}`",
    label = "can't hold every number of a commit",
    note = "write `u64` or `i64` as the type of the field"
)]
pub trait BeRevision {}

impl BeRevision for u64 {}
impl BeRevision for i64 {}

/// The codec of `rev`.
pub const fn revision<T: BeRevision>(codec: Codec<T>) -> Codec<T> {
    codec
}

pub use crate::core::bigint::Wide as BeWide;

/// The codec of a `wide` property or parameter.
pub const fn wide<T: BeWide>() -> Codec<T> {
    Codec::wide()
}

pub use crate::query::typed::Plain as BePlain;

/// The codec of a property that is looked up by its value.
pub const fn looked_up<T: BePlain>(codec: Codec<T>) -> Codec<T> {
    codec
}

/// A type that a text can be turned into, for defaults such as `default = "dragon"`.
#[diagnostic::on_unimplemented(
    message = "a text can't be the default of a `{Self}`",
    label = "is no `{Self}`, nor can one be made from it",
    note = "write the default as an expression of the field's type, such as `default = Kind::Dragon`"
)]
pub trait BeText: From<&'static str> {}

#[diagnostic::do_not_recommend]
impl<T: From<&'static str>> BeText for T {}

/// The value that a text stands for.
pub fn text<T: BeText>(text: &'static str) -> T {
    T::from(text)
}

/// Whether `T` has a schema, with which a remote method could return it.
#[derive(Debug)]
pub struct Described<T>(PhantomData<T>);

impl<T: JsonSchema> Described<T> {
    /// It has.
    pub const HAS_SCHEMA: bool = true;
}

/// What [`Described`] gives for types without a schema.
pub trait Undescribed {
    /// It has none.
    const HAS_SCHEMA: bool = false;
}

impl<T> Undescribed for Described<T> {}
