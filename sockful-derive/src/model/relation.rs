//! A field that holds the id of a parent.

use crate::attributes::Words;
use crate::names::{Name, camel_case, joined};
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
    pub(crate) fn of(field: &'a Ident, words: &'a Words, name: &str, plural: &str) -> Option<Self> {
        let parent = words.path("parent")?;
        let on_destroy = match words.said("on_destroy") {
            Some(text) if text.value() == "detach" => OnDestroy::Detach(text),
            Some(text) if text.value() == "restrict" => OnDestroy::Restrict,
            _ => OnDestroy::Cascade,
        };
        let spelt = field.unraw().to_string();
        let own = spelt.strip_suffix("_id").unwrap_or(&spelt);
        let at_parent = |text: String| Name {
            text,
            span: parent.span(),
        };
        let child = words.name("name");
        let children = match (words.name("plural"), child) {
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
        let child = |verb| joined(verb, &self.child.text);
        [
            self.own.text.clone(),
            joined("by", &self.own.text),
            self.children.text.clone(),
            child("create"),
            child("get"),
            child("update"),
            child("destroy"),
            joined("subscribe", &self.children.text),
        ]
    }
}
