//! Regular expressions.

use regex_lite::Regex;
use std::fmt;
use std::sync::OnceLock;

/// A regular expression that is compiled once, when it is first used.
///
/// It matches anywhere in a text unless it is anchored with `^` and `$`, in time linear in the text.
pub struct Pattern {
    text: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Creates a pattern, which [`check`](Self::check) has accepted.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self {
            text,
            compiled: OnceLock::new(),
        }
    }

    /// Returns the text of the pattern.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// Returns whether the pattern matches in `text`.
    pub fn is_met_by(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::new(self.text).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// Returns whether `pattern` matches in `text`, for a pattern that is used once.
    pub fn finds(pattern: &str, text: &str) -> bool {
        Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
    }

    /// Checks that `text` is a regular expression.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with it, and where.
    pub fn check(text: &str) -> Result<(), Broken> {
        let Err(error) = Regex::new(text) else {
            return Ok(());
        };
        // The fault comes after the longest prefix that is a valid pattern.
        let ends = text.char_indices().enumerate();
        let sound = ends.filter(|(_, (end, _))| Regex::new(&text[..*end]).is_ok());
        let at = sound.last().map_or(0, |(at, _)| at);
        Err(Broken {
            why: error.to_string(),
            at: at + 1,
        })
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).finish()
    }
}

/// The reason why a text is not a regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The description of the fault.
    pub why: String,
    /// The position of the faulty character, counted from 1.
    pub at: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_reports_offset_of_syntax_error() {
        for (text, at) in [
            ("*a", 1),
            ("(a)(b", 4),
            ("a)", 2),
            ("ä[b", 2),
            ("ab{3,1}c", 3),
            ("a\\", 2),
        ] {
            let broken = Pattern::check(text).expect_err(text);
            assert_eq!(broken.at, at, "{text}: {broken:?}");
        }
        assert_eq!(Pattern::check("^[a-z]+$"), Ok(()));
    }

    #[test]
    fn pattern_without_anchors_matches_anywhere() {
        assert!(Pattern::new("b").is_met_by("abc") && !Pattern::new("^b").is_met_by("abc"));
        assert!(Pattern::new("^a.c$").is_met_by("aéc"));
    }
}
