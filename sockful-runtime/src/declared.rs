//! What the macros know of a resource: constant tables that the compiler lays down.

/// A resource as it was declared, made by `#[derive(Resource)]`.
#[derive(Debug)]
pub struct Declared {
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
}

/// A property of a resource, or a parameter of a remote method.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// The name on the wire.
    pub name: &'static str,
    /// The doc comment.
    pub doc: &'static str,
    /// Who may see it and set it.
    pub access: Access,
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
}

impl Access {
    /// Whether clients are sent it.
    pub const fn is_sent(self) -> bool {
        !matches!(self, Self::Private)
    }

    /// Whether clients may set it.
    pub const fn is_settable(self) -> bool {
        matches!(self, Self::Open)
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
        }
    }

    /// The same with another access.
    #[must_use]
    pub const fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }
}

impl Declared {
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
        }
    }

    /// The position of the property called `name`, private ones included.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.properties
            .iter()
            .position(|property| property.name == name)
    }

    /// The position of the property called `name` that clients may know of.
    pub fn sent_position(&self, name: &str) -> Option<usize> {
        self.position(name)
            .filter(|&at| self.properties[at].access.is_sent())
    }
}
