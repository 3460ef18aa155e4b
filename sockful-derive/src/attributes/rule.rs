//! Parses the rules and sanitizers of a value.

use super::suggest::nearest;
use super::syntax::{error_span, in_parentheses, parse_equals, parse_string};
use super::value::WithMessage;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Expr, ExprRange, Ident, LitStr, Path, Result, Token, token};

/// The built-in sanitizers, which are written without a path.
pub(crate) const SANITIZERS: &[&str] = &["trim", "lowercase", "uppercase"];

/// Parses `(0..=20)` or `(0..=20, message = "…")`.
pub(super) fn range(keyword: &Ident, input: ParseStream<'_>) -> Result<WithMessage<ExprRange>> {
    let name = keyword.unraw();
    let example = if name == "length" { "1..=32" } else { "0..=20" };
    let message = format!("expected a range, such as `{name}({example})`");
    in_parentheses(keyword, example, input, |inside| {
        match inside.parse::<Expr>() {
            Ok(Expr::Range(of)) => with_message(of, inside),
            Ok(other) => Err(Error::new_spanned(other, message)),
            Err(error) => Err(Error::new(error.span(), message)),
        }
    })
}

/// Parses `= "text"` or `("text", message = "…")`.
pub(super) fn text(keyword: &Ident, input: ParseStream<'_>) -> Result<WithMessage<LitStr>> {
    let name = keyword.unraw();
    let example = if name == "format" {
        "\"email\""
    } else {
        "\"^[a-z]+$\""
    };
    if !input.peek(token::Paren) {
        let of = parse_string(keyword, example, input)?;
        return Ok(WithMessage {
            value: of,
            message: None,
        });
    }
    in_parentheses(keyword, example, input, |inside| {
        let of = inside.parse().map_err(|error| {
            let message =
                format!("`{name}` must be a string; write `{name}({example}, message = \"…\")`");
            Error::new(error.span(), message)
        });
        with_message(of?, inside)
    })
}

/// Parses `= some::path` or `(some::path, message = "…")`.
pub(super) fn function(keyword: &Ident, input: ParseStream<'_>) -> Result<WithMessage<Path>> {
    let example = "some::path";
    if !input.peek(token::Paren) {
        parse_equals(keyword, example, input)?;
        let of = path(keyword, input)?;
        return Ok(WithMessage {
            value: of,
            message: None,
        });
    }
    in_parentheses(keyword, example, input, |inside| {
        with_message(path(keyword, inside)?, inside)
    })
}

/// Parses `(trim, lowercase, some::path)`.
pub(super) fn sanitizers(keyword: &Ident, input: ParseStream<'_>) -> Result<Vec<Path>> {
    in_parentheses(keyword, "trim, lowercase", input, |inside| {
        if inside.is_empty() {
            let message = "`sanitize` needs a sanitizer, such as `sanitize(trim)`";
            return Err(Error::new(inside.span(), message));
        }
        let mut paths = Vec::new();
        while !inside.is_empty() {
            paths.push(parse_sanitizer(keyword, inside)?);
            if !inside.is_empty() {
                inside.parse::<Token![,]>()?;
            }
        }
        Ok(paths)
    })
}

fn parse_sanitizer(keyword: &Ident, input: ParseStream<'_>) -> Result<Path> {
    let path = path(keyword, input)?;
    let Some(unknown) = path.get_ident().filter(|name| !is_sanitizer(name)) else {
        return Ok(path);
    };
    let value = unknown.to_string();
    let meant = match nearest(&value, SANITIZERS.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "the built-in sanitizers are `trim`, `lowercase` and `uppercase`;".to_owned(),
    };
    let message = format!(
        "unknown sanitizer `{value}`; {meant} to call a function, write its path, such as `self::{value}`"
    );
    Err(Error::new(unknown.span(), message))
}

fn is_sanitizer(name: &Ident) -> bool {
    SANITIZERS.iter().any(|known| name == known)
}

fn path(keyword: &Ident, input: ParseStream<'_>) -> Result<Path> {
    let error_span = error_span(keyword, input);
    let path = Path::parse_mod_style(input);
    path.map_err(|_| {
        let name = keyword.unraw();
        let message = format!("`{name}` needs the path of a function, such as `self::check`");
        Error::new(error_span, message)
    })
}

/// Parses the message after `value`.
fn with_message<T>(value: T, inside: ParseStream<'_>) -> Result<WithMessage<T>> {
    let message = message(inside)?;
    Ok(WithMessage { value, message })
}

/// Parses `, message = "…"` at the end of the parentheses.
fn message(inside: ParseStream<'_>) -> Result<Option<LitStr>> {
    if inside.is_empty() {
        return Ok(None);
    }
    let expected = || Error::new(inside.span(), "only `, message = \"…\"` is allowed here");
    inside.parse::<Token![,]>().map_err(|_| expected())?;
    if inside.is_empty() {
        return Ok(None);
    }
    if !inside
        .fork()
        .parse::<Ident>()
        .is_ok_and(|keyword| keyword == "message")
    {
        return Err(expected());
    }
    let keyword = inside.parse::<Ident>()?;
    let message = parse_string(&keyword, "\"…\"", inside)?;
    inside.parse::<Option<Token![,]>>()?;
    if inside.is_empty() {
        Ok(Some(message))
    } else {
        Err(inside.error("nothing is allowed after the message"))
    }
}
