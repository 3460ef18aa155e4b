//! A field that holds the id of a parent.

use crate::attributes::Attributes;
use crate::names::{Name, camel_case, join_camel_case};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, LitStr, Path};

/// What a field says of the parent whose id it holds.
#[derive(Debug)]
pub(crate) struct Relation<'a> {
    pub(crate) parent: &'a Path,
    pub(crate) on_destroy: OnDestroy<'a>,
    /// What the parent is called on the child's side.
    pub(crate) own: Name,
    /// What one child is called on the parent's side.
    pub(crate) child: Name,
    /// What the children are called there.
    pub(crate) children: Name,
}

/// What becomes of the child where the parent is destroyed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OnDestroy<'a> {
    Cascade,
    Restrict,
    /// The text is kept for its span: not every field can be without a parent.
    Detach(&'a LitStr),
}

impl<'a> Relation<'a> {
    /// The relation of a field, in a resource called `name` and many `plural`.
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
        let own = field_name.strip_suffix("_id").unwrap_or(&field_name);
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
            own: Name {
                text: camel_case(own),
                span: field.span(),
            },
            child: child.cloned().unwrap_or_else(|| at_parent(name.to_owned())),
            children,
        })
    }

    /// What its routes are called, in the order in which the runtime has them.
    pub(crate) fn names(&self) -> [String; 8] {
        let child = |verb| join_camel_case(verb, &self.child.text);
        [
            self.own.text.clone(),
            join_camel_case("by", &self.own.text),
            self.children.text.clone(),
            child("create"),
            child("get"),
            child("update"),
            child("destroy"),
            join_camel_case("subscribe", &self.children.text),
        ]
    }
}
