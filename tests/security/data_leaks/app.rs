//! Resources with random policies, in which every change leaves a mark.

use serde::{Deserialize, Serialize};
use sockful::{
    Credentials, Error, ErrorKind, Filter, Identity, Resource, Resources, Result, ServerHandle,
    remote, resources,
};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(super) const RESOURCES: Resources = resources![Note, Comment];

/// Who calls, and all that is decided of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct User {
    pub(super) name: String,
    /// What of each resource is seen, in the order of the list.
    pub(super) sees: [Rule; 2],
    /// With what something may be done.
    pub(super) may: Rule,
}

/// A rule that is made up, of what every record here has.
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
    /// Whether it holds for a record, as anybody would read it.
    pub(super) fn holds(&self, who: &User, owner: &str, published: bool, level: i64) -> bool {
        let holds = |rule: &Self| rule.holds(who, owner, published, level);
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Own => owner == who.name,
            Self::Published => published,
            Self::AtMost(most) => level <= *most,
            Self::Not(rule) => !holds(rule),
            Self::Both(rules) => rules.iter().all(holds),
            Self::Either(rules) => rules.iter().any(holds),
        }
    }
}

/// The conditions of a rule on the records of one type.
macro_rules! conditions {
    ($name:ident, $of:ident) => {
        fn $name(rule: &Rule, who: &User) -> Filter<$of> {
            let each = |rules: &[Rule; 2]| [$name(&rules[0], who), $name(&rules[1], who)];
            match rule {
                Rule::All => Filter::all(),
                Rule::Nothing => !Filter::all(),
                Rule::Own => $of::FIELDS.owner.eq(&who.name),
                Rule::Published => $of::FIELDS.published.eq(true),
                Rule::AtMost(most) => $of::FIELDS.level.lte(*most),
                Rule::Not(rule) => !$name(rule, who),
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

conditions!(of_notes, Note);
conditions!(of_comments, Comment);

/// A text that stands nowhere else.
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
    /// Marked afresh with every change.
    #[resource(read_only, default)]
    stamp: String,
    #[resource(private, default)]
    secret: String,
}

#[remote]
impl Note {
    #[can(read)]
    fn seen_by(who: &User) -> Filter<Self> {
        of_notes(&who.sees[0], who)
    }

    #[can(create, update, destroy, touch)]
    fn done_by(&self, who: &User) -> bool {
        who.may.holds(who, &self.owner, self.published, self.level)
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
    fn seen_by(who: &User) -> Filter<Self> {
        of_comments(&who.sees[1], who)
    }

    #[can(create, update, destroy)]
    fn done_by(&self, who: &User) -> bool {
        who.may.holds(who, &self.owner, self.published, self.level)
    }

    #[before(create, update)]
    fn stamp(&mut self) {
        self.stamp = mark();
    }
}

/// Two notes of each user and two comments on each of them.
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

/// The token is the user.
pub(super) async fn who(credentials: Credentials) -> Result<Identity<User>> {
    let token = credentials.token().unwrap_or_default();
    let nobody = |_| Error::new(ErrorKind::Unauthenticated, "this is nobody");
    let user: User = serde_json::from_str(token).map_err(nobody)?;
    Ok(Identity::new(user.name.clone(), user))
}
