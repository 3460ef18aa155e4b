//! Text that is built in constant evaluation, for compiler messages.

/// A text of fixed capacity; the rest is cut off.
#[derive(Debug)]
pub struct ConstText {
    bytes: [u8; Self::ROOM],
    len: usize,
}

impl ConstText {
    const ROOM: usize = 512;

    /// Creates an empty text.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: [0; Self::ROOM],
            len: 0,
        }
    }

    /// Appends `more`.
    #[must_use]
    pub const fn plain(mut self, more: &str) -> Self {
        let (more, mut at) = (more.as_bytes(), 0);
        while at < more.len() && self.len < Self::ROOM {
            self.bytes[self.len] = more[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    /// Appends `name` in backticks.
    #[must_use]
    pub const fn quoted(self, name: &str) -> Self {
        self.plain("`").plain(name).plain("`")
    }

    /// Returns the text.
    pub const fn as_str(&self) -> &str {
        let (text, _) = self.bytes.split_at(self.len);
        match core::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => "the names are too long for a message",
        }
    }
}

impl Default for ConstText {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns whether two texts are equal; usable in constant evaluation.
pub(crate) const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while one.len() == other.len() && at < one.len() && one[at] == other[at] {
        at += 1;
    }
    one.len() == other.len() && at == one.len()
}
