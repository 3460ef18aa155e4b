//! A field that holds the id of a parent.

use crate::attributes::Attributes;
use crate::names::{Name, camel_case, join_camel_case};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, LitStr, Path};

/// A relation to the parent whose id the field holds.
#[derive(Debug)]
pub(crate) struct Relation<'a> {
    pub(crate) parent: &'a Path,
    pub(crate) on_destroy: OnDestroy<'a>,
    /// The name of the parent on the child's side.
    pub(crate) parent_name: Name,
    /// The name of one child on the parent's side.
    pub(crate) child_name: Name,
    /// The name of all children on the parent's side.
    pub(crate) children_name: Name,
}

/// What happens to the child when its parent is destroyed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OnDestroy<'a> {
    Cascade,
    Restrict,
    /// The string is kept for its span, because not every field can be without a parent.
    Detach(&'a LitStr),
}

impl<'a> Relation<'a> {
    /// Reads the relation of a field in a resource called `name`, `plural` for many.
    pub(crate) fn of(
        field: &'a Ident,
        attributes: &'a Attributes,
        name: &str,
        plural: &str,
    ) -> Option<Self> {
        let parent = attributes.path("parent")?;
        let on_destroy = match attributes.text("on_destroy") {
            Some(text) if text.value() == "detach" => OnDestroy::Detach(text),
            Some(text) if text.value() == "restrict" => OnDestroy::Restrict,
            _ => OnDestroy::Cascade,
        };
        let field_name = field.unraw().to_string();
        let without_id = field_name.strip_suffix("_id").unwrap_or(&field_name);
        let at_parent = |text: String| Name {
            text,
            span: parent.span(),
        };
        let child = attributes.name("name");
        let children = match (attributes.name("plural"), child) {
            (Some(plural), _) => plural.clone(),
            (None, Some(name)) => Name {
                text: format!("{}s", name.text),
                span: name.span,
            },
            (None, None) => at_parent(plural.to_owned()),
        };
        Some(Self {
            parent,
            on_destroy,
            parent_name: Name {
                text: camel_case(without_id),
                span: field.span(),
            },
            child_name: child.cloned().unwrap_or_else(|| at_parent(name.to_owned())),
            children_name: children,
        })
    }

    /// The names of its routes, in the order of the runtime.
    pub(crate) fn names(&self) -> [String; 8] {
        let child = |verb| join_camel_case(verb, &self.child_name.text);
        [
            self.parent_name.text.clone(),
            join_camel_case("by", &self.parent_name.text),
            self.children_name.text.clone(),
            child("create"),
            child("get"),
            child("update"),
            child("destroy"),
            join_camel_case("subscribe", &self.children_name.text),
        ]
    }
}
