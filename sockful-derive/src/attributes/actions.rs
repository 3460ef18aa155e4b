//! Parses the core actions of `only(…)` and `except(…)`, and the sizes of `page(…)`.

use super::suggest::nearest;
use super::syntax::in_parentheses;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Ident, LitInt, Result, Token};

/// The core actions; `all` is enabled and disabled together with `find`.
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

/// Parses `(get, find)`.
pub(super) fn actions(keyword: &Ident, input: ParseStream<'_>) -> Result<Vec<&'static str>> {
    in_parentheses(keyword, "get, find", input, |inside| {
        if inside.is_empty() {
            let message = format!("`{}` needs an action, such as `{0}(get)`", keyword.unraw());
            return Err(Error::new(keyword.span(), message));
        }
        let mut actions = Vec::new();
        while !inside.is_empty() {
            let ident = Ident::parse_any(inside)?;
            let action = action(&ident)?;
            if actions.contains(&action) {
                let message = format!("duplicate action `{action}`; remove one");
                return Err(Error::new(ident.span(), message));
            }
            actions.push(action);
            if !inside.is_empty() {
                inside.parse::<Token![,]>()?;
            }
        }
        Ok(actions)
    })
}

fn action(ident: &Ident) -> Result<&'static str> {
    let name = ident.to_string();
    if let Some(known) = ACTIONS.iter().find(|known| **known == name) {
        return Ok(known);
    }
    let message = match nearest(&name, ACTIONS.iter().copied()) {
        _ if name == "all" => "`all` is an alias of `find`; write `find`".to_owned(),
        Some(near) => format!("unknown action `{name}`; did you mean `{near}`?"),
        None => format!(
            "unknown action `{name}`; the core actions are {}",
            ACTIONS.join(", ")
        ),
    };
    Err(Error::new(ident.span(), message))
}

/// The core actions except `actions`.
pub(crate) fn all_actions_except(actions: &[&'static str]) -> Vec<&'static str> {
    let is_other = |action: &&&str| !actions.contains(*action);
    ACTIONS.iter().filter(is_other).copied().collect()
}

/// Parses `(20, 100)`.
pub(super) fn page(keyword: &Ident, input: ParseStream<'_>) -> Result<(usize, usize)> {
    in_parentheses(keyword, "20, 100", input, |inside| {
        let usual = count(keyword, inside)?;
        inside.parse::<Token![,]>().map_err(|_| wrong(keyword))?;
        let most = count(keyword, inside)?;
        if usual.0 > most.0 {
            let message = format!(
                "the default page size {} exceeds the maximum {}",
                usual.0, most.0
            );
            return Err(Error::new(usual.1.span(), message));
        }
        inside.parse::<Option<Token![,]>>()?;
        if !inside.is_empty() {
            return Err(wrong(keyword));
        }
        Ok((usual.0, most.0))
    })
}

fn count(keyword: &Ident, input: ParseStream<'_>) -> Result<(usize, LitInt)> {
    let number: LitInt = input.parse().map_err(|_| wrong(keyword))?;
    match number.base10_parse() {
        Ok(count) if count > 0 => Ok((count, number)),
        _ => {
            let message = "a page size must be at least 1";
            Err(Error::new(number.span(), message))
        }
    }
}

fn wrong(keyword: &Ident) -> Error {
    let message = "expected the default and the maximum page size, such as `page(20, 100)`";
    Error::new(keyword.span(), message)
}
