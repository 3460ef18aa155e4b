//! Finds NaN and infinity in a value, which `serde_json` silently writes as null.

use serde::ser::{self, Serialize, Serializer};
use std::fmt;

/// Returns whether `value` contains neither NaN nor infinity.
pub(crate) fn is_finite<T: Serialize + ?Sized>(value: &T) -> bool {
    value.serialize(FiniteChecker).is_ok()
}

/// A serializer without output that fails at the first number that is not finite.
#[derive(Clone, Copy, Debug)]
struct FiniteChecker;

/// The error of a number that is not finite.
#[derive(Debug)]
struct NotFinite;

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number that is not finite")
    }
}

impl std::error::Error for NotFinite {}

impl ser::Error for NotFinite {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

type FiniteResult = Result<(), NotFinite>;

macro_rules! nothing {
    ($($name:ident($($of:ty),*);)*) => {$(
        fn $name(self, $(_: $of),*) -> FiniteResult {
            Ok(())
        }
    )*};
}

impl Serializer for FiniteChecker {
    type Ok = ();
    type Error = NotFinite;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    nothing! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    fn serialize_f32(self, value: f32) -> FiniteResult {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> FiniteResult {
        if value.is_finite() {
            Ok(())
        } else {
            Err(NotFinite)
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> FiniteResult {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> FiniteResult {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> FiniteResult {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> FiniteResult {
        Ok(())
    }
}

macro_rules! parts {
    ($($of:ident $name:ident;)*) => {$(
        impl ser::$of for FiniteChecker {
            type Ok = ();
            type Error = NotFinite;

            fn $name<T: Serialize + ?Sized>(&mut self, value: &T) -> FiniteResult {
                value.serialize(*self)
            }

            fn end(self) -> FiniteResult {
                Ok(())
            }
        }
    )*};
}
parts! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! named_parts {
    ($($of:ident)*) => {$(
        impl ser::$of for FiniteChecker {
            type Ok = ();
            type Error = NotFinite;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> FiniteResult {
                value.serialize(*self)
            }

            fn end(self) -> FiniteResult {
                Ok(())
            }
        }
    )*};
}
named_parts!(SerializeStruct SerializeStructVariant);

impl ser::SerializeMap for FiniteChecker {
    type Ok = ();
    type Error = NotFinite;

    /// A float as a map key is written as a string, so it is accepted.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> FiniteResult {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> FiniteResult {
        value.serialize(*self)
    }

    fn end(self) -> FiniteResult {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(serde::Serialize)]
    struct Path {
        name: &'static str,
        points: Vec<(f32, Option<f64>)>,
    }

    #[derive(serde::Serialize)]
    enum Shape {
        Circle(f64),
        Square { side: f64 },
        None,
    }

    fn path(x: f32, y: f64) -> Path {
        Path {
            name: "NaN",
            points: vec![(0.0, None), (x, Some(y))],
        }
    }

    #[test]
    fn is_finite_checks_nested_values() {
        assert!(is_finite(&path(-0.0, f64::MAX)));
        assert!(!is_finite(&path(f32::NAN, 0.0)));
        assert!(!is_finite(&path(0.0, f64::NEG_INFINITY)));
        assert!(is_finite(&(Shape::None, Shape::Circle(1.0))));
        assert!(!is_finite(&[Shape::Circle(f64::NAN)]));
        assert!(!is_finite(&Some(Shape::Square {
            side: f64::INFINITY
        })));
        assert!(!is_finite(&BTreeMap::from([("a", f64::NAN)])));
        assert!(is_finite(&BTreeMap::from([(1, None::<f64>)])));
    }
}
