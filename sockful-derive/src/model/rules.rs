//! The rules and the sanitizers of a field or a parameter.

use crate::attributes::{Attributes, Value};
use syn::{ExprRange, Ident, LitStr, Path};

/// The rules and sanitizers of a value.
#[derive(Debug)]
pub(crate) struct Rules<'a> {
    /// The rules, in the order written.
    pub(crate) list: Vec<Rule<'a>>,
    /// The keyword and the functions, in the order written.
    pub(crate) sanitize: Option<(&'a Ident, &'a [Path])>,
    /// The keyword and the function that decides for which records the rules apply.
    pub(crate) when: Option<(&'a Ident, &'a Path)>,
    /// A message next to the rules; the checks ensure that there is only one rule then.
    pub(crate) message: Option<(&'a Ident, &'a LitStr)>,
}

/// A rule and its keyword.
#[derive(Debug)]
pub(crate) struct Rule<'a> {
    pub(crate) keyword: &'a Ident,
    pub(crate) kind: RuleKind<'a>,
    /// The message in its parentheses.
    pub(crate) message: Option<&'a LitStr>,
}

/// The kind of a rule, with its arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RuleKind<'a> {
    Range(&'a ExprRange),
    Length(&'a ExprRange),
    Pattern(&'a LitStr),
    Format(&'a LitStr),
    Conform(&'a Path),
    Nested,
}

impl<'a> Rules<'a> {
    pub(crate) fn of(attributes: &'a Attributes) -> Self {
        let mut rules = Self {
            list: Vec::new(),
            sanitize: None,
            when: None,
            message: None,
        };
        for (name, keyword, value) in attributes.each() {
            match (name, value) {
                ("when", Value::Path(path)) => rules.when = Some((keyword, path)),
                ("message", Value::Str(text)) => rules.message = Some((keyword, text)),
                ("sanitize", Value::Sanitizers(paths)) => rules.sanitize = Some((keyword, paths)),
                _ => rules.list.extend(Rule::of(name, keyword, value)),
            }
        }
        rules
    }

    /// The custom message of a rule.
    pub(crate) fn message_of(&self, rule: &Rule<'a>) -> Option<&'a LitStr> {
        rule.message.or(self.message.map(|(_, text)| text))
    }
}

impl<'a> Rule<'a> {
    pub(crate) fn is_range(&self) -> bool {
        matches!(self.kind, RuleKind::Range(_))
    }

    /// Whether it applies to strings and lists, not to numbers.
    pub(crate) fn is_for_text(&self) -> bool {
        matches!(
            self.kind,
            RuleKind::Length(_) | RuleKind::Pattern(_) | RuleKind::Format(_)
        )
    }

    fn of(name: &str, keyword: &'a Ident, value: &'a Value) -> Option<Self> {
        let (kind, message) = match (name, value) {
            ("range", Value::RangeRule(range)) => (RuleKind::Range(&range.value), &range.message),
            ("length", Value::RangeRule(range)) => (RuleKind::Length(&range.value), &range.message),
            ("pattern", Value::TextRule(text)) => (RuleKind::Pattern(&text.value), &text.message),
            ("format", Value::TextRule(text)) => (RuleKind::Format(&text.value), &text.message),
            ("conform", Value::FunctionRule(path)) => {
                (RuleKind::Conform(&path.value), &path.message)
            }
            ("nested", Value::Flag) => (RuleKind::Nested, &None),
            _ => return None,
        };
        Some(Self {
            keyword,
            kind,
            message: message.as_ref(),
        })
    }
}
