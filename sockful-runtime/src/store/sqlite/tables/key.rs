//! Values as bytes that sort like the values.

use crate::model::scalar::Scalar;

/// Returns the bytes of a value in an index: `SQLite` compares them byte by byte, which gives the order
/// of [`Scalar`], including null and −0.
pub(crate) fn key(value: &Scalar<'_>) -> Vec<u8> {
    match value {
        Scalar::Null => vec![0],
        Scalar::Bool(value) => vec![1, u8::from(*value)],
        Scalar::Number(number) => {
            // Adding zero turns −0 into 0. The bits of negative numbers are in descending order.
            let bits = (number + 0.0).to_bits();
            let sign = 1 << 63;
            let ascending = if bits & sign == 0 { bits | sign } else { !bits };
            [&[2], &ascending.to_be_bytes()[..]].concat()
        }
        Scalar::Text(text) => [&[3], text.as_bytes()].concat(),
        Scalar::Nested => vec![4],
        Scalar::Time(time) => [&[5], &time.bytes()[..]].concat(),
        Scalar::Decimal(number) => [&[6], &number.bytes()[..]].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::definition::KeyForm;

    fn keyed(text: &str, form: KeyForm) -> Scalar<'static> {
        Scalar::keyed(&format!("\"{text}\""), form).into_owned()
    }

    #[test]
    fn key_bytes_sort_like_their_values() {
        let mut scalars = vec![Scalar::Null, Scalar::Bool(false), Scalar::Bool(true)];
        let numbers = [
            -1e300, -1.5, -5e-324, -0.0, 0.0, 5e-324, 0.1, 10.0, 1.797e308,
        ];
        scalars.extend(numbers.map(Scalar::Number));
        let texts = ["", "B", "a", "aa", "\u{e9}", "\u{fffd}", "🐉"];
        scalars.extend(texts.map(|text| Scalar::Text(text.into())));
        scalars.push(Scalar::Nested);
        let times = [
            "1969-12-31T23:59:59.5Z",
            "1970-01-01T00:00:00Z",
            "2024-05-01T10:00:00.25Z",
        ];
        scalars.extend(times.map(|text| keyed(text, KeyForm::Time)));
        let numbers = ["-10", "-1.5", "0", "0.05", "1.50", "10"];
        scalars.extend(numbers.map(|text| keyed(text, KeyForm::Decimal)));
        for a in &scalars {
            for b in &scalars {
                assert_eq!(key(a).cmp(&key(b)), a.cmp(b), "{a:?} and {b:?}");
            }
        }
    }
}
