//! The kinds of values that an attribute can have, and the parser of each.

use super::syntax::{equals, place, text};
use super::value::Value;
use super::{actions, event, relation, rule};
use crate::names::{Name, is_name};
use std::time::Duration;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Ident, LitStr, Path, Result, Token};

/// The form of what follows a word.
#[derive(Clone, Copy, Debug)]
pub(super) enum ValueKind {
    /// Nothing.
    Alone,
    /// `= "aName"`: a text that can be a name on the wire.
    Name,
    /// `= "5s"`.
    Duration,
    /// `= some::path`.
    Path,
    /// Nothing, or `= expression`.
    Maybe,
    /// `(0..=20)`, with a message.
    Range,
    /// `= "text"`, or in brackets with a message.
    Text,
    /// `= some::path`, or in brackets with a message.
    Function,
    /// `= "what is said"`.
    Said,
    /// `(trim, some::path)`.
    Sanitizers,
    /// `= SomeName`: what a struct is to be called.
    Ident,
    /// `(get, find)`: core actions.
    Actions,
    /// `= Album`: the path of a resource.
    Served,
    /// `= "cascade"`: what becomes of children.
    OnDestroy,
    /// `(20, 100)`: how many records a list has, and may have.
    Page,
    /// `(roared = Roar)`: names of events, each with the type of what is told.
    Events,
}

impl ValueKind {
    /// Reads what follows `word`, which what is missing is shown at.
    pub(super) fn parse(self, word: &Ident, input: ParseStream<'_>) -> Result<Value> {
        let name = word.unraw();
        let given = input.peek(Token![=]) || !(input.is_empty() || input.peek(Token![,]));
        match self {
            Self::Alone if input.peek(Ident::peek_any) => {
                Err(input.error("words are separated by commas; write `,` before this"))
            }
            Self::Alone if given => {
                Err(input.error(format!("`{name}` stands alone; remove what follows it")))
            }
            Self::Alone => Ok(Value::Alone),
            Self::Maybe if !given => Ok(Value::Alone),
            Self::Maybe => {
                equals(word, "…", input)?;
                if input.is_empty() || input.peek(Token![,]) {
                    let message = format!("write `{name} = …`, or `{name}` alone");
                    return Err(Error::new(place(word, input), message));
                }
                input.parse().map(Value::Expr)
            }
            Self::Path => {
                equals(word, "some::path", input)?;
                let place = place(word, input);
                let wrong = |_| Error::new(place, format!("write `{name} = some::path`"));
                Path::parse_mod_style(input).map(Value::Path).map_err(wrong)
            }
            Self::Range => rule::range(word, input).map(|range| Value::Range(Box::new(range))),
            Self::Text => rule::text(word, input).map(Value::Text),
            Self::Function => rule::function(word, input).map(Value::Function),
            Self::Said => text(word, "\"…\"", input).map(Value::Said),
            Self::Sanitizers => rule::sanitizers(word, input).map(Value::Sanitizers),
            Self::Ident => {
                equals(word, "SomeName", input)?;
                let place = place(word, input);
                let wrong = |_| Error::new(place, format!("write `{name} = SomeName`"));
                input.parse().map(Value::Ident).map_err(wrong)
            }
            Self::Served => relation::served(word, input).map(Value::Path),
            Self::OnDestroy => relation::on_destroy(word, input).map(Value::Said),
            Self::Actions => actions::actions(word, input).map(Value::Actions),
            Self::Page => actions::page(word, input).map(|(usual, most)| Value::Page(usual, most)),
            Self::Events => event::events(word, input).map(Value::Events),
            Self::Name => name_of(&text(word, "\"aName\"", input)?).map(Value::Name),
            Self::Duration => duration(&text(word, "\"5s\"", input)?).map(Value::Duration),
        }
    }
}

fn name_of(text: &LitStr) -> Result<Name> {
    let name = text.value();
    if is_name(&name) {
        return Ok(Name {
            text: name,
            span: text.span(),
        });
    }
    Err(Error::new(
        text.span(),
        format!("`{name}` can't be a name; write letters, digits, `_` and `-`, a letter first"),
    ))
}

fn duration(text: &LitStr) -> Result<Duration> {
    let value = text.value();
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
            text.span(),
            "a timeout of nothing lets nothing run; write a longer one",
        )),
        Some(millis) => Ok(Duration::from_millis(millis)),
        None => Err(Error::new(
            text.span(),
            format!(
                "`{value}` is no duration; write a number and a unit, such as \"500ms\", \"5s\" or \"2m\""
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Span;

    fn literal(text: &str) -> LitStr {
        LitStr::new(text, Span::call_site())
    }

    #[test]
    fn durations_have_a_number_and_a_unit() {
        for (text, millis) in [
            ("500ms", 500),
            ("5s", 5_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(
                duration(&literal(text)).ok(),
                Some(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in [
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
            assert!(duration(&literal(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn names_need_no_escapes() {
        for text in ["creature", "feed-all", "song_2", "élan"] {
            assert!(name_of(&literal(text)).is_ok(), "{text}");
        }
        for text in ["", "2nd", "a b", "a\"b", "a\\b", "$sort", "a/b", "a\n"] {
            assert!(name_of(&literal(text)).is_err(), "{text}");
        }
    }
}
