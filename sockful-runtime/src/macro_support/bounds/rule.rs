//! Bounds of rules and sanitizers. Each function returns its argument, so that a call of it can
//! wrap the codec in a constant.

use crate::model::codec::{Codec, Sanitize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Display;
use std::sync::Arc;

/// A type that is a number on the wire, as `range` requires.
///
/// Applications can implement it: `impl sockful::macro_support::NumberType for Points {}`.
#[diagnostic::on_unimplemented(
    message = "`range` applies to numbers, not to `{Self}`",
    label = "is not a number",
    note = "to limit the length of a string or a list, write `length(…)`; if `{Self}` is serialized as a number, implement `sockful::macro_support::NumberType`"
)]
pub trait NumberType {}

/// A type that is a string, an array or an object on the wire, as `length` requires.
#[diagnostic::on_unimplemented(
    message = "`length` applies to strings, lists and maps, not to `{Self}`",
    label = "has no length",
    note = "to limit a number, write `range(…)`; if `{Self}` is serialized as a string, an array or an object, implement `sockful::macro_support::LengthType`"
)]
pub trait LengthType {}

/// A type that is a string on the wire, as `pattern` and `format` require.
#[diagnostic::on_unimplemented(
    message = "`pattern` and `format` apply to strings, not to `{Self}`",
    label = "is not a string",
    note = "use `String`; if `{Self}` is serialized as a string, implement `sockful::macro_support::StringType`"
)]
pub trait StringType {}

macro_rules! implement {
    ($trait:ident: $($type:ty),*) => { $(impl $trait for $type {})* };
}
implement!(NumberType: i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64);
implement!(LengthType: String, Box<str>, Arc<str>, Cow<'_, str>);
implement!(StringType: String, Box<str>, Arc<str>, Cow<'_, str>);

impl<T: NumberType> NumberType for Option<T> {}
impl<T: LengthType> LengthType for Option<T> {}
impl<T: StringType> StringType for Option<T> {}
impl<T> LengthType for Vec<T> {}
impl<T> LengthType for VecDeque<T> {}
impl<T> LengthType for Box<[T]> {}
impl<T, const N: usize> LengthType for [T; N] {}
impl<T> LengthType for BTreeSet<T> {}
impl<T, S> LengthType for HashSet<T, S> {}
impl<K, V> LengthType for BTreeMap<K, V> {}
impl<K, V, S> LengthType for HashMap<K, V, S> {}

/// The codec of a property with `range`.
pub const fn range<T: NumberType>(codec: Codec<T>) -> Codec<T> {
    codec
}

/// The codec of a property with `length`.
pub const fn length<T: LengthType>(codec: Codec<T>) -> Codec<T> {
    codec
}

/// The codec of a property with `pattern` or `format`.
pub const fn string<T: StringType>(codec: Codec<T>) -> Codec<T> {
    codec
}

/// A type that can be sanitized: one string or several.
#[diagnostic::on_unimplemented(
    message = "`sanitize` applies to strings, not to `{Self}`",
    label = "is not a string",
    note = "`String`, `Option<String>` and `Vec<String>` can be sanitized"
)]
pub trait SanitizedType: Sized {
    /// Applies `change` to each string.
    #[must_use]
    fn map_strings(self, change: fn(String) -> String) -> Self;
}

impl SanitizedType for String {
    fn map_strings(self, change: fn(String) -> String) -> Self {
        change(self)
    }
}

impl SanitizedType for Option<String> {
    fn map_strings(self, change: fn(String) -> String) -> Self {
        self.map(change)
    }
}

impl SanitizedType for Vec<String> {
    fn map_strings(self, change: fn(String) -> String) -> Self {
        self.into_iter().map(change).collect()
    }
}

/// The codec of a property with `sanitize`.
pub const fn sanitize<T: SanitizedType>(codec: Codec<T>, sanitize: Sanitize<T>) -> Codec<T> {
    codec.with_sanitizer(sanitize, T::map_strings)
}

/// Removes white space at both ends.
pub fn trim(text: String) -> String {
    match text.trim() {
        trimmed if trimmed.len() == text.len() => text,
        trimmed => trimmed.to_owned(),
    }
}

/// Converts to lower case, as Unicode defines it.
#[expect(
    clippy::needless_pass_by_value,
    reason = "all sanitizers have one signature"
)]
pub fn lowercase(text: String) -> String {
    text.to_lowercase()
}

/// Converts to upper case, as Unicode defines it.
#[expect(
    clippy::needless_pass_by_value,
    reason = "all sanitizers have one signature"
)]
pub fn uppercase(text: String) -> String {
    text.to_uppercase()
}

/// The return type of a function of `conform`: `bool`, or a `Result` with a message.
#[diagnostic::on_unimplemented(
    message = "a function for `conform` can't return `{Self}`",
    label = "is not `bool` or `Result<(), E>`",
    note = "return `bool`, or `Result<(), E>` with an error that reads as a predicate of the property's name: \"is not …\""
)]
pub trait ConformOutput {
    /// Converts to a `Result`.
    ///
    /// # Errors
    ///
    /// Returns the message, if the value does not conform.
    fn into_result(self) -> Result<(), Cow<'static, str>>;
}

impl ConformOutput for bool {
    fn into_result(self) -> Result<(), Cow<'static, str>> {
        if self {
            Ok(())
        } else {
            Err(Cow::Borrowed("is invalid"))
        }
    }
}

impl<E: Display> ConformOutput for Result<(), E> {
    fn into_result(self) -> Result<(), Cow<'static, str>> {
        self.map_err(|error| Cow::Owned(error.to_string()))
    }
}

/// Converts the return value of a function of `conform`.
///
/// # Errors
///
/// Returns the message, if the value does not conform.
pub fn conform_output<T: ConformOutput>(output: T) -> Result<(), Cow<'static, str>> {
    output.into_result()
}

/// The codec of a property with `nested`.
#[cfg(feature = "garde")]
pub const fn nested<T: NestedType>(codec: Codec<T>) -> Codec<T> {
    codec.with_nested(T::faults)
}

/// A type that validates its values, as `nested` requires.
#[cfg(feature = "garde")]
#[diagnostic::on_unimplemented(
    message = "`nested` needs `garde::Validate`, which `{Self}` does not implement",
    label = "must implement `garde::Validate`",
    note = "add #[derive(garde::Validate)] to it; a context type must implement `Default`"
)]
pub trait NestedType {
    /// The faults, with paths relative to the value.
    fn faults(&self) -> Vec<crate::Fault>;
}

#[cfg(feature = "garde")]
#[diagnostic::do_not_recommend]
impl<T: garde::Validate<Context: Default>> NestedType for T {
    fn faults(&self) -> Vec<crate::Fault> {
        let Err(report) = self.validate() else {
            return Vec::new();
        };
        let fault = |(path, error): &(garde::Path, garde::Error)| {
            crate::Fault::new(path.to_string(), "nested", error.message().to_owned())
        };
        report.iter().map(fault).collect()
    }
}
