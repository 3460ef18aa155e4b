//! What may follow a word.

use crate::model::Name;
use std::time::Duration;
use syn::parse::ParseStream;
use syn::{Error, Expr, LitStr, Path, Result, Token};

/// The form of what follows a word.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
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
}

/// What followed a word.
#[derive(Debug)]
pub(crate) enum Value {
    Alone,
    Name(Name),
    Duration(Duration),
    Path(Path),
    Expr(Box<Expr>),
}

impl Form {
    /// Reads what follows the word called `name`.
    pub(super) fn parse(self, name: &str, input: ParseStream<'_>) -> Result<Value> {
        let given = input.peek(Token![=]) || !(input.is_empty() || input.peek(Token![,]));
        match self {
            Self::Alone if given => {
                Err(input.error(format!("`{name}` stands alone; remove what follows it")))
            }
            Self::Alone => Ok(Value::Alone),
            Self::Maybe if !given => Ok(Value::Alone),
            Self::Maybe => {
                equals(name, "…", input)?;
                Ok(Value::Expr(input.parse()?))
            }
            Self::Path => {
                equals(name, "some::path", input)?;
                Ok(Value::Path(Path::parse_mod_style(input)?))
            }
            Self::Name => name_of(&text(name, "\"aName\"", input)?).map(Value::Name),
            Self::Duration => duration(&text(name, "\"5s\"", input)?).map(Value::Duration),
        }
    }
}

fn equals(name: &str, example: &str, input: ParseStream<'_>) -> Result<Token![=]> {
    input
        .parse()
        .map_err(|error| Error::new(error.span(), format!("write `{name} = {example}`")))
}

fn text(name: &str, example: &str, input: ParseStream<'_>) -> Result<LitStr> {
    equals(name, example, input)?;
    input.parse().map_err(|error| {
        Error::new(
            error.span(),
            format!("`{name}` is a text; write `{name} = {example}`"),
        )
    })
}

/// A name that needs no escapes wherever it is written: in frames, in URLs, in generated clients.
fn name_of(text: &LitStr) -> Result<Name> {
    let name = text.value();
    let mut letters = name.chars();
    let fits = letters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'));
    if fits {
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
