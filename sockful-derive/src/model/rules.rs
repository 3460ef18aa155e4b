//! The rules and the sanitizers of a field or a parameter.

use crate::attributes::{Value, Words};
use syn::{ExprRange, Ident, LitStr, Path};

/// What the values of a property must keep to, and what is done to them before.
#[derive(Debug)]
pub(crate) struct Rules<'a> {
    /// The rules, in the order written.
    pub(crate) list: Vec<Rule<'a>>,
    /// The word and the functions, in the order written.
    pub(crate) sanitize: Option<(&'a Ident, &'a [Path])>,
    /// The word and the function that says for which records the rules hold.
    pub(crate) when: Option<(&'a Ident, &'a Path)>,
    /// A message beside the rules; the checks have made sure that it can only be of one.
    pub(crate) message: Option<(&'a Ident, &'a LitStr)>,
}

/// A rule, and the word that it is written with.
#[derive(Debug)]
pub(crate) struct Rule<'a> {
    pub(crate) word: &'a Ident,
    pub(crate) check: Check<'a>,
    /// A message inside of its brackets.
    pub(crate) message: Option<&'a LitStr>,
}

/// What a rule asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Check<'a> {
    Range(&'a ExprRange),
    Length(&'a ExprRange),
    Pattern(&'a LitStr),
    Format(&'a LitStr),
    Conform(&'a Path),
    Nested,
}

impl<'a> Rules<'a> {
    pub(crate) fn of(words: &'a Words) -> Self {
        let mut rules = Self {
            list: Vec::new(),
            sanitize: None,
            when: None,
            message: None,
        };
        for (name, spelt, value) in words.each() {
            match (name, value) {
                ("when", Value::Path(path)) => rules.when = Some((spelt, path)),
                ("message", Value::Said(text)) => rules.message = Some((spelt, text)),
                ("sanitize", Value::Sanitizers(paths)) => rules.sanitize = Some((spelt, paths)),
                _ => rules.list.extend(Rule::of(name, spelt, value)),
            }
        }
        rules
    }

    /// What a rule says in place of our own words.
    pub(crate) fn message_of(&self, rule: &Rule<'a>) -> Option<&'a LitStr> {
        rule.message.or(self.message.map(|(_, text)| text))
    }
}

impl<'a> Rule<'a> {
    pub(crate) fn is_range(&self) -> bool {
        matches!(self.check, Check::Range(_))
    }

    /// Whether it asks for a length or a text, which no number has.
    pub(crate) fn is_of_texts(&self) -> bool {
        matches!(
            self.check,
            Check::Length(_) | Check::Pattern(_) | Check::Format(_)
        )
    }

    fn of(name: &str, word: &'a Ident, value: &'a Value) -> Option<Self> {
        let (check, message) = match (name, value) {
            ("range", Value::Range(range)) => (Check::Range(&range.of), &range.message),
            ("length", Value::Range(range)) => (Check::Length(&range.of), &range.message),
            ("pattern", Value::Text(text)) => (Check::Pattern(&text.of), &text.message),
            ("format", Value::Text(text)) => (Check::Format(&text.of), &text.message),
            ("conform", Value::Function(path)) => (Check::Conform(&path.of), &path.message),
            ("nested", Value::Alone) => (Check::Nested, &None),
            _ => return None,
        };
        Some(Self {
            word,
            check,
            message: message.as_ref(),
        })
    }
}
