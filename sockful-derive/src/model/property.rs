//! A field of a resource.

use super::relation::Relation;
use super::rules::Rules;
use super::serde::{Container, renamed};
use crate::attributes::{Value, Words};
use crate::diagnostics::Diagnostics;
use crate::names::Name;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, Field, Ident, Type};

/// A field of a resource.
#[derive(Debug)]
pub(crate) struct Property<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) name: Name,
    pub(crate) attributes: &'a [Attribute],
    pub(crate) access: Access,
    pub(crate) kept: Option<Kept>,
    pub(crate) default: Option<Default<'a>>,
    pub(crate) rules: Rules<'a>,
    pub(crate) relation: Option<Relation<'a>>,
    pub(crate) words: &'a Words,
}

/// Who may see and set a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Open,
    ReadOnly,
    Private,
    WriteOnly,
    Immutable,
}

/// What the server keeps in a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    CreatedAt,
    UpdatedAt,
    Rev,
}

impl Kept {
    /// Each with its word.
    pub(crate) const ALL: [(&'static str, Self); 3] = [
        ("created_at", Self::CreatedAt),
        ("updated_at", Self::UpdatedAt),
        ("rev", Self::Rev),
    ];
}

/// The value for where none is given.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Default<'a> {
    /// The type's own; the word is kept for its span.
    OfType(&'a Ident),
    /// The one written.
    Written(&'a Expr),
}

impl<'a> Default<'a> {
    pub(crate) fn of(words: &'a Words) -> Option<Self> {
        match words.value("default")? {
            Value::Expr(expression) => Some(Self::Written(expression)),
            _ => words.spelt("default").map(Self::OfType),
        }
    }
}

impl<'a> Property<'a> {
    pub(super) fn of(
        field: &'a Field,
        words: &'a Words,
        serde: &Container,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let ident = field.ident.as_ref()?;
        let name = match renamed(&field.attrs, diagnostics) {
            Some(name) => Name {
                text: name.value(),
                span: name.span(),
            },
            None => Name {
                text: serde.name_of(&ident.unraw().to_string()),
                span: ident.span(),
            },
        };
        let access = match () {
            () if words.has("private") => Access::Private,
            () if words.has("write_only") => Access::WriteOnly,
            () if words.has("read_only") => Access::ReadOnly,
            () if words.has("immutable") => Access::Immutable,
            () => Access::Open,
        };
        let kept = Kept::ALL.iter().find(|(word, _)| words.has(word));
        let default = Default::of(words);
        Some(Self {
            ident,
            ty: &field.ty,
            name,
            attributes: &field.attrs,
            access,
            kept: kept.map(|(_, kept)| *kept),
            default,
            rules: Rules::of(words),
            relation: None,
            words,
        })
    }
}
