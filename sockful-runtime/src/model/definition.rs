//! The definition of a resource as constant data, which the macros write.

mod parent;
mod rule;

pub use parent::{OnDestroy, Parent, Relation};
pub use rule::{Bound, Check, Limit, Rule};
pub use sockful_formats::{Format, Pattern};

use crate::core::const_text::same;
use schemars::{Schema, SchemaGenerator};

/// The definition of a resource, written by `#[derive(Resource)]`.
#[derive(Debug)]
pub struct ResourceDef {
    /// The name on the wire, such as `blogPost`.
    pub name: &'static str,
    /// The plural of the name, such as `blogPosts`.
    pub plural: &'static str,
    /// The struct's name, such as `BlogPost`.
    pub title: &'static str,
    /// The struct's doc comment.
    pub doc: &'static str,
    /// The properties, in the order of the struct's fields.
    pub properties: &'static [Property],
    /// The position of the id in `properties`.
    pub id: usize,
    /// The kind of the id.
    pub key: KeyKind,
    /// The core actions that are not served; `find` includes `all`.
    pub unserved: &'static [&'static str],
    /// The default and the maximum page size, if they differ from the server's configuration.
    pub page: Option<(usize, usize)>,
    /// The parents: properties that hold the id of another record.
    pub parents: &'static [Parent],
    /// The declared events of its records.
    pub events: &'static [EventDef],
    /// Whether unauthenticated clients may access it on a server with an authenticator.
    pub public: bool,
    /// The names under which older records may be stored.
    pub renamed_from: &'static [&'static str],
}

/// An event that may happen to a resource's records.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
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
#[non_exhaustive]
pub struct Property {
    /// The name on the wire.
    pub name: &'static str,
    /// The doc comment.
    pub doc: &'static str,
    /// Who may read and set it.
    pub access: Access,
    /// The rules that its values must follow.
    pub rules: &'static [Rule],
    /// Whether a function decides per record if the rules apply.
    pub is_conditional: bool,
    /// The value that the server sets by itself, if it does.
    pub managed: Option<Managed>,
    /// Whether each value occurs in one record only; null may repeat.
    pub unique: bool,
    /// Whether the store keeps an index of it.
    pub index: bool,
    /// Whether it is an integer beyond ±(2^53−1), written as a decimal string.
    pub wide: bool,
    /// How its values are compared.
    pub key_form: KeyForm,
    /// The sanitizers of its values, as they are declared; empty if it has none.
    pub sanitizers: &'static str,
    /// The names under which older records may have it.
    pub renamed_from: &'static [&'static str],
}

/// How the values of a property are compared, sorted and indexed.
///
/// A store notes the name of the form of each index, and builds the index again if the program uses
/// another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyForm {
    /// As JSON: booleans, numbers by value, strings by their bytes.
    Json,
    /// Strings that are dates or times of RFC 3339, by time.
    Time,
    /// Decimal numbers of any length, as strings or numbers, by value.
    Decimal,
}

impl KeyForm {
    /// The name and version by which a store notes the form; `None` for JSON.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Json => None,
            Self::Time => Some("time/1"),
            Self::Decimal => Some("decimal/1"),
        }
    }

    /// The value of `x-order` in descriptions; `None` for JSON.
    pub const fn order(self) -> Option<&'static str> {
        match self {
            Self::Json => None,
            Self::Time => Some("time"),
            Self::Decimal => Some("decimal"),
        }
    }
}

/// A value that the server sets by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Managed {
    /// The time of creation: milliseconds since 1970, or an RFC 3339 text.
    CreatedAt,
    /// The time of the last update, in the same form.
    UpdatedAt,
    /// The sequence number of the commit that stored the record, see
    /// [`Record::rev`](crate::model::record::Record::rev).
    Rev,
}

/// Who may read and set a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Sent to clients, and set by those that may write the record.
    Open,
    /// Sent to clients, and set by the server only.
    ReadOnly,
    /// Never sent to clients or set by them.
    Private,
    /// Set by clients that may write the record, and never sent.
    WriteOnly,
    /// Sent to clients, and set by them at creation only.
    Immutable,
}

impl Access {
    /// Returns whether it is sent to clients.
    pub const fn is_sent(self) -> bool {
        !matches!(self, Self::Private | Self::WriteOnly)
    }

    /// Returns whether clients may set it when they create a record.
    pub const fn is_settable(self) -> bool {
        matches!(self, Self::Open | Self::WriteOnly | Self::Immutable)
    }

    /// Returns whether clients may set it on an existing record.
    pub const fn is_changeable(self) -> bool {
        matches!(self, Self::Open | Self::WriteOnly)
    }
}

/// The kinds of ids.
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
    /// Creates an open property without rules.
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
            key_form: KeyForm::Json,
            sanitizers: "",
            renamed_from: &[],
        }
    }

    /// Creates a raw payload, which has no name.
    #[must_use]
    pub const fn whole() -> Self {
        Self::new("", "")
    }

    /// Returns whether it is a raw payload.
    pub const fn is_raw_payload(&self) -> bool {
        self.name.is_empty()
    }

    /// Sets the access.
    #[must_use]
    pub const fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Sets the rules.
    #[must_use]
    pub const fn rules(mut self, rules: &'static [Rule]) -> Self {
        self.rules = rules;
        self
    }

    /// Makes the rules apply to some records only.
    #[must_use]
    pub const fn conditional(mut self) -> Self {
        self.is_conditional = true;
        self
    }

    /// Makes the server set the value; clients can't.
    #[must_use]
    pub const fn kept(mut self, managed: Managed) -> Self {
        self.access = Access::ReadOnly;
        self.managed = Some(managed);
        self
    }

    /// Makes the value unique among all records.
    #[must_use]
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Makes the store keep an index.
    #[must_use]
    pub const fn index(mut self) -> Self {
        self.index = true;
        self
    }

    /// Makes the integer a decimal string in JSON.
    #[must_use]
    pub const fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// Sets how the values are compared.
    #[must_use]
    pub const fn key_form(mut self, form: KeyForm) -> Self {
        self.key_form = form;
        self
    }

    /// Notes the sanitizers of the values.
    #[must_use]
    pub const fn sanitizers(mut self, sanitizers: &'static str) -> Self {
        self.sanitizers = sanitizers;
        self
    }

    /// Sets the names under which older records may have it.
    #[must_use]
    pub const fn renamed_from(mut self, older: &'static [&'static str]) -> Self {
        self.renamed_from = older;
        self
    }

    /// Returns whether stores keep an index of it, as of each unique property.
    pub const fn is_indexed(&self) -> bool {
        self.index || self.unique
    }
}

impl ResourceDef {
    /// A placeholder for use beside compiler errors.
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
            renamed_from: &[],
        }
    }

    /// Returns whether a core action is served.
    pub const fn serves(&self, action: &str) -> bool {
        let action = if same(action, "all") { "find" } else { action };
        let mut at = 0;
        while at < self.unserved.len() && !same(self.unserved[at], action) {
            at += 1;
        }
        at == self.unserved.len()
    }

    /// Returns the position of the property `name`, which may be private.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.properties
            .iter()
            .position(|property| property.name == name)
    }

    /// Returns the position of the property that holds `managed`, if there is one.
    pub fn managed_position(&self, managed: Managed) -> Option<usize> {
        self.properties
            .iter()
            .position(|property| property.managed == Some(managed))
    }

    /// Returns the position of the property `name` if it is sent to clients.
    pub fn sent_position(&self, name: &str) -> Option<usize> {
        self.position(name)
            .filter(|&at| self.properties[at].access.is_sent())
    }
}
