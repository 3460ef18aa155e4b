//! Resources with random policies, whose values have unique marks.

use serde::{Deserialize, Serialize};
use sockful::{
    Credentials, Error, ErrorKind, Filter, Identity, Resource, Resources, Result, ServerHandle,
    remote, resources,
};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(super) const RESOURCES: Resources = resources![Note, Comment];

/// A user and its access rules.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct User {
    pub(super) name: String,
    /// The rule for reading each resource, in the order of the list.
    pub(super) read_rules: [Rule; 2],
    /// The rule for writing records.
    pub(super) write_rule: Rule,
}

/// An access rule on the properties that all resources have.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Rule {
    All,
    Nothing,
    Own,
    Published,
    AtMost(i64),
    Not(Box<Rule>),
    Both(Box<[Rule; 2]>),
    Either(Box<[Rule; 2]>),
}

impl Rule {
    /// Whether the rule holds for a record. This evaluation does not use filters.
    pub(super) fn holds(&self, user: &User, owner: &str, published: bool, level: i64) -> bool {
        let holds = |rule: &Self| rule.holds(user, owner, published, level);
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Own => owner == user.name,
            Self::Published => published,
            Self::AtMost(max) => level <= *max,
            Self::Not(rule) => !holds(rule),
            Self::Both(rules) => rules.iter().all(holds),
            Self::Either(rules) => rules.iter().any(holds),
        }
    }
}

/// Defines a function that translates a rule to a filter on a resource.
macro_rules! define_filter {
    ($name:ident, $of:ident) => {
        fn $name(rule: &Rule, user: &User) -> Filter<$of> {
            let each = |rules: &[Rule; 2]| [$name(&rules[0], user), $name(&rules[1], user)];
            match rule {
                Rule::All => Filter::all(),
                Rule::Nothing => !Filter::all(),
                Rule::Own => $of::FIELDS.owner.eq(&user.name),
                Rule::Published => $of::FIELDS.published.eq(true),
                Rule::AtMost(max) => $of::FIELDS.level.lte(*max),
                Rule::Not(rule) => !$name(rule, user),
                Rule::Both(rules) => {
                    let [one, other] = each(rules);
                    one & other
                }
                Rule::Either(rules) => {
                    let [one, other] = each(rules);
                    one | other
                }
            }
        }
    };
}

define_filter!(note_filter, Note);
define_filter!(comment_filter, Comment);

/// Returns a text that occurs nowhere else.
pub(super) fn mark() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("«{}»", NEXT.fetch_add(1, Relaxed))
}

#[derive(Serialize, Deserialize, Resource)]
pub(super) struct Note {
    id: String,
    #[resource(index)]
    owner: String,
    #[resource(default)]
    published: bool,
    #[resource(default)]
    level: i64,
    #[resource(default)]
    text: String,
    #[resource(unique)]
    slug: Option<String>,
    #[resource(write_only)]
    pass: Option<String>,
    /// Set to a new mark by every change.
    #[resource(read_only, default)]
    stamp: String,
    #[resource(private, default)]
    secret: String,
}

#[remote]
impl Note {
    #[can(read)]
    fn readable_by(user: &User) -> Filter<Self> {
        note_filter(&user.read_rules[0], user)
    }

    #[can(create, update, destroy, touch)]
    fn writable_by(&self, user: &User) -> bool {
        user.write_rule
            .holds(user, &self.owner, self.published, self.level)
    }

    #[before(create, update)]
    fn stamp(&mut self) {
        self.stamp = mark();
        self.secret = mark();
    }

    pub fn touch(&mut self) -> String {
        self.level += 1;
        self.text.clone()
    }

    pub fn look(&self) -> String {
        self.text.clone()
    }
}

#[derive(Serialize, Deserialize, Resource)]
pub(super) struct Comment {
    id: String,
    #[resource(parent = Note)]
    note_id: String,
    owner: String,
    #[resource(default)]
    published: bool,
    #[resource(default)]
    level: i64,
    #[resource(default)]
    text: String,
    #[resource(read_only, default)]
    stamp: String,
}

#[remote]
impl Comment {
    #[can(read)]
    fn readable_by(user: &User) -> Filter<Self> {
        comment_filter(&user.read_rules[1], user)
    }

    #[can(create, update, destroy)]
    fn writable_by(&self, user: &User) -> bool {
        user.write_rule
            .holds(user, &self.owner, self.published, self.level)
    }

    #[before(create, update)]
    fn stamp(&mut self) {
        self.stamp = mark();
    }
}

/// Creates two notes for each user, and two comments on each note.
pub(super) async fn fill(handle: &ServerHandle, users: &[User]) -> Result<()> {
    for (nth, user) in users.iter().enumerate() {
        for level in 0..2 {
            let note = NewNote {
                id: Some(mark()),
                owner: user.name.clone(),
                published: Some(level == 0),
                level: Some(level),
                text: Some(mark()),
                ..NewNote::default()
            };
            let note = handle.records::<Note>().create(note).await?;
            for more in 1..3 {
                let comment = NewComment {
                    id: Some(mark()),
                    note_id: note.id.clone(),
                    owner: users[(nth + more) % users.len()].name.clone(),
                    published: Some(more == 1),
                    level: Some(level),
                    text: Some(mark()),
                    ..NewComment::default()
                };
                handle.records::<Comment>().create(comment).await?;
            }
        }
    }
    Ok(())
}

/// Authenticates a token that is the JSON of a user.
pub(super) async fn authenticate(credentials: Credentials) -> Result<Identity<User>> {
    let token = credentials.token().unwrap_or_default();
    let invalid = |_| Error::new(ErrorKind::Unauthenticated, "invalid token");
    let user: User = serde_json::from_str(token).map_err(invalid)?;
    Ok(Identity::new(user.name.clone(), user))
}
