//! What the words of rules ask of types. Each function gives back what it gets, so that it can
//! stand around a codec in a constant.

use crate::model::codec::{Codec, Sanitize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Display;
use std::sync::Arc;

/// A type that is a number on the wire, as `range` asks.
///
/// A type of one's own can be one too: `impl sockful::must::BeNumber for Points {}`.
#[diagnostic::on_unimplemented(
    message = "`range` is for numbers, and `{Self}` is none",
    label = "is no number",
    note = "write `length(…)` for how long a text or a list is, or implement `sockful::must::BeNumber` for a type that is written as a number"
)]
pub trait BeNumber {}

/// A type with a length on the wire, as `length` asks: a string, a list, a map.
#[diagnostic::on_unimplemented(
    message = "`length` is for texts, lists and maps, and `{Self}` is none",
    label = "has no length",
    note = "write `range(…)` for numbers, or implement `sockful::must::BeLong` for a type that is written as a string, an array or an object"
)]
pub trait BeLong {}

/// A type that is a string on the wire, as `pattern` and `format` ask.
#[diagnostic::on_unimplemented(
    message = "`pattern` and `format` are for texts, and `{Self}` is none",
    label = "is no text",
    note = "make it a `String`, or implement `sockful::must::BeString` for a type that is written as a string"
)]
pub trait BeString {}

macro_rules! are {
    ($trait:ident: $($type:ty),*) => { $(impl $trait for $type {})* };
}
are!(BeNumber: i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64);
are!(BeLong: String, Box<str>, Arc<str>, Cow<'_, str>);
are!(BeString: String, Box<str>, Arc<str>, Cow<'_, str>);

impl<T: BeNumber> BeNumber for Option<T> {}
impl<T: BeLong> BeLong for Option<T> {}
impl<T: BeString> BeString for Option<T> {}
impl<T> BeLong for Vec<T> {}
impl<T> BeLong for VecDeque<T> {}
impl<T> BeLong for Box<[T]> {}
impl<T, const N: usize> BeLong for [T; N] {}
impl<T> BeLong for BTreeSet<T> {}
impl<T, S> BeLong for HashSet<T, S> {}
impl<K, V> BeLong for BTreeMap<K, V> {}
impl<K, V, S> BeLong for HashMap<K, V, S> {}

/// The codec of a property with `range`.
pub const fn range<T: BeNumber>(codec: Codec<T>) -> Codec<T> {
    codec
}

/// The codec of a property with `length`.
pub const fn length<T: BeLong>(codec: Codec<T>) -> Codec<T> {
    codec
}

/// The codec of a property with `pattern` or `format`.
pub const fn string<T: BeString>(codec: Codec<T>) -> Codec<T> {
    codec
}

/// A type that can be sanitised: a text, or several.
#[diagnostic::on_unimplemented(
    message = "`sanitize` is for texts, and `{Self}` is none",
    label = "is no text",
    note = "`String`, `Option<String>` and `Vec<String>` can be sanitised"
)]
pub trait BeTexts: Sized {
    /// The same with each text changed by `change`.
    #[must_use]
    fn each(self, change: fn(String) -> String) -> Self;
}

impl BeTexts for String {
    fn each(self, change: fn(String) -> String) -> Self {
        change(self)
    }
}

impl BeTexts for Option<String> {
    fn each(self, change: fn(String) -> String) -> Self {
        self.map(change)
    }
}

impl BeTexts for Vec<String> {
    fn each(self, change: fn(String) -> String) -> Self {
        self.into_iter().map(change).collect()
    }
}

/// The codec of a property with `sanitize`.
pub const fn sanitize<T: BeTexts>(codec: Codec<T>, sanitize: Sanitize<T>) -> Codec<T> {
    codec.with_sanitizer(sanitize, T::each)
}

/// Without white space at both ends.
pub fn trim(text: String) -> String {
    match text.trim() {
        trimmed if trimmed.len() == text.len() => text,
        trimmed => trimmed.to_owned(),
    }
}

/// In small letters, as Unicode has them.
#[expect(clippy::needless_pass_by_value, reason = "all sanitizers are alike")]
pub fn lowercase(text: String) -> String {
    text.to_lowercase()
}

/// In capital letters, as Unicode has them.
#[expect(clippy::needless_pass_by_value, reason = "all sanitizers are alike")]
pub fn uppercase(text: String) -> String {
    text.to_uppercase()
}

/// What a function of `conform` may return.
#[diagnostic::on_unimplemented(
    message = "a function for `conform` can't return `{Self}`",
    label = "returns no verdict",
    note = "return `bool`, or a `Result<(), E>` whose error says what is wrong with the value, to be read after its name: \"is not …\""
)]
pub trait BeVerdict {
    /// What is wrong, where something is.
    ///
    /// # Errors
    ///
    /// What is wrong.
    fn verdict(self) -> Result<(), Cow<'static, str>>;
}

impl BeVerdict for bool {
    fn verdict(self) -> Result<(), Cow<'static, str>> {
        if self {
            Ok(())
        } else {
            Err(Cow::Borrowed("is refused"))
        }
    }
}

impl<E: Display> BeVerdict for Result<(), E> {
    fn verdict(self) -> Result<(), Cow<'static, str>> {
        self.map_err(|error| Cow::Owned(error.to_string()))
    }
}

/// What a function of `conform` said.
///
/// # Errors
///
/// What is wrong.
pub fn verdict<V: BeVerdict>(verdict: V) -> Result<(), Cow<'static, str>> {
    verdict.verdict()
}

/// The codec of a property with `nested`.
#[cfg(feature = "garde")]
pub const fn nested<T: BeNested>(codec: Codec<T>) -> Codec<T> {
    codec.with_nested(T::faults)
}

/// A type that says itself what is wrong with its values, as `nested` asks.
#[cfg(feature = "garde")]
#[diagnostic::on_unimplemented(
    message = "`nested` asks for `garde::Validate`, which `{Self}` lacks",
    label = "can't be asked what is wrong with it",
    note = "add #[derive(garde::Validate)] to it, with a context that has a `Default` if it has one"
)]
pub trait BeNested {
    /// The faults, with their paths from the value on.
    fn faults(&self) -> Vec<crate::Fault>;
}

#[cfg(feature = "garde")]
#[diagnostic::do_not_recommend]
impl<T: garde::Validate<Context: Default>> BeNested for T {
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
