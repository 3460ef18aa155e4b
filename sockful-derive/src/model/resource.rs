//! The model of a struct with `#[derive(Resource)]`.

use super::event::Event;
use super::property::{Access, Property};
use super::relation::Relation;
use super::serde::Container;
use super::syntax::{Paths, doc};
use crate::attributes::{Attributes, Target};
use crate::diagnostics::Diagnostics;
use crate::names::{Name, camel_case};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Field, Fields, Ident, Visibility};

/// A resource, as far as it could be parsed.
#[derive(Debug)]
pub(crate) struct Resource<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) paths: Paths,
    pub(crate) name: Name,
    pub(crate) plural: String,
    pub(crate) doc: String,
    /// The names that replace `NewX` and `XPatch`.
    pub(crate) new: Option<&'a Ident>,
    pub(crate) patch: Option<&'a Ident>,
    /// The disabled core actions.
    pub(crate) unserved: Vec<&'static str>,
    /// The default and the maximum number of records in a page.
    pub(crate) page: Option<(usize, usize)>,
    /// Whether unauthenticated clients may access it.
    pub(crate) is_public: bool,
    /// The former names, under which older records are stored.
    pub(crate) renamed_from: &'a [Name],
    pub(crate) events: Vec<Event<'a>>,
    pub(crate) properties: Vec<Property<'a>>,
    /// The positions of the fields that are marked as the id.
    pub(crate) ids: Vec<usize>,
    /// Whether it is a struct that can be a resource; otherwise its fields are not checked.
    pub(crate) is_valid: bool,
}

/// The attributes of a struct and its fields, read first so that the model can borrow them.
#[derive(Debug)]
pub(crate) struct ResourceAttributes {
    container: Attributes,
    fields: Vec<Attributes>,
}

impl ResourceAttributes {
    pub(crate) fn of(input: &DeriveInput, diagnostics: &mut Diagnostics) -> Self {
        let container = Attributes::of(&input.attrs, Target::Struct, diagnostics);
        let fields = fields(input)
            .iter()
            .map(|field| Attributes::of(&field.attrs, Target::Field, diagnostics))
            .collect();
        Self { container, fields }
    }
}

impl<'a> Resource<'a> {
    pub(crate) fn of(
        input: &'a DeriveInput,
        attributes: &'a ResourceAttributes,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let is_valid = check_shape(input, diagnostics);
        let serde = Container::of(&input.attrs, diagnostics);
        let fields = if is_valid { fields(input) } else { Vec::new() };
        let derived = Name {
            text: camel_case(&input.ident.unraw().to_string()),
            span: input.ident.span(),
        };
        let name = attributes
            .container
            .name("name")
            .cloned()
            .unwrap_or(derived);
        let plural = attributes
            .container
            .name("plural")
            .map_or_else(|| format!("{}s", name.text), |name| name.text.clone());
        let properties: Vec<_> = fields
            .into_iter()
            .zip(&attributes.fields)
            .filter_map(|(field, attributes)| {
                let property = Property::of(field, attributes, &serde, diagnostics)?;
                let relation = Relation::of(property.ident, attributes, &name.text, &plural);
                Some(Property {
                    relation,
                    ..property
                })
            })
            .collect();
        Self {
            ident: &input.ident,
            vis: &input.vis,
            paths: Paths::of(&attributes.container),
            name,
            plural,
            doc: doc(&input.attrs),
            new: attributes.container.ident("new"),
            patch: attributes.container.ident("patch"),
            unserved: attributes.container.unserved(),
            page: attributes.container.page(),
            is_public: attributes.container.has("public"),
            renamed_from: attributes.container.names("renamed_from"),
            events: Event::all(&attributes.container),
            ids: ids(&properties),
            properties,
            is_valid,
        }
    }

    /// The position of the id; the checks report it if there is none.
    pub(crate) fn id(&self) -> Option<usize> {
        self.ids.first().copied()
    }

    /// Why remote methods cannot return it, if they cannot: serde would write the whole struct.
    pub(crate) fn not_returnable_reason(&self) -> Option<&'static str> {
        let any = |is: fn(&Property<'_>) -> bool| self.properties.iter().any(is);
        match () {
            () if any(|it| it.access == Access::Private) => Some("and leak its private properties"),
            () if any(|it| it.access == Access::WriteOnly) => {
                Some("and leak its write-only properties")
            }
            () if any(|it| it.attributes.has("wide")) => {
                Some("with its wide properties as numbers, which not every client can represent")
            }
            () => None,
        }
    }
}

fn fields(input: &DeriveInput) -> Vec<&Field> {
    match &input.data {
        Data::Struct(data) => data.fields.iter().collect(),
        Data::Enum(_) | Data::Union(_) => Vec::new(),
    }
}

/// The positions of the fields marked as the id, or of the one called `id`.
fn ids(properties: &[Property<'_>]) -> Vec<usize> {
    let all = |is: fn(&Property<'_>) -> bool| {
        (0..properties.len())
            .filter(|&at| is(&properties[at]))
            .collect()
    };
    let marked: Vec<usize> = all(|property| property.attributes.has("id"));
    if marked.is_empty() {
        all(|property| property.ident.unraw() == "id")
    } else {
        marked
    }
}

fn check_shape(input: &DeriveInput, diagnostics: &mut Diagnostics) -> bool {
    let instead = "write a struct with named fields, one of which is the id";
    let generics = &input.generics;
    match &input.data {
        Data::Enum(data) => diagnostics.add(
            data.enum_token,
            format!("an enum can't be a resource; {instead}"),
        ),
        Data::Union(data) => diagnostics.add(
            data.union_token,
            format!("a union can't be a resource; {instead}"),
        ),
        Data::Struct(data) => match &data.fields {
            Fields::Named(_) if generics.params.is_empty() && generics.where_clause.is_none() => {
                return true;
            }
            Fields::Named(_) if generics.params.is_empty() => {
                diagnostics.add(
                    &generics.where_clause,
                    "a resource can't have a `where` clause; remove it",
                );
            }
            Fields::Named(_) => {
                let message = "a resource can't have generic parameters; write concrete types";
                diagnostics.add(&generics.params, message);
            }
            Fields::Unnamed(fields) => {
                diagnostics.add(
                    fields,
                    format!("the fields of a resource must be named; {instead}"),
                );
            }
            Fields::Unit => diagnostics.add(
                &input.ident,
                format!("a resource can't be a unit struct; {instead}"),
            ),
        },
    }
    false
}
