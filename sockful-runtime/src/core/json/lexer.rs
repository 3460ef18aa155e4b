//! Scans plain strings and runs of bytes; serde parses everything else.

/// Bytes of a string that are not escaped and do not end it.
pub(crate) const PLAIN: Class = all_but(b"\"\\", b' ');

/// Bytes of an object or an array that are not brackets and do not begin a string.
pub(crate) const INSIDE: Class = all_but(b"{}[]\"", 0);

/// A set of bytes.
pub(crate) type Class = [bool; 256];

/// Returns the number of leading bytes that are in `class`.
pub(crate) fn run(class: &Class, bytes: &[u8]) -> usize {
    let is_other = |byte: &u8| !class[usize::from(*byte)];
    bytes.iter().position(is_other).unwrap_or(bytes.len())
}

/// Returns the end of the string that begins at `start`, after its closing quote; `None` if there is no
/// string, or one with escapes or control characters.
pub(crate) fn plain_string(bytes: &[u8], start: usize) -> Option<usize> {
    if *bytes.get(start)? != b'"' {
        return None;
    }
    let end = start + 1 + run(&PLAIN, &bytes[start + 1..]);
    (*bytes.get(end)? == b'"').then_some(end + 1)
}

/// Returns the end of the string that begins at `start` of JSON text, after its closing quote, or the
/// end of the text if the string is not closed.
pub(crate) fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        at += run(&PLAIN, bytes.get(at..).unwrap_or_default());
        match bytes.get(at) {
            None => return bytes.len(),
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

/// Returns the length of the JSON number at the beginning of the bytes; `None` if there is none.
pub(crate) fn number(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        let is_digit = |byte: &u8| byte.is_ascii_digit();
        let count = rest.iter().take_while(|byte| is_digit(byte)).count();
        (count > 0).then_some(from + count)
    };
    let start = usize::from(bytes.first() == Some(&b'-'));
    let mut end = digits(start)?;
    if bytes[start] == b'0' && end > start + 1 {
        return None;
    }
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1)?;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        end = digits(end + 1 + sign)?;
    }
    Some(end)
}

/// Returns the class of all bytes except `these` and those below `lowest`.
const fn all_but(these: &[u8], lowest: u8) -> Class {
    let mut class = [true; 256];
    let (mut at, mut low) = (0, 0);
    while at < these.len() {
        class[these[at] as usize] = false;
        at += 1;
    }
    while low < lowest {
        class[low as usize] = false;
        low += 1;
    }
    class
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_follows_the_grammar_of_json() {
        for (text, end) in [
            ("0,", Some(1)),
            ("-0.5e+7}", Some(7)),
            ("12E3", Some(4)),
            ("01", None),
            ("-", None),
            ("1.", None),
            ("1e+", None),
            (".5", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(number(text.as_bytes()), end, "{text}");
        }
    }

    #[test]
    fn plain_string_rejects_escapes_and_controls() {
        for (json, end) in [
            (r#""""#, Some(2)),
            (r#""bob","x""#, Some(5)),
            (r#""b\u00f6b""#, None),
            ("\"böb\u{7f}\"", Some(7)),
            ("\"b\tb\"", None),
            ("\"bob", None),
            ("7", None),
            ("", None),
        ] {
            assert_eq!(plain_string(json.as_bytes(), 0), end, "{json}");
        }
    }
}
