//! Parts of a text as offsets, for values that outlive a borrow of it.

/// A part of a text as offsets; empty by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Creates the part from `start` to `end`. Offsets beyond 4 GiB give an empty part: texts of that
    /// size are rejected before they are parsed.
    #[inline]
    pub(crate) fn new(start: usize, end: usize) -> Self {
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(start), Ok(end)) if start <= end => Self { start, end },
            _ => Self::default(),
        }
    }

    /// Returns the offsets of `part`, a slice of `text`; an empty span if it is not.
    #[inline]
    pub(crate) fn of(text: &str, part: impl AsRef<[u8]>) -> Self {
        let part = part.as_ref();
        let start = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
        let end = start.wrapping_add(part.len());
        if end > text.len() {
            return Self::default();
        }
        Self::new(start, end)
    }

    #[inline]
    pub(crate) fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Returns the part of `text`, which must be the text that the span was created from.
    #[inline]
    pub(crate) fn part(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }

    /// Returns the bytes of [`part`](Self::part).
    #[inline]
    pub(crate) fn bytes(self, text: &str) -> &[u8] {
        let part = self.start as usize..self.end as usize;
        text.as_bytes().get(part).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn span_returns_its_part_of_the_text() {
        let text = "böb,joe";
        let span = Span::of(text, &text[5..]);
        assert_eq!((span.part(text), span.len()), ("joe", 3));
        assert_eq!(span.bytes(text), b"joe");
        assert_eq!(Span::new(5, 8), span);
    }

    #[test]
    fn span_of_foreign_text_is_empty() {
        let (text, other) = ("bob".to_owned(), "bob".to_owned());
        assert!(Span::of(&text, &other).is_empty());
        assert!(Span::of(&text, "a text that is longer").is_empty());
        assert_eq!(Span::new(1, 9).part(&text), "");
        assert_eq!(Span::new(2, 1), Span::default());
        #[cfg(target_pointer_width = "64")]
        assert_eq!(Span::new(1 << 33, 1 << 34), Span::default());
    }
}
