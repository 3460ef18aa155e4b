//! Parents in a definition, and the routes of each relation.

use std::any::TypeId;

/// A property that holds the id of a record of another resource, its parent.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Parent {
    /// The position of the property among those of the child.
    pub property: usize,
    /// The name of the parent's resource.
    pub of: &'static str,
    /// The parent's type.
    pub type_id: fn() -> TypeId,
    /// Whether the property may be null.
    pub is_optional: bool,
    /// What happens to the child when its parent is destroyed.
    pub on_destroy: OnDestroy,
    /// The names of the routes, in the order of [`Relation::ALL`].
    pub names: [&'static str; 8],
}

/// What happens to children when their parent is destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDestroy {
    /// They are destroyed as well.
    Cascade,
    /// The parent is not destroyed while it has children.
    Restrict,
    /// Their property is set to null.
    Detach,
}

/// A route that a relation adds: to the child's resource, or to the parent's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The parent of one child: `["song", "album", {"id": …}]`.
    Parent,
    /// The children of one parent, from their own side: `["song", "byAlbum", {"album_id": …}]`.
    By,
    /// The children of one parent: `["album", "songs", {"album_id": …}]`.
    List,
    /// `["album", "createSong", {"album_id": …}]`.
    Create,
    /// `["album", "getSong", {"album_id": …, "id": …}]`.
    Get,
    /// `["album", "updateSong", {"album_id": …, "id": …}]`.
    Update,
    /// `["album", "destroySong", {"album_id": …, "id": …}]`.
    Destroy,
    /// The children of one parent, live: `["album", "subscribeSongs", {"album_id": …}]`.
    Subscribe,
}

impl Relation {
    /// All routes, in the order of [`Parent::names`].
    pub const ALL: [Self; 8] = [
        Self::Parent,
        Self::By,
        Self::List,
        Self::Create,
        Self::Get,
        Self::Update,
        Self::Destroy,
        Self::Subscribe,
    ];

    /// Returns whether the route belongs to the child's resource.
    pub const fn is_of_child(self) -> bool {
        matches!(self, Self::Parent | Self::By)
    }

    /// Returns the core action that the route runs on the child's resource; on the parent's for
    /// [`Self::Parent`].
    pub const fn core(self) -> &'static str {
        match self {
            Self::Parent | Self::Get => "get",
            Self::By | Self::List => "find",
            Self::Create => "create",
            Self::Update => "update",
            Self::Destroy => "destroy",
            Self::Subscribe => "subscribe",
        }
    }
}

impl Parent {
    /// Returns the name of a route of the relation.
    pub const fn name(&self, relation: Relation) -> &'static str {
        self.names[relation as usize]
    }
}
