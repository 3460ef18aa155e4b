//! The operands that typed queries accept for each type of property.

use crate::core::bigint::WideInteger;
use crate::model::scalar::Scalar;
use crate::model::timestamp::TimestampType;
use serde::Serialize;
use std::marker::PhantomData;
use uuid::Uuid;

/// A type whose values are single ones in JSON: a boolean, a number, a string, or null.
///
/// An enum or a newtype of one's own that serde writes as one of these has no more to say than
/// `impl sockful::Plain for Kind {}`.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is no plain value",
    label = "nothing is compared with it, looked up or sorted by it",
    note = "if serde writes `{Self}` as a string, a number or a boolean, write `impl sockful::Plain for {Self} {{}}`"
)]
pub trait Plain: Serialize {}

/// A type whose values are less or greater than each other.
#[diagnostic::on_unimplemented(
    message = "values of `{Self}` are not less or greater than each other",
    label = "has no order to ask for",
    note = "numbers and strings have one; ask with `eq`, `ne`, `one_of` and `none_of` here"
)]
pub trait Ordered: Plain {}

/// A type whose values are texts, which begin with others.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is no text",
    label = "only a text has a beginning to ask for",
    note = "`prefix` is for strings; ask with `eq`, `ne`, `one_of` and `none_of` here"
)]
pub trait Text: Plain {}

/// A type that has a value for "none".
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is never null",
    label = "is no `Option`, so it always has a value",
    note = "only a property that is an `Option` can be asked for null"
)]
pub trait Nullable {}

impl<T> Nullable for Option<T> {}
impl<T> Nullable for Decimal<Option<T>> {}

/// Marks a `wide` property: its value is a decimal string, compared by equality only.
#[derive(Debug)]
pub struct Decimal<T>(PhantomData<T>);

/// Marks a property in which the server keeps a time, and holds what it holds.
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

// Nobody writes it as the type of a field, so it is no example of one.
#[diagnostic::do_not_recommend]
impl<T: TimestampType> Plain for Time<T> {}
#[diagnostic::do_not_recommend]
impl<T: TimestampType> Ordered for Time<T> {}

impl<T: Plain> Plain for Option<T> {}
impl<T: Ordered> Ordered for Option<T> {}
impl<T: Text> Text for Option<T> {}

/// A value that a property of type `T` is compared with: a `T`, a reference to one, what is inside
/// of an `Option`, and a `&str` for a `String`.
#[diagnostic::on_unimplemented(
    message = "a property of type `{T}` can't be compared with a `{Self}`",
    label = "is no `{T}`"
)]
pub trait Like<T>: Sized {
    /// The value as queries hold it.
    fn scalar(self) -> Scalar<'static>;
}

impl<T: Plain> Like<T> for T {
    fn scalar(self) -> Scalar<'static> {
        Scalar::of(&self)
    }
}

impl<T: Plain> Like<T> for &T {
    fn scalar(self) -> Scalar<'static> {
        Scalar::of(self)
    }
}

impl<T: Plain> Like<Option<T>> for T {
    fn scalar(self) -> Scalar<'static> {
        Scalar::of(&self)
    }
}

impl<T: Plain> Like<Option<T>> for &T {
    fn scalar(self) -> Scalar<'static> {
        Scalar::of(self)
    }
}

impl<T: TimestampType> Like<Time<T>> for T {
    fn scalar(self) -> Scalar<'static> {
        self.operand()
    }
}

impl<T: TimestampType> Like<Time<T>> for &T {
    fn scalar(self) -> Scalar<'static> {
        self.operand()
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
