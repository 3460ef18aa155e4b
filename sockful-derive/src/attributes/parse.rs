//! Reads the attributes of one item, and continues after a mistake so that all of them are reported.

use super::actions::all_actions_except;
use super::syntax::has_name;
use super::table::{ATTRIBUTES, AttributeDef, Target, conflicts_of, unknown_attribute};
use super::value::{EventArg, Value};
use crate::diagnostics::Diagnostics;
use crate::names::Name;
use proc_macro2::{TokenStream, TokenTree};
use std::time::Duration;
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Ident, LitStr, Meta, Path, Result, Token};

/// The attributes of one item.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    parsed: Vec<ParsedAttribute>,
    /// Whether an attribute could not be parsed, so that its meaning is unknown.
    has_errors: bool,
}

#[derive(Debug)]
struct ParsedAttribute {
    definition: &'static AttributeDef,
    keyword: Ident,
    value: Value,
}

impl Attributes {
    /// Reads all attributes of an item.
    pub(crate) fn of(
        attributes: &[Attribute],
        target: Target,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let name = target.attribute();
        let mut parsed = Self::default();
        report_misplaced(attributes, target, diagnostics);
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident(name))
        {
            match &attribute.meta {
                Meta::List(list) if !list.tokens.is_empty() => {
                    parsed.read(list.tokens.clone(), target, diagnostics);
                }
                _ => {
                    let message = format!(
                        "the attribute is empty; write #[{name}(…)] with at least one attribute, or remove it"
                    );
                    diagnostics.add(attribute, message);
                }
            }
        }
        parsed.check_conflicts(target, diagnostics);
        parsed
    }

    /// Reads the arguments of one macro attribute.
    pub(crate) fn parse_args(
        tokens: TokenStream,
        target: Target,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut parsed = Self::default();
        parsed.read(tokens, target, diagnostics);
        parsed
    }

    fn read(&mut self, tokens: TokenStream, target: Target, diagnostics: &mut Diagnostics) {
        let all = |input: ParseStream<'_>| -> Result<()> {
            while !input.is_empty() {
                if let Err(error) = self.read_one(input, target, diagnostics) {
                    diagnostics.push(error);
                    self.has_errors = true;
                    skip_to_comma(input)?;
                }
                if !input.is_empty() && !input.peek(Token![,]) {
                    diagnostics.push(input.error("expected `,` between attributes"));
                    skip_to_comma(input)?;
                }
                input.parse::<Option<Token![,]>>()?;
            }
            Ok(())
        };
        let read = all.parse2(tokens);
        diagnostics.ok(read);
    }

    fn read_one(
        &mut self,
        input: ParseStream<'_>,
        target: Target,
        diagnostics: &mut Diagnostics,
    ) -> Result<()> {
        let keyword = input.call(Ident::parse_any)?;
        let name = keyword.unraw().to_string();
        let Some(definition) = ATTRIBUTES
            .iter()
            .find(|definition| definition.name == name && definition.targets.contains(&target))
        else {
            skip_value(input);
            return Err(syn::Error::new(
                keyword.span(),
                unknown_attribute(&name, target),
            ));
        };
        let value = definition.kind.parse(&keyword, input)?;
        if self.has(definition.name) {
            diagnostics.add(
                &keyword,
                format!("duplicate attribute `{name}`; remove one"),
            );
        } else {
            self.parsed.push(ParsedAttribute {
                definition,
                keyword,
                value,
            });
        }
        Ok(())
    }

    fn check_conflicts(&self, target: Target, diagnostics: &mut Diagnostics) {
        for (at, parsed) in self.parsed.iter().enumerate() {
            let earlier = &self.parsed[..at];
            for (other, why) in conflicts_of(parsed.definition.name) {
                if earlier
                    .iter()
                    .any(|earlier| earlier.definition.name == other)
                {
                    let name = parsed.definition.name;
                    let message = format!(
                        "`{name}` can't be combined with `{other}` on {}: {why}",
                        target.description()
                    );
                    diagnostics.add(&parsed.keyword, message);
                }
            }
        }
    }

    /// Each attribute in the order written: its name, its keyword and its value.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&'static str, &Ident, &Value)> {
        let parsed = self.parsed.iter();
        parsed.map(|parsed| (parsed.definition.name, &parsed.keyword, &parsed.value))
    }

    fn get(&self, name: &str) -> Option<&ParsedAttribute> {
        debug_assert!(
            ATTRIBUTES.iter().any(|definition| definition.name == name),
            "`{name}` is not in the table"
        );
        self.parsed
            .iter()
            .find(|parsed| parsed.definition.name == name)
    }

    /// Whether an attribute could not be parsed; a missing attribute may be that one.
    pub(crate) fn has_errors(&self) -> bool {
        self.has_errors
    }

    /// Whether the attribute called `name` is present.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The keyword of the attribute called `name`, to report an error at.
    pub(crate) fn keyword(&self, name: &str) -> Option<&Ident> {
        self.get(name).map(|parsed| &parsed.keyword)
    }

    /// The value of the attribute called `name`.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.get(name).map(|parsed| &parsed.value)
    }

    /// The value of the attribute called `name`, if it is a name.
    pub(crate) fn name(&self, name: &str) -> Option<&Name> {
        match self.value(name)? {
            Value::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The value of the attribute called `name`, if it is a list of names; empty if there is none.
    pub(crate) fn names(&self, name: &str) -> &[Name] {
        match self.value(name) {
            Some(Value::Names(names)) => names,
            _ => &[],
        }
    }

    /// The value of the attribute called `name`, if it is a duration.
    pub(crate) fn duration(&self, name: &str) -> Option<Duration> {
        match self.value(name)? {
            Value::Duration(duration) => Some(*duration),
            _ => None,
        }
    }

    /// The value of the attribute called `name`, if it is the name of a struct.
    pub(crate) fn ident(&self, name: &str) -> Option<&Ident> {
        match self.value(name)? {
            Value::Ident(ident) => Some(ident),
            _ => None,
        }
    }

    /// The core actions that `only` and `except` disable.
    pub(crate) fn unserved(&self) -> Vec<&'static str> {
        match (self.value("only"), self.value("except")) {
            (Some(Value::Actions(only)), _) => all_actions_except(only),
            (_, Some(Value::Actions(except))) => except.clone(),
            _ => Vec::new(),
        }
    }

    /// The default and the maximum number of records in a page.
    pub(crate) fn page(&self) -> Option<(usize, usize)> {
        match self.value("page")? {
            Value::Page(usual, most) => Some((*usual, *most)),
            _ => None,
        }
    }

    /// The declared events.
    pub(crate) fn events(&self) -> &[EventArg] {
        match self.value("event") {
            Some(Value::Events(events)) => events,
            _ => &[],
        }
    }

    /// The value of the attribute called `name`, if it is a string.
    pub(crate) fn text(&self, name: &str) -> Option<&LitStr> {
        match self.value(name)? {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The value of the attribute called `name`, if it is a path.
    pub(crate) fn path(&self, name: &str) -> Option<&Path> {
        match self.value(name)? {
            Value::Path(path) => Some(path),
            _ => None,
        }
    }
}

/// Reports attributes that look like `#[resource]` or `#[remote]` but are not read.
fn report_misplaced(attributes: &[Attribute], target: Target, diagnostics: &mut Diagnostics) {
    let name = target.attribute();
    let is_read = |attribute: &&Attribute| attribute.path().is_ident(name);
    for attribute in attributes.iter().filter(|attribute| !is_read(attribute)) {
        if !has_name(attribute, name) {
            continue;
        }
        if !attribute.path().is_ident("cfg_attr") {
            let message = format!("write `#[{name}(…)]` without a path");
            diagnostics.add(attribute.path(), message);
        } else if matches!(target, Target::Method | Target::Parameter) {
            // An attribute macro sees `cfg_attr` before it is evaluated.
            let message = format!(
                "`{name}` can't be inside `cfg_attr`; write two methods with #[cfg(…)] instead"
            );
            diagnostics.add(attribute, message);
        }
    }
}

/// Skips `= expression`, whose commas do not separate attributes.
fn skip_value(input: ParseStream<'_>) {
    let ahead = input.fork();
    if ahead.parse::<Token![=]>().is_ok() && ahead.parse::<Expr>().is_ok() {
        input.advance_to(&ahead);
    }
}

fn skip_to_comma(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
