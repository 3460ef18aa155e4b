//! Regular expressions.

use regex_lite::Regex;
use std::fmt;
use std::sync::OnceLock;

/// A regular expression that is compiled once, when it is first needed.
///
/// It is found anywhere in a text unless it says `^` and `$`; the time it takes is linear in the text.
pub struct Pattern {
    text: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// The pattern, which [`check`](Self::check) has found to be one.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self {
            text,
            compiled: OnceLock::new(),
        }
    }

    /// How it is written.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// Whether it is found in `text`.
    pub fn is_met_by(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::new(self.text).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// Whether `pattern` is found in `text`, for a pattern that is asked once.
    pub fn finds(pattern: &str, text: &str) -> bool {
        Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
    }

    /// Asks that `text` is a regular expression.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub fn check(text: &str) -> Result<(), Broken> {
        let Err(error) = Regex::new(text) else {
            return Ok(());
        };
        // The fault begins behind the longest beginning that is a pattern.
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

/// Why a text is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong.
    pub why: String,
    /// The character at fault, counted from one.
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
