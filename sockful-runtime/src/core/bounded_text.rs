//! Bounded text: prefixes of a text, and a buffer with a maximum length.

use std::io;

/// Appends to a buffer up to a maximum length. A write that does not fit is rejected as a whole, so
/// memory use stays within the limit.
#[derive(Debug)]
pub(crate) struct BoundedText<'a> {
    text: &'a mut Vec<u8>,
    max: usize,
}

/// Returns the longest prefix of `text` that has at most `max` bytes.
pub(crate) fn prefix(text: &str, max: usize) -> &str {
    // `str::floor_char_boundary` is newer than the minimum supported Rust version.
    let end = (0..=max.min(text.len())).rfind(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or_default()]
}

/// The error of a write that does not fit into the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl<'a> BoundedText<'a> {
    /// Appends to `text`, which grows to at most `max` bytes.
    pub(crate) fn new(text: &'a mut Vec<u8>, max: usize) -> Self {
        Self { text, max }
    }

    /// Appends `bytes`.
    ///
    /// # Errors
    ///
    /// [`Full`] if there is no room for all of them.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.append(bytes.len(), |text| text.extend_from_slice(bytes))
    }

    /// Lets `write` append at most `len` bytes.
    ///
    /// # Errors
    ///
    /// [`Full`] if there is no room for `len` bytes.
    pub(crate) fn append(
        &mut self,
        len: usize,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Full> {
        if len > self.max.saturating_sub(self.text.len()) {
            return Err(Full);
        }
        write(self.text);
        Ok(())
    }

    /// Removes the last byte.
    pub(crate) fn pop(&mut self) {
        self.text.pop();
    }

    pub(crate) fn last(&self) -> Option<u8> {
        self.text.last().copied()
    }
}

impl io::Write for BoundedText<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.push(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(Full) => Err(io::ErrorKind::FileTooLarge.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn write_beyond_limit_writes_nothing() {
        let mut text = Vec::new();
        let mut bounded = BoundedText::new(&mut text, 4);
        assert_eq!(bounded.push(b"abc"), Ok(()));
        assert_eq!(bounded.push(b"de"), Err(Full));
        assert!(bounded.write_all(b"de").is_err());
        assert_eq!(bounded.push(b"d"), Ok(()));
        assert_eq!(bounded.push(b""), Ok(()));
        assert_eq!(text, b"abcd");
    }
}
