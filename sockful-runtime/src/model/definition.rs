//! The definition of a resource as constant data, which the macros write.

mod parent;
mod rule;

pub use parent::{OnDestroy, Parent, Relation};
pub use rule::{Bound, Check, Limit, Rule};
pub use sockful_formats::{Format, Pattern};

use crate::core::const_text::same;
use schemars::{Schema, SchemaGenerator};

/// A resource as it was declared, made by `#[derive(Resource)]`.
#[derive(Debug)]
pub struct ResourceDef {
    /// The name on the wire, such as `blogPost`.
    pub name: &'static str,
    /// The name of many, such as `blogPosts`.
    pub plural: &'static str,
    /// The struct's name, such as `BlogPost`.
    pub title: &'static str,
    /// The struct's doc comment.
    pub doc: &'static str,
    /// The properties, in the order of the struct's fields.
    pub properties: &'static [Property],
    /// Which of them is the id.
    pub id: usize,
    /// What the id looks like.
    pub key: KeyKind,
    /// The core actions that are not served; `find` stands for `all` too.
    pub unserved: &'static [&'static str],
    /// How many records a list has and may have, where that is not what the server's configuration says.
    pub page: Option<(usize, usize)>,
    /// The properties that hold the ids of its parents.
    pub parents: &'static [Parent],
    /// The events that may happen to its records, beside those that every resource has.
    pub events: &'static [EventDef],
    /// Whether those may ask for it too who are nobody, on a server that asks who they are.
    pub public: bool,
    /// What it was called when older records were stored.
    pub renamed_from: Option<&'static str>,
}

/// An event that may happen to a resource's records.
#[derive(Clone, Copy, Debug)]
pub struct EventDef {
    /// The name on the wire, such as `roared`.
    pub name: &'static str,
    /// The doc comment beside the name.
    pub doc: &'static str,
    /// The schema of the event's data.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// A property of a resource, or a parameter of a remote method.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of the annotation language"
)]
pub struct Property {
    /// The name on the wire.
    pub name: &'static str,
    /// The doc comment.
    pub doc: &'static str,
    /// Who may see it and set it.
    pub access: Access,
    /// What its values must keep to.
    pub rules: &'static [Rule],
    /// Whether a function of the record says if the rules hold.
    pub is_conditional: bool,
    /// The value that the server sets by itself, if it does.
    pub managed: Option<Managed>,
    /// Whether no two records have the same value; null may repeat.
    pub unique: bool,
    /// Whether the store finds records by it without looking at the others.
    pub index: bool,
    /// Whether it is an integer beyond ±(2^53−1), written as a decimal string.
    pub wide: bool,
    /// What it was called when older records were stored.
    pub renamed_from: Option<&'static str>,
}

/// A value that the server sets by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Managed {
    /// When the record was created: milliseconds since 1970, or a text of RFC 3339.
    CreatedAt,
    /// When it last changed, written alike.
    UpdatedAt,
    /// The number of the commit that stored it, see [`Record::rev`](crate::model::record::Record::rev).
    Rev,
}

/// Who may see and set a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Sent, and set by whoever may write the record.
    Open,
    /// Sent, but set by the server only.
    ReadOnly,
    /// Neither sent nor set by clients; it never leaves the server.
    Private,
    /// Set by whoever may write the record, and never sent.
    WriteOnly,
    /// Sent, and set by clients where they create the record only.
    Immutable,
}

impl Access {
    /// Whether clients are sent it.
    pub const fn is_sent(self) -> bool {
        !matches!(self, Self::Private | Self::WriteOnly)
    }

    /// Whether clients may set it where they create a record.
    pub const fn is_settable(self) -> bool {
        matches!(self, Self::Open | Self::WriteOnly | Self::Immutable)
    }

    /// Whether clients may set it on a record that is there.
    pub const fn is_changeable(self) -> bool {
        matches!(self, Self::Open | Self::WriteOnly)
    }
}

/// The forms an id may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// A string of 1 to 256 bytes without control characters.
    Text,
    /// An integer within ±(2^53−1).
    Integer,
    /// A UUID, hyphenated.
    Uuid,
}

impl Property {
    /// An open property.
    #[must_use]
    pub const fn new(name: &'static str, doc: &'static str) -> Self {
        Self {
            name,
            doc,
            access: Access::Open,
            rules: &[],
            is_conditional: false,
            managed: None,
            unique: false,
            index: false,
            wide: false,
            renamed_from: None,
        }
    }

    /// A raw payload, which has no name.
    #[must_use]
    pub const fn whole() -> Self {
        Self::new("", "")
    }

    /// Whether it is a raw payload.
    pub const fn is_raw_payload(&self) -> bool {
        self.name.is_empty()
    }

    /// The same with another access.
    #[must_use]
    pub const fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// The same with rules.
    #[must_use]
    pub const fn rules(mut self, rules: &'static [Rule]) -> Self {
        self.rules = rules;
        self
    }

    /// The same with rules that hold for some records only.
    #[must_use]
    pub const fn conditional(mut self) -> Self {
        self.is_conditional = true;
        self
    }

    /// The same, set by the server alone: clients can't set it.
    #[must_use]
    pub const fn kept(mut self, managed: Managed) -> Self {
        self.access = Access::ReadOnly;
        self.managed = Some(managed);
        self
    }

    /// The same, with a value that no two records have.
    #[must_use]
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// The same, found by the store without looking at all records.
    #[must_use]
    pub const fn index(mut self) -> Self {
        self.index = true;
        self
    }

    /// The same, written as a decimal string.
    #[must_use]
    pub const fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// The same, which was called otherwise when older records were stored.
    #[must_use]
    pub const fn renamed_from(mut self, older: &'static str) -> Self {
        self.renamed_from = Some(older);
        self
    }

    /// Whether stores keep an index of it; what is unique has one too.
    pub const fn is_indexed(&self) -> bool {
        self.index || self.unique
    }
}

impl ResourceDef {
    /// What stands in for a resource beside errors of the compiler.
    pub const fn stub(name: &'static str, title: &'static str) -> Self {
        const ID: &[Property] = &[Property::new("id", "")];
        Self {
            name,
            plural: name,
            title,
            doc: "",
            properties: ID,
            id: 0,
            key: KeyKind::Text,
            unserved: &[],
            page: None,
            parents: &[],
            events: &[],
            public: false,
            renamed_from: None,
        }
    }

    /// Whether a core action is served.
    pub const fn serves(&self, action: &str) -> bool {
        let action = if same(action, "all") { "find" } else { action };
        let mut at = 0;
        while at < self.unserved.len() && !same(self.unserved[at], action) {
            at += 1;
        }
        at == self.unserved.len()
    }

    /// The position of the property called `name`, private ones included.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.properties
            .iter()
            .position(|property| property.name == name)
    }

    /// The position of the property that holds `managed`, if there is one.
    pub fn managed_position(&self, managed: Managed) -> Option<usize> {
        self.properties
            .iter()
            .position(|property| property.managed == Some(managed))
    }

    /// The position of the property called `name` that clients may know of.
    pub fn sent_position(&self, name: &str) -> Option<usize> {
        self.position(name)
            .filter(|&at| self.properties[at].access.is_sent())
    }
}
