//! The model of a field of a resource.

use super::relation::Relation;
use super::rules::Rules;
use super::serde::{Container, renamed};
use crate::attributes::{Attributes, Value};
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
    pub(crate) raw_attributes: &'a [Attribute],
    pub(crate) access: Access,
    pub(crate) managed: Option<Managed>,
    pub(crate) default: Option<DefaultValue<'a>>,
    pub(crate) rules: Rules<'a>,
    pub(crate) relation: Option<Relation<'a>>,
    pub(crate) attributes: &'a Attributes,
}

/// The access of clients to a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Open,
    ReadOnly,
    Private,
    WriteOnly,
    Immutable,
}

/// The value that the server maintains in a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Managed {
    CreatedAt,
    UpdatedAt,
    Rev,
}

impl Managed {
    /// Each value with its attribute.
    pub(crate) const ALL: [(&'static str, Self); 3] = [
        ("created_at", Self::CreatedAt),
        ("updated_at", Self::UpdatedAt),
        ("rev", Self::Rev),
    ];
}

/// The value of a property that is not given.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DefaultValue<'a> {
    /// The default of the type; the keyword is kept for its span.
    TypeDefault(&'a Ident),
    /// The expression that is written.
    Expr(&'a Expr),
}

impl<'a> DefaultValue<'a> {
    pub(crate) fn of(attributes: &'a Attributes) -> Option<Self> {
        match attributes.value("default")? {
            Value::Expr(expression) => Some(Self::Expr(expression)),
            _ => attributes.keyword("default").map(Self::TypeDefault),
        }
    }
}

impl<'a> Property<'a> {
    pub(super) fn of(
        field: &'a Field,
        attributes: &'a Attributes,
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
            () if attributes.has("private") => Access::Private,
            () if attributes.has("write_only") => Access::WriteOnly,
            () if attributes.has("read_only") => Access::ReadOnly,
            () if attributes.has("immutable") => Access::Immutable,
            () => Access::Open,
        };
        let managed = Managed::ALL.iter().find(|(name, _)| attributes.has(name));
        let default = DefaultValue::of(attributes);
        Some(Self {
            ident,
            ty: &field.ty,
            name,
            raw_attributes: &field.attrs,
            access,
            managed: managed.map(|(_, managed)| *managed),
            default,
            rules: Rules::of(attributes),
            relation: None,
            attributes,
        })
    }
}
