//! Reads the attributes of one item, and continues after a mistake so that all of them are reported.

use super::actions::others;
use super::syntax::holds_words;
use super::table::{Place, WORDS, Word, excluded_by, unknown};
use super::value::{EventWord, Value};
use crate::diagnostics::Diagnostics;
use crate::names::Name;
use proc_macro2::{TokenStream, TokenTree};
use std::time::Duration;
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Ident, LitStr, Meta, Path, Result, Token};

/// The words given at one place.
#[derive(Debug, Default)]
pub(crate) struct Words {
    given: Vec<Given>,
    /// Whether a word could not be read, so that it is not known what it was to say.
    is_torn: bool,
}

#[derive(Debug)]
struct Given {
    word: &'static Word,
    spelt: Ident,
    value: Value,
}

impl Words {
    /// Reads the words of all attributes that hold words at `place`.
    pub(crate) fn of(
        attributes: &[Attribute],
        place: Place,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let name = place.attribute();
        let mut words = Self::default();
        misplaced(attributes, place, diagnostics);
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident(name))
        {
            match &attribute.meta {
                Meta::List(list) if !list.tokens.is_empty() => {
                    words.read(list.tokens.clone(), place, diagnostics);
                }
                _ => {
                    let message = format!(
                        "nothing is said here; write #[{name}(…)] with words in it, or remove it"
                    );
                    diagnostics.add(attribute, message);
                }
            }
        }
        words.check_exclusions(place, diagnostics);
        words
    }

    /// Reads the words between the brackets of one attribute.
    pub(crate) fn in_brackets(
        tokens: TokenStream,
        place: Place,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut words = Self::default();
        words.read(tokens, place, diagnostics);
        words
    }

    fn read(&mut self, tokens: TokenStream, place: Place, diagnostics: &mut Diagnostics) {
        let all = |input: ParseStream<'_>| -> Result<()> {
            while !input.is_empty() {
                if let Err(error) = self.read_one(input, place, diagnostics) {
                    diagnostics.adopt(error);
                    self.is_torn = true;
                    skip_to_comma(input)?;
                }
                if !input.is_empty() && !input.peek(Token![,]) {
                    diagnostics
                        .adopt(input.error("words are separated by commas; write `,` before this"));
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
        place: Place,
        diagnostics: &mut Diagnostics,
    ) -> Result<()> {
        let spelt = input.call(Ident::parse_any)?;
        let name = spelt.unraw().to_string();
        let Some(word) = WORDS
            .iter()
            .find(|word| word.name == name && word.places.contains(&place))
        else {
            skip_value(input);
            return Err(syn::Error::new(spelt.span(), unknown(&name, place)));
        };
        let value = word.form.parse(&spelt, input)?;
        if self.has(word.name) {
            diagnostics.add(&spelt, format!("`{name}` is given twice; keep one"));
        } else {
            self.given.push(Given { word, spelt, value });
        }
        Ok(())
    }

    fn check_exclusions(&self, place: Place, diagnostics: &mut Diagnostics) {
        for (at, given) in self.given.iter().enumerate() {
            let earlier = &self.given[..at];
            for (other, why) in excluded_by(given.word.name) {
                if earlier.iter().any(|earlier| earlier.word.name == other) {
                    let name = given.word.name;
                    let message = format!(
                        "`{name}` can't stand beside `{other}` on {}: {why}",
                        place.described()
                    );
                    diagnostics.add(&given.spelt, message);
                }
            }
        }
    }

    /// Every word that is given, in the order written: its name, as it is spelt, and what follows it.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&'static str, &Ident, &Value)> {
        let given = self.given.iter();
        given.map(|given| (given.word.name, &given.spelt, &given.value))
    }

    fn get(&self, name: &str) -> Option<&Given> {
        debug_assert!(
            WORDS.iter().any(|word| word.name == name),
            "`{name}` is not in the table"
        );
        self.given.iter().find(|given| given.word.name == name)
    }

    /// Whether a word could not be read: it may be the one that is missing.
    pub(crate) fn is_torn(&self) -> bool {
        self.is_torn
    }

    /// Whether the word called `name` is given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The word called `name` as it is spelt, to show a mistake under.
    pub(crate) fn spelt(&self, name: &str) -> Option<&Ident> {
        self.get(name).map(|given| &given.spelt)
    }

    /// What follows the word called `name`.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.get(name).map(|given| &given.value)
    }

    /// The name that follows the word called `name`.
    pub(crate) fn name(&self, name: &str) -> Option<&Name> {
        match self.value(name)? {
            Value::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The duration that follows the word called `name`.
    pub(crate) fn duration(&self, name: &str) -> Option<Duration> {
        match self.value(name)? {
            Value::Duration(duration) => Some(*duration),
            _ => None,
        }
    }

    /// The name of a struct that follows the word called `name`.
    pub(crate) fn ident(&self, name: &str) -> Option<&Ident> {
        match self.value(name)? {
            Value::Ident(ident) => Some(ident),
            _ => None,
        }
    }

    /// The core actions that are not served.
    pub(crate) fn unserved(&self) -> Vec<&'static str> {
        match (self.value("only"), self.value("except")) {
            (Some(Value::Actions(only)), _) => others(only),
            (_, Some(Value::Actions(except))) => except.clone(),
            _ => Vec::new(),
        }
    }

    /// How many records a list has, and may have.
    pub(crate) fn page(&self) -> Option<(usize, usize)> {
        match self.value("page")? {
            Value::Page(usual, most) => Some((*usual, *most)),
            _ => None,
        }
    }

    /// The events that are declared.
    pub(crate) fn events(&self) -> &[EventWord] {
        match self.value("event") {
            Some(Value::Events(events)) => events,
            _ => &[],
        }
    }

    /// The text that follows the word called `name`.
    pub(crate) fn said(&self, name: &str) -> Option<&LitStr> {
        match self.value(name)? {
            Value::Said(text) => Some(text),
            _ => None,
        }
    }

    /// The path that follows the word called `name`.
    pub(crate) fn path(&self, name: &str) -> Option<&Path> {
        match self.value(name)? {
            Value::Path(path) => Some(path),
            _ => None,
        }
    }
}

/// Tells the attributes that look as if they held words and are not read.
fn misplaced(attributes: &[Attribute], place: Place, diagnostics: &mut Diagnostics) {
    let name = place.attribute();
    let is_read = |attribute: &&Attribute| attribute.path().is_ident(name);
    for attribute in attributes.iter().filter(|attribute| !is_read(attribute)) {
        if !holds_words(attribute, name) {
            continue;
        }
        if !attribute.path().is_ident("cfg_attr") {
            let message = format!("write `#[{name}(…)]` here, without a path");
            diagnostics.add(attribute.path(), message);
        } else if matches!(place, Place::Method | Place::Parameter) {
            // An attribute macro sees conditions as they are written.
            let message = format!("`{name}` can't be conditional; write #[cfg(…)] on two methods");
            diagnostics.add(attribute, message);
        }
    }
}

/// Skips `= expression`, in which commas separate no words.
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
