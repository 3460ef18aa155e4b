//! Parses the parent of a relation and `on_destroy`.

use super::suggest::nearest;
use super::syntax::{equals, place, text};
use syn::parse::ParseStream;
use syn::{Error, Ident, LitStr, Path, Result};

/// What may become of children whose parent is destroyed.
const CONSEQUENCES: &[&str] = &["cascade", "restrict", "detach"];

/// `= Album`.
pub(super) fn served(word: &Ident, input: ParseStream<'_>) -> Result<Path> {
    equals(word, "Album", input)?;
    let place = place(word, input);
    let message = format!("write the path of a resource, such as `{word} = Album`");
    Path::parse_mod_style(input).map_err(|_| Error::new(place, message))
}

/// `= "cascade"`.
pub(super) fn on_destroy(word: &Ident, input: ParseStream<'_>) -> Result<LitStr> {
    let text = text(word, "\"cascade\"", input)?;
    let spelt = text.value();
    if CONSEQUENCES.contains(&spelt.as_str()) {
        return Ok(text);
    }
    let message = match nearest(&spelt, CONSEQUENCES.iter().copied()) {
        Some(near) => {
            format!("`{spelt}` is not what can become of children; did you mean `{near}`?")
        }
        None => format!(
            "`{spelt}` is not what can become of children; write \"cascade\" to destroy them too, \"restrict\" to keep the parent while it has any, or \"detach\" to let them live without it"
        ),
    };
    Err(Error::new(text.span(), message))
}
