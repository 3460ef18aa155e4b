//! Scans plain strings and runs of bytes; everything else is left to serde.

/// Bytes of a string that stand for themselves and do not end it.
pub(crate) const PLAIN: Class = all_but(b"\"\\", b' ');

/// Bytes of an object or an array that are no bracket and begin no string.
pub(crate) const INSIDE: Class = all_but(b"{}[]\"", 0);

/// Which bytes belong together.
pub(crate) type Class = [bool; 256];

/// How many bytes from the first are of a class.
pub(crate) fn run(class: &Class, bytes: &[u8]) -> usize {
    let is_other = |byte: &u8| !class[usize::from(*byte)];
    bytes.iter().position(is_other).unwrap_or(bytes.len())
}

/// The end of the string that begins at `start`, behind its closing quote; `None` where there is
/// none, or one with escapes or control characters.
pub(crate) fn plain_string(bytes: &[u8], start: usize) -> Option<usize> {
    if *bytes.get(start)? != b'"' {
        return None;
    }
    let end = start + 1 + run(&PLAIN, &bytes[start + 1..]);
    (*bytes.get(end)? == b'"').then_some(end + 1)
}

/// The end of the string that begins at `start` of JSON text, behind its closing quote; the end of
/// all where it never ends.
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

/// All bytes but `these` and those below `lowest`.
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
    fn a_plain_string_is_one_that_stands_for_itself() {
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
