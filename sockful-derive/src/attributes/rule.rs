//! Parses the rules and sanitizers of a value.

use super::suggest::nearest;
use super::syntax::{equals, in_brackets, place, text as text_after_equals};
use super::value::Ruled;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Expr, ExprRange, Ident, LitStr, Path, Result, Token, token};

/// The sanitizers that need no path.
pub(crate) const SANITIZERS: &[&str] = &["trim", "lowercase", "uppercase"];

/// `(0..=20)`, or `(0..=20, message = "…")`.
pub(super) fn range(word: &Ident, input: ParseStream<'_>) -> Result<Ruled<ExprRange>> {
    let name = word.unraw();
    let example = if name == "length" { "1..=32" } else { "0..=20" };
    let message = format!("write a range, such as `{name}({example})`");
    in_brackets(word, example, input, |inside| {
        match inside.parse::<Expr>() {
            Ok(Expr::Range(of)) => ruled(of, inside),
            Ok(other) => Err(Error::new_spanned(other, message)),
            Err(error) => Err(Error::new(error.span(), message)),
        }
    })
}

/// `= "text"`, or `("text", message = "…")`.
pub(super) fn text(word: &Ident, input: ParseStream<'_>) -> Result<Ruled<LitStr>> {
    let name = word.unraw();
    let example = if name == "format" {
        "\"email\""
    } else {
        "\"^[a-z]+$\""
    };
    if !input.peek(token::Paren) {
        let of = text_after_equals(word, example, input)?;
        return Ok(Ruled { of, message: None });
    }
    in_brackets(word, example, input, |inside| {
        let of = inside.parse().map_err(|error| {
            let message = format!("`{name}` is a text; write `{name}({example}, message = \"…\")`");
            Error::new(error.span(), message)
        });
        ruled(of?, inside)
    })
}

/// `= some::path`, or `(some::path, message = "…")`.
pub(super) fn function(word: &Ident, input: ParseStream<'_>) -> Result<Ruled<Path>> {
    let example = "some::path";
    if !input.peek(token::Paren) {
        equals(word, example, input)?;
        let of = path(word, input)?;
        return Ok(Ruled { of, message: None });
    }
    in_brackets(word, example, input, |inside| {
        ruled(path(word, inside)?, inside)
    })
}

/// `(trim, lowercase, some::path)`.
pub(super) fn sanitizers(word: &Ident, input: ParseStream<'_>) -> Result<Vec<Path>> {
    in_brackets(word, "trim, lowercase", input, |inside| {
        if inside.is_empty() {
            let message = "nothing is done here; write `sanitize(trim)`, or remove it";
            return Err(Error::new(inside.span(), message));
        }
        let mut paths = Vec::new();
        while !inside.is_empty() {
            paths.push(sanitizer(word, inside)?);
            if !inside.is_empty() {
                inside.parse::<Token![,]>()?;
            }
        }
        Ok(paths)
    })
}

fn sanitizer(word: &Ident, input: ParseStream<'_>) -> Result<Path> {
    let path = path(word, input)?;
    let Some(unknown) = path.get_ident().filter(|name| !is_sanitizer(name)) else {
        return Ok(path);
    };
    let spelt = unknown.to_string();
    let meant = match nearest(&spelt, SANITIZERS.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "there are `trim`, `lowercase` and `uppercase`;".to_owned(),
    };
    let message = format!(
        "unknown sanitizer `{spelt}`; {meant} a function is written with its path, such as `self::{spelt}`"
    );
    Err(Error::new(unknown.span(), message))
}

fn is_sanitizer(name: &Ident) -> bool {
    SANITIZERS.iter().any(|known| name == known)
}

fn path(word: &Ident, input: ParseStream<'_>) -> Result<Path> {
    let place = place(word, input);
    let path = Path::parse_mod_style(input);
    path.map_err(|_| {
        let name = word.unraw();
        let message = format!("`{name}` takes the path of a function, such as `self::check`");
        Error::new(place, message)
    })
}

/// What was read, with the message behind it.
fn ruled<T>(of: T, inside: ParseStream<'_>) -> Result<Ruled<T>> {
    let message = message(inside)?;
    Ok(Ruled { of, message })
}

/// The `, message = "…"` at the end of the brackets.
fn message(inside: ParseStream<'_>) -> Result<Option<LitStr>> {
    if inside.is_empty() {
        return Ok(None);
    }
    let expected = || Error::new(inside.span(), "only `, message = \"…\"` can follow");
    inside.parse::<Token![,]>().map_err(|_| expected())?;
    if inside.is_empty() {
        return Ok(None);
    }
    if !inside
        .fork()
        .parse::<Ident>()
        .is_ok_and(|word| word == "message")
    {
        return Err(expected());
    }
    let word = inside.parse::<Ident>()?;
    let message = text_after_equals(&word, "\"…\"", inside)?;
    inside.parse::<Option<Token![,]>>()?;
    if inside.is_empty() {
        Ok(Some(message))
    } else {
        Err(inside.error("nothing can follow the message"))
    }
}
