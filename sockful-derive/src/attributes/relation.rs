//! Parses the parent of a relation and `on_destroy`.

use super::suggest::nearest;
use super::syntax::{error_span, parse_equals, parse_string};
use syn::parse::ParseStream;
use syn::{Error, Ident, LitStr, Path, Result};

/// The values of `on_destroy`: what happens to the children of a destroyed parent.
const CONSEQUENCES: &[&str] = &["cascade", "restrict", "detach"];

/// Parses `= Album`.
pub(super) fn served(keyword: &Ident, input: ParseStream<'_>) -> Result<Path> {
    parse_equals(keyword, "Album", input)?;
    let error_span = error_span(keyword, input);
    let message = format!("expected the path of a resource, such as `{keyword} = Album`");
    Path::parse_mod_style(input).map_err(|_| Error::new(error_span, message))
}

/// Parses `= "cascade"`.
pub(super) fn on_destroy(keyword: &Ident, input: ParseStream<'_>) -> Result<LitStr> {
    let string = parse_string(keyword, "\"cascade\"", input)?;
    let value = string.value();
    if CONSEQUENCES.contains(&value.as_str()) {
        return Ok(string);
    }
    let message = match nearest(&value, CONSEQUENCES.iter().copied()) {
        Some(near) => {
            format!("unknown value `{value}` for `on_destroy`; did you mean `{near}`?")
        }
        None => format!(
            "unknown value `{value}` for `on_destroy`; write \"cascade\" to destroy the children too, \"restrict\" to keep the parent while it has children, or \"detach\" to keep the children without a parent"
        ),
    };
    Err(Error::new(string.span(), message))
}
