//! The kinds of values that an attribute can have, and the parser of each.

use super::syntax::{error_span, in_parentheses, parse_equals, parse_string};
use super::value::Value;
use super::{actions, event, relation, rule};
use crate::names::{Name, is_name};
use std::time::Duration;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::token::Paren;
use syn::{Error, Ident, LitStr, Path, Result, Token};

/// The kind of value that an attribute takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum ValueKind {
    /// No value.
    Flag,
    /// `= "aName"`: a name on the wire.
    Name,
    /// `= "aName"`, or `("aName", "another")`: names on the wire.
    Names,
    /// `= "5s"`.
    Duration,
    /// `= some::path`.
    Path,
    /// No value, or `= expression`.
    OptionalExpr,
    /// `(0..=20)`, with an optional message.
    RangeRule,
    /// `= "text"`, or `("text", message = "…")`.
    TextRule,
    /// `= some::path`, or `(some::path, message = "…")`.
    FunctionRule,
    /// `= "text"`.
    Str,
    /// `(trim, some::path)`.
    Sanitizers,
    /// `= SomeName`: the name of a generated struct.
    Ident,
    /// `(get, find)`: core actions.
    Actions,
    /// `= Album`: the path of a resource.
    ResourcePath,
    /// `= "cascade"`: what happens to children.
    OnDestroy,
    /// `(20, 100)`: the default and the maximum size of a page.
    Page,
    /// `(roared = Roar)`: the names of events and the types of their data.
    Events,
}

impl ValueKind {
    /// Parses the value after `keyword`, which missing tokens are reported at.
    pub(super) fn parse(self, keyword: &Ident, input: ParseStream<'_>) -> Result<Value> {
        let name = keyword.unraw();
        let given = input.peek(Token![=]) || !(input.is_empty() || input.peek(Token![,]));
        match self {
            Self::Flag if input.peek(Ident::peek_any) => {
                Err(input.error("expected `,` between attributes"))
            }
            Self::Flag if given => {
                Err(input.error(format!("`{name}` takes no value; remove what follows it")))
            }
            Self::Flag => Ok(Value::Flag),
            Self::OptionalExpr if !given => Ok(Value::Flag),
            Self::OptionalExpr => {
                parse_equals(keyword, "…", input)?;
                if input.is_empty() || input.peek(Token![,]) {
                    let message = format!("expected `{name} = …` or `{name}` without a value");
                    return Err(Error::new(error_span(keyword, input), message));
                }
                input.parse().map(Value::Expr)
            }
            Self::Path => {
                parse_equals(keyword, "some::path", input)?;
                let error_span = error_span(keyword, input);
                let wrong = |_| {
                    Error::new(
                        error_span,
                        format!("expected a path: `{name} = some::path`"),
                    )
                };
                Path::parse_mod_style(input).map(Value::Path).map_err(wrong)
            }
            Self::RangeRule => {
                rule::range(keyword, input).map(|range| Value::RangeRule(Box::new(range)))
            }
            Self::TextRule => rule::text(keyword, input).map(Value::TextRule),
            Self::FunctionRule => rule::function(keyword, input).map(Value::FunctionRule),
            Self::Str => parse_string(keyword, "\"…\"", input).map(Value::Str),
            Self::Sanitizers => rule::sanitizers(keyword, input).map(Value::Sanitizers),
            Self::Ident => {
                parse_equals(keyword, "SomeName", input)?;
                let error_span = error_span(keyword, input);
                let wrong = |_| {
                    Error::new(
                        error_span,
                        format!("expected an identifier: `{name} = SomeName`"),
                    )
                };
                input.parse().map(Value::Ident).map_err(wrong)
            }
            Self::ResourcePath => relation::served(keyword, input).map(Value::Path),
            Self::OnDestroy => relation::on_destroy(keyword, input).map(Value::Str),
            Self::Actions => actions::actions(keyword, input).map(Value::Actions),
            Self::Page => {
                actions::page(keyword, input).map(|(usual, most)| Value::Page(usual, most))
            }
            Self::Events => event::events(keyword, input).map(Value::Events),
            Self::Name => name_of(&parse_string(keyword, "\"aName\"", input)?).map(Value::Name),
            Self::Names if input.peek(Paren) => names(keyword, input).map(Value::Names),
            Self::Names => {
                let name = name_of(&parse_string(keyword, "\"aName\"", input)?)?;
                Ok(Value::Names(vec![name]))
            }
            Self::Duration => {
                duration(&parse_string(keyword, "\"5s\"", input)?).map(Value::Duration)
            }
        }
    }
}

/// Parses `("aName", "another")`.
fn names(keyword: &Ident, input: ParseStream<'_>) -> Result<Vec<Name>> {
    in_parentheses(keyword, "\"aName\", \"another\"", input, |inside| {
        let mut names = Vec::<Name>::new();
        while !inside.is_empty() {
            let name = name_of(&inside.parse()?)?;
            if names.iter().any(|known| known.text == name.text) {
                let message = format!("duplicate name `{}`; remove one", name.text);
                return Err(Error::new(name.span, message));
            }
            names.push(name);
            if !inside.is_empty() {
                inside.parse::<Token![,]>()?;
            }
        }
        if names.is_empty() {
            let keyword_name = keyword.unraw();
            let message =
                format!("`{keyword_name}` needs a name, such as `{keyword_name}(\"aName\")`");
            return Err(Error::new(keyword.span(), message));
        }
        Ok(names)
    })
}

fn name_of(string: &LitStr) -> Result<Name> {
    let name = string.value();
    if is_name(&name) {
        return Ok(Name {
            text: name,
            span: string.span(),
        });
    }
    Err(Error::new(
        string.span(),
        format!("invalid name `{name}`; use letters, digits, `_` and `-`, starting with a letter"),
    ))
}

fn duration(string: &LitStr) -> Result<Duration> {
    let value = string.value();
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = value.split_at(digits);
    let unit = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let millis = unit.and_then(|unit: u64| number.parse::<u64>().ok()?.checked_mul(unit));
    match millis {
        Some(0) => Err(Error::new(
            string.span(),
            "a timeout must be longer than zero",
        )),
        Some(millis) => Ok(Duration::from_millis(millis)),
        None => Err(Error::new(
            string.span(),
            format!(
                "invalid duration `{value}`; write a number and a unit, such as \"500ms\", \"5s\" or \"2m\""
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Span;

    fn literal(string: &str) -> LitStr {
        LitStr::new(string, Span::call_site())
    }

    #[test]
    fn duration_requires_number_and_unit() {
        for (string, millis) in [
            ("500ms", 500),
            ("5s", 5_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(
                duration(&literal(string)).ok(),
                Some(Duration::from_millis(millis)),
                "{string}"
            );
        }
        for string in [
            "",
            "5",
            "s",
            "5 s",
            "-5s",
            "1.5s",
            "0s",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert!(duration(&literal(string)).is_err(), "{string}");
        }
    }

    #[test]
    fn name_rejects_escapes() {
        for string in ["creature", "feed-all", "song_2", "élan"] {
            assert!(name_of(&literal(string)).is_ok(), "{string}");
        }
        for string in ["", "2nd", "a b", "a\"b", "a\\b", "$sort", "a/b", "a\n"] {
            assert!(name_of(&literal(string)).is_err(), "{string}");
        }
    }
}
