//! The operands that typed queries accept for each type of property.

use crate::core::bigint::WideInteger;
use crate::model::definition::KeyForm;
use crate::model::scalar::Scalar;
use crate::model::timestamp::TimestampType;
use serde::Serialize;
use std::marker::PhantomData;
use uuid::Uuid;

/// A type that serde writes as a single JSON value: a boolean, a number, a string, or null.
///
/// An enum or a newtype of your own needs `impl sockful::Plain for Kind {}`. A type of another crate
/// needs a newtype around it. For times or decimal numbers, set [`KEY_FORM`](Self::KEY_FORM); they are
/// then compared, sorted and indexed by value:
///
/// ```
/// use sockful_runtime::model::definition::KeyForm; // sockful::query::KeyForm
/// use sockful_runtime::query::typed::Plain; // sockful::Plain
///
/// #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// #[serde(transparent)]
/// struct Price(String);
///
/// impl Plain for Price {
///     const KEY_FORM: KeyForm = KeyForm::Decimal;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a plain value",
    label = "can't be compared, indexed or sorted",
    note = "if `{Self}` is defined in this crate and serialized as a string, a number or a boolean, write `impl sockful::Plain for {Self} {{}}`",
    note = "if it is defined in another crate, wrap it in a type with #[serde(transparent)], and write `impl sockful::Plain` for that type"
)]
pub trait Plain: Serialize {
    /// How stores compare and index the values. Default: as JSON.
    const KEY_FORM: KeyForm = KeyForm::Json;
}

/// A type whose values have an order.
#[diagnostic::on_unimplemented(
    message = "values of `{Self}` have no order",
    label = "can't be compared with `lt`, `lte`, `gt` or `gte`",
    note = "only numbers and strings are ordered; use `eq`, `ne`, `one_of` or `none_of`"
)]
pub trait Ordered: Plain {}

/// A string type, whose values have prefixes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a string",
    label = "has no prefix",
    note = "`prefix` applies to strings; use `eq`, `ne`, `one_of` or `none_of`"
)]
pub trait Text: Plain {}

/// A type that can be null.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is never null",
    label = "is not an `Option`, so it always has a value",
    note = "only a property of an `Option` type can be compared with null"
)]
pub trait Nullable {}

impl<T> Nullable for Option<T> {}
impl<T> Nullable for Decimal<Option<T>> {}

/// Marks a `wide` property: its value is a decimal string, compared by equality only.
#[derive(Debug)]
pub struct Decimal<T>(PhantomData<T>);

/// Marks a property in which the server stores a time; it contains the property's own type.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Time<T>(T);

macro_rules! plain {
    ($name:ident: $($ty:ty)*) => {$(
        impl $name for $ty {}
    )*};
}
plain!(Plain: bool char i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64);
plain!(Plain: String Box<str> Uuid);
plain!(Ordered: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64);
plain!(Ordered: char String Box<str> Uuid);
plain!(Text: String Box<str>);

/// Date, time and number types of optional features.
#[cfg(any(feature = "chrono", feature = "jiff", feature = "rust_decimal"))]
macro_rules! keyed {
    ($form:ident: $($ty:ty)*) => {$(
        impl Plain for $ty {
            const KEY_FORM: KeyForm = KeyForm::$form;
        }
        impl Ordered for $ty {}
    )*};
}
#[cfg(feature = "jiff")]
keyed!(Time: jiff::Timestamp);
// Values without an offset and with four-digit years sort as text like the times.
#[cfg(feature = "jiff")]
keyed!(Json: jiff::civil::Date jiff::civil::DateTime jiff::civil::Time);
#[cfg(feature = "chrono")]
keyed!(Time: chrono::DateTime<chrono::Utc> chrono::DateTime<chrono::FixedOffset>);
#[cfg(feature = "chrono")]
keyed!(Json: chrono::NaiveDate chrono::NaiveDateTime chrono::NaiveTime);
#[cfg(feature = "rust_decimal")]
keyed!(Decimal: rust_decimal::Decimal);

// Hidden from the compiler's list of implementing types, since it is not written as the type of a
// field.
#[diagnostic::do_not_recommend]
impl<T: TimestampType> Plain for Time<T> {
    const KEY_FORM: KeyForm = T::KEY_FORM;
}
#[diagnostic::do_not_recommend]
impl<T: TimestampType> Ordered for Time<T> {}

impl<T: Plain> Plain for Option<T> {
    const KEY_FORM: KeyForm = T::KEY_FORM;
}
impl<T: Ordered> Ordered for Option<T> {}
impl<T: Text> Text for Option<T> {}

/// A value that a property of type `T` is compared with: a `T`, a reference to one, the content of an
/// `Option`, or a `&str` for a `String`.
#[diagnostic::on_unimplemented(
    message = "a property of type `{T}` can't be compared with `{Self}`",
    label = "can't be compared",
    note = "a property can be compared with one value of its type: a boolean, a number or a string, not a list or an object"
)]
pub trait Like<T>: Sized {
    /// Returns the value in the form that queries use.
    fn scalar(self) -> Scalar<'static>;
}

impl<T: Plain> Like<T> for T {
    fn scalar(self) -> Scalar<'static> {
        Scalar::of_form(&self, T::KEY_FORM)
    }
}

impl<T: Plain> Like<T> for &T {
    fn scalar(self) -> Scalar<'static> {
        Scalar::of_form(self, T::KEY_FORM)
    }
}

impl<T: Plain> Like<Option<T>> for T {
    fn scalar(self) -> Scalar<'static> {
        Scalar::of_form(&self, T::KEY_FORM)
    }
}

impl<T: Plain> Like<Option<T>> for &T {
    fn scalar(self) -> Scalar<'static> {
        Scalar::of_form(self, T::KEY_FORM)
    }
}

impl<T: TimestampType> Like<Time<T>> for T {
    fn scalar(self) -> Scalar<'static> {
        Scalar::of_form(&self, T::KEY_FORM)
    }
}

impl<T: TimestampType> Like<Time<T>> for &T {
    fn scalar(self) -> Scalar<'static> {
        Scalar::of_form(self, T::KEY_FORM)
    }
}

macro_rules! texts {
    ($($ty:ty)*) => {$(
        impl Like<$ty> for &str {
            fn scalar(self) -> Scalar<'static> {
                Scalar::of(self)
            }
        }
    )*};
}
texts!(String Box<str> Option<String> Option<Box<str>>);

fn decimal<T: WideInteger>(value: &T) -> Scalar<'static> {
    let mut json = Vec::new();
    value.write(&mut json);
    Scalar::read(&String::from_utf8_lossy(&json)).into_owned()
}

impl<T: WideInteger> Like<Decimal<T>> for T {
    fn scalar(self) -> Scalar<'static> {
        decimal(&self)
    }
}

impl<T: WideInteger> Like<Decimal<Option<T>>> for T {
    fn scalar(self) -> Scalar<'static> {
        decimal(&self)
    }
}
