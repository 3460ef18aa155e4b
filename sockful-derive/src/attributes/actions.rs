//! Parses the core actions of `only(…)` and `except(…)`, and the sizes of `page(…)`.

use super::suggest::nearest;
use super::syntax::in_brackets;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Ident, LitInt, Result, Token};

/// The core actions as they are named here; `all` goes with `find`.
const ACTIONS: &[&str] = &[
    "create",
    "get",
    "find",
    "count",
    "update",
    "save",
    "destroy",
    "subscribe",
];

/// `(get, find)`.
pub(super) fn actions(word: &Ident, input: ParseStream<'_>) -> Result<Vec<&'static str>> {
    in_brackets(word, "get, find", input, |inside| {
        if inside.is_empty() {
            let message = format!("name an action here, such as `{}(get)`", word.unraw());
            return Err(Error::new(word.span(), message));
        }
        let mut actions = Vec::new();
        while !inside.is_empty() {
            let spelt = Ident::parse_any(inside)?;
            let action = action(&spelt)?;
            if actions.contains(&action) {
                let message = format!("`{action}` is named twice; once is enough");
                return Err(Error::new(spelt.span(), message));
            }
            actions.push(action);
            if !inside.is_empty() {
                inside.parse::<Token![,]>()?;
            }
        }
        Ok(actions)
    })
}

fn action(spelt: &Ident) -> Result<&'static str> {
    let name = spelt.to_string();
    if let Some(known) = ACTIONS.iter().find(|known| **known == name) {
        return Ok(known);
    }
    let message = match nearest(&name, ACTIONS.iter().copied()) {
        _ if name == "all" => "`all` is another name of `find`; write `find`".to_owned(),
        Some(near) => format!("unknown action `{name}`; did you mean `{near}`?"),
        None => format!(
            "unknown action `{name}`; the core actions are {}",
            ACTIONS.join(", ")
        ),
    };
    Err(Error::new(spelt.span(), message))
}

/// The core actions that are not among `actions`.
pub(crate) fn others(actions: &[&'static str]) -> Vec<&'static str> {
    let is_other = |action: &&&str| !actions.contains(*action);
    ACTIONS.iter().filter(is_other).copied().collect()
}

/// `(20, 100)`.
pub(super) fn page(word: &Ident, input: ParseStream<'_>) -> Result<(usize, usize)> {
    in_brackets(word, "20, 100", input, |inside| {
        let usual = count(word, inside)?;
        inside.parse::<Token![,]>().map_err(|_| wrong(word))?;
        let most = count(word, inside)?;
        if usual.0 > most.0 {
            let message = format!(
                "a page has {} by itself, which is more than {}",
                usual.0, most.0
            );
            return Err(Error::new(usual.1.span(), message));
        }
        inside.parse::<Option<Token![,]>>()?;
        if !inside.is_empty() {
            return Err(wrong(word));
        }
        Ok((usual.0, most.0))
    })
}

fn count(word: &Ident, input: ParseStream<'_>) -> Result<(usize, LitInt)> {
    let number: LitInt = input.parse().map_err(|_| wrong(word))?;
    match number.base10_parse() {
        Ok(count) if count > 0 => Ok((count, number)),
        _ => {
            let message = "a page has at least one record";
            Err(Error::new(number.span(), message))
        }
    }
}

fn wrong(word: &Ident) -> Error {
    let message = "write how many records a list has and how many it may have: `page(20, 100)`";
    Error::new(word.span(), message)
}
