//! Reads serde's attributes: wire names follow them, and unsupported ones are rejected.

use crate::diagnostics::Diagnostics;
use proc_macro2::TokenStream;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Ident, LitStr, Result, Token, parenthesized, token};

/// The serde attributes of a struct.
#[derive(Debug, Default)]
pub(crate) struct Container {
    rename_all: Option<Case>,
}

/// The cases of serde's `rename_all`.
#[derive(Clone, Copy, Debug)]
enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// The unsupported serde attributes of a struct, each with the alternative.
const ON_STRUCT: &[(&str, &str)] = &[
    ("default", "write #[resource(default)] on the fields"),
    (
        "from",
        "remove it; records are deserialized property by property",
    ),
    (
        "into",
        "remove it; records are serialized property by property",
    ),
    (
        "remote",
        "remove it; the description of a resource comes from its own fields",
    ),
    ("tag", "add a field for it"),
    ("transparent", "remove it; a record is a JSON object"),
    (
        "try_from",
        "remove it; records are deserialized property by property",
    ),
];

const OWN_TYPE: &str =
    "use a separate type for the field, with matching `Serialize`, `Deserialize` and `JsonSchema`";

/// The unsupported serde attributes of a field, each with the alternative.
const ON_FIELD: &[(&str, &str)] = &[
    ("alias", "remove it; a property has one name"),
    (
        "default",
        "write #[resource(default)], or #[resource(default = path())]",
    ),
    ("deserialize_with", OWN_TYPE),
    (
        "flatten",
        "write the fields in this struct, or keep them in one nested property",
    ),
    ("getter", OWN_TYPE),
    ("serialize_with", OWN_TYPE),
    ("skip", "write #[resource(private)], or remove the field"),
    ("skip_deserializing", "write #[resource(read_only)]"),
    ("skip_serializing", "write #[resource(private)]"),
    (
        "skip_serializing_if",
        "remove it; every property of a record is sent",
    ),
    ("with", OWN_TYPE),
];

impl Container {
    pub(crate) fn of(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Self {
        let mut container = Self::default();
        each(attributes, diagnostics, |meta, diagnostics| {
            if meta.path.is_ident("rename_all") {
                if let Some(text) = one_name(meta, diagnostics)? {
                    container.rename_all = Case::of(&text.value());
                }
                return Ok(());
            }
            refuse(meta, ON_STRUCT, diagnostics)
        });
        container
    }

    /// The name of a field on the wire.
    pub(crate) fn name_of(&self, field: &str) -> String {
        self.rename_all
            .map_or_else(|| field.to_owned(), |case| case.spell(field))
    }
}

/// The name that serde's attributes give a field.
pub(crate) fn renamed(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Option<LitStr> {
    let mut name = None;
    each(attributes, diagnostics, |meta, diagnostics| {
        if meta.path.is_ident("rename") {
            name = one_name(meta, diagnostics)?;
            return Ok(());
        }
        refuse(meta, ON_FIELD, diagnostics)
    });
    name
}

/// Calls `read` with each attribute in `#[serde(…)]`. Serde reports its own syntax errors.
fn each(
    attributes: &[Attribute],
    diagnostics: &mut Diagnostics,
    mut read: impl FnMut(&ParseNestedMeta<'_>, &mut Diagnostics) -> Result<()>,
) {
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        drop(attribute.parse_nested_meta(|meta| read(&meta, diagnostics)));
    }
}

fn refuse(
    meta: &ParseNestedMeta<'_>,
    refused: &[(&str, &str)],
    diagnostics: &mut Diagnostics,
) -> Result<()> {
    if let Some((name, instead)) = refused.iter().find(|(name, _)| meta.path.is_ident(name)) {
        let why = if *name == "default" {
            "would be a second default"
        } else {
            "would contradict the description of the resource"
        };
        diagnostics.add(
            &meta.path,
            format!("the serde attribute `{name}` {why}: {instead}"),
        );
    }
    // Serde parses the value.
    if meta.input.peek(token::Paren) {
        let content;
        parenthesized!(content in meta.input);
        content.parse::<TokenStream>()?;
    }
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<syn::Expr>()?;
    }
    Ok(())
}

/// `= "name"`, or `(serialize = "name", deserialize = "name")` with one name.
fn one_name(meta: &ParseNestedMeta<'_>, diagnostics: &mut Diagnostics) -> Result<Option<LitStr>> {
    if !meta.input.peek(token::Paren) {
        return Ok(Some(meta.value()?.parse()?));
    }
    let mut names: Vec<(Ident, LitStr)> = Vec::new();
    meta.parse_nested_meta(|inner| {
        names.push((inner.path.require_ident()?.clone(), inner.value()?.parse()?));
        Ok(())
    })?;
    match names.as_slice() {
        [(_, one), (_, other)] if one.value() == other.value() => Ok(Some(one.clone())),
        _ => {
            let what = meta.path.require_ident()?;
            diagnostics.add(
                what,
                format!("a property has the same name in both directions; write `{what} = \"…\"`"),
            );
            Ok(None)
        }
    }
}

impl Case {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "lowercase" => Self::Lower,
            "UPPERCASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "snake_case" => Self::Snake,
            "SCREAMING_SNAKE_CASE" => Self::ScreamingSnake,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::ScreamingKebab,
            _ => return None,
        })
    }

    /// Converts the name of a field as serde does, which assumes `snake_case`.
    fn spell(self, field: &str) -> String {
        match self {
            Self::Lower | Self::Snake => field.to_owned(),
            Self::Upper | Self::ScreamingSnake => field.to_ascii_uppercase(),
            Self::Pascal => pascal(field),
            Self::Camel => {
                let pascal = pascal(field);
                let mut letters = pascal.chars();
                let first = letters.next().map(|first| first.to_ascii_lowercase());
                first.into_iter().chain(letters).collect()
            }
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn pascal(field: &str) -> String {
    let mut capital = true;
    let mut name = String::new();
    for letter in field.chars() {
        match letter {
            '_' => capital = true,
            _ if std::mem::take(&mut capital) => name.push(letter.to_ascii_uppercase()),
            _ => name.push(letter),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rename_all_matches_serde() {
        let spellings = [
            ("lowercase", "first_name"),
            ("UPPERCASE", "FIRST_NAME"),
            ("PascalCase", "FirstName"),
            ("camelCase", "firstName"),
            ("snake_case", "first_name"),
            ("SCREAMING_SNAKE_CASE", "FIRST_NAME"),
            ("kebab-case", "first-name"),
            ("SCREAMING-KEBAB-CASE", "FIRST-NAME"),
        ];
        for (case, expected) in spellings {
            assert_eq!(
                Case::of(case)
                    .map(|case| case.spell("first_name"))
                    .as_deref(),
                Some(expected),
                "{case}"
            );
        }
    }
}
