//! Bounds of properties, parameters and records.

use crate::core::bigint::WideInteger;
use crate::model::codec::Codec;
use crate::model::definition::KeyForm;
use crate::model::key::Key;
use crate::model::resource::Resource;
use crate::model::timestamp::TimestampType;
use crate::query::typed::Plain;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// A struct that can be a resource: serde can write and read it.
#[diagnostic::on_unimplemented(
    message = "the resource `{Self}` does not implement `Serialize` and `Deserialize`",
    label = "must implement both `Serialize` and `Deserialize`",
    note = "write #[derive(serde::Serialize, serde::Deserialize, Resource)] above `{Self}`"
)]
pub trait RecordType: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> RecordType for T {}

/// Requires `T` to have serde's traits.
pub const fn record<T: RecordType>() {}

/// The type of a parameter of a remote method.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of a parameter",
    label = "must implement `Serialize`, `Deserialize` and `JsonSchema`",
    note = "add #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)] to it, or to the contained types that lack them"
)]
pub trait ParamType: Serialize + DeserializeOwned + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + JsonSchema> ParamType for T {}

/// The codec of a parameter.
pub const fn param<T: ParamType>() -> Codec<T> {
    Codec::new()
}

/// The type of a parameter that takes the whole payload.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of a payload",
    label = "must implement `Deserialize` and `JsonSchema`",
    note = "add #[derive(serde::Deserialize, schemars::JsonSchema)] to it, or to the contained types that lack them"
)]
pub trait PayloadType: DeserializeOwned + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema> PayloadType for T {}

/// The codec of a parameter that takes the whole payload.
pub const fn payload<T: PayloadType>() -> Codec<T> {
    Codec::for_payloads()
}

/// The codec of a field's type, or that of [`NoFieldCodec`] if the type lacks serde's traits.
///
/// Serde's own derive reports missing traits, so [`field`] requires only a schema.
#[derive(Debug)]
pub struct FieldCodec<T>(PhantomData<T>);

impl<T: Serialize + DeserializeOwned + JsonSchema> FieldCodec<T> {
    /// The codec.
    pub const CODEC: Codec<T> = Codec::new();
}

/// Fallback of [`FieldCodec`] for types without serde's traits, which are a compile error anyway.
pub trait NoFieldCodec {
    /// The type.
    type Field;
    /// The codec.
    const CODEC: Codec<Self::Field> = Codec::absent();
}

impl<T> NoFieldCodec for FieldCodec<T> {
    type Field = T;
}

/// The type of a property: it has a schema.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of a property",
    label = "must implement `JsonSchema`",
    note = "add #[derive(schemars::JsonSchema)] to it, or to the contained types that lack it"
)]
pub trait FieldType: JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: JsonSchema> FieldType for T {}

/// The codec of a property.
pub const fn field<T: FieldType>(codec: Codec<T>) -> Codec<T> {
    codec
}

/// The codec of an id, which is generated if it is absent.
pub const fn id<R: Resource>(codec: Codec<R::Id>) -> Codec<R::Id> {
    codec.with_computed_default_if(<R::Id as Key>::FRESH)
}

/// The type of a property that can be created without a value: an `Option`.
#[diagnostic::on_unimplemented(
    message = "a property that clients can't set needs a default",
    label = "has no value when a record is created",
    note = "add `default` or `default = …` to its #[resource(…)], or make it an `Option<{Self}>`"
)]
pub trait OptionalField {}

impl<T> OptionalField for Option<T> {}

/// The codec of a property that clients cannot set and that has no default.
pub const fn optional<T: OptionalField>(codec: Codec<T>) -> Codec<T> {
    codec
}

/// The codec of `created_at` and `updated_at`.
pub const fn timestamp<T: TimestampType>(codec: Codec<T>) -> Codec<T> {
    codec.with_timestamp(T::TIMESTAMP)
}

/// A type that can hold a revision.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of a revision",
    label = "can't represent every commit number",
    note = "write `u64` or `i64` as the type of the field"
)]
pub trait RevisionType {}

impl RevisionType for u64 {}
impl RevisionType for i64 {}

/// The codec of `rev`.
pub const fn revision<T: RevisionType>(codec: Codec<T>) -> Codec<T> {
    codec
}

/// The codec of a `wide` property or parameter.
pub const fn wide<T: WideInteger>() -> Codec<T> {
    Codec::wide()
}

/// The [`KeyForm`] of a property of type `T`, or that of [`NoKeyForm`] if its values are not plain.
#[derive(Debug)]
pub struct KeyFormOf<T>(PhantomData<T>);

impl<T: Plain> KeyFormOf<T> {
    /// The form.
    pub const KEY_FORM: KeyForm = T::KEY_FORM;
}

/// Fallback of [`KeyFormOf`] for types that are not plain.
pub trait NoKeyForm {
    /// JSON.
    const KEY_FORM: KeyForm = KeyForm::Json;
}

impl<T> NoKeyForm for KeyFormOf<T> {}

/// The codec of a property that is `unique` or has an `index`.
pub const fn indexed<T: Plain>(codec: Codec<T>) -> Codec<T> {
    codec
}

/// A type that a string literal converts to, for defaults such as `default = "dragon"`.
#[diagnostic::on_unimplemented(
    message = "a string can't be the default of `{Self}`",
    label = "can't be converted into `{Self}`",
    note = "write an expression of the field's type, such as `default = Kind::Dragon`"
)]
pub trait FromText: From<&'static str> {}

#[diagnostic::do_not_recommend]
impl<T: From<&'static str>> FromText for T {}

/// Converts the string literal of a default.
pub fn text_default<T: FromText>(text: &'static str) -> T {
    T::from(text)
}

/// Whether `T` has a schema, so that a remote method can return it.
#[derive(Debug)]
pub struct SchemaProbe<T>(PhantomData<T>);

impl<T: JsonSchema> SchemaProbe<T> {
    /// `true`.
    pub const HAS_SCHEMA: bool = true;
}

/// Fallback of [`SchemaProbe`] for types without a schema.
pub trait NoSchema {
    /// `false`.
    const HAS_SCHEMA: bool = false;
}

impl<T> NoSchema for SchemaProbe<T> {}
