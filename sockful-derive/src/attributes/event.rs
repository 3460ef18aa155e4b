//! Parses the events of `event(…)`.

use super::syntax::in_parentheses;
use super::value::EventArg;
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Error, Ident, Result, Token, Type};

/// Parses `(roared = Roar, slept = Nap)`.
pub(super) fn events(keyword: &Ident, input: ParseStream<'_>) -> Result<Vec<EventArg>> {
    in_parentheses(keyword, "roared = Roar", input, |inside| {
        if inside.is_empty() {
            let message = "`event` needs a name and a payload type, such as `event(roared = Roar)`";
            return Err(Error::new(keyword.span(), message));
        }
        let mut events = Vec::new();
        while !inside.is_empty() {
            events.push(event(inside)?);
            if !inside.is_empty() {
                let message = "expected `,` between events";
                let comma = inside.parse::<Token![,]>();
                comma.map_err(|error| Error::new(error.span(), message))?;
            }
        }
        Ok(events)
    })
}

fn event(input: ParseStream<'_>) -> Result<EventArg> {
    let attributes = input.call(Attribute::parse_outer)?;
    if let Some(other) = attributes.iter().find(|it| !it.path().is_ident("doc")) {
        let message = "only doc comments are allowed on an event; remove this attribute";
        return Err(Error::new_spanned(other, message));
    }
    let name = input.call(Ident::parse_any).map_err(|error| {
        let message = "expected an event name and a payload type, such as `roared = Roar`";
        Error::new(error.span(), message)
    })?;
    let lacking = |span: Span| {
        let name = name.unraw();
        let message =
            format!("the event `{name}` needs a payload type; write `{name} = SomeStruct`");
        Error::new(span, message)
    };
    // After the last event there is no token to report the error at.
    let error_span = |input: ParseStream<'_>| {
        if input.is_empty() || input.peek(Token![,]) {
            name.span()
        } else {
            input.span()
        }
    };
    let at = error_span(input);
    input.parse::<Token![=]>().map_err(|_| lacking(at))?;
    let at = error_span(input);
    let mut ty: Type = input.parse().map_err(|_| lacking(at))?;
    // A `macro_rules` macro wraps its type arguments in invisible groups.
    while let Type::Group(group) = ty {
        ty = *group.elem;
    }
    if !matches!(ty, Type::Path(_)) {
        return Err(Error::new_spanned(&ty, lacking(at)));
    }
    Ok(EventArg {
        attributes,
        name,
        ty,
    })
}
