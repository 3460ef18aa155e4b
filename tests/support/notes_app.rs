//! A server with an authenticator, and resources with policies.

use super::{Client, TestServer, unix_time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{
    Context, Credentials, Error, ErrorKind, Filter, Identity, Resource, Resources, Result, Server,
    remote, resources,
};

/// All resources of this module.
pub(crate) const RESOURCES: Resources = resources![Note, Comment, Poster, Letter];

/// The identity of a caller.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) is_admin: bool,
}

/// A note that its owner can publish.
#[derive(Serialize, Deserialize, Resource)]
pub(crate) struct Note {
    id: String,
    #[resource(index)]
    owner: String,
    #[resource(default)]
    published: bool,
    #[resource(default)]
    text: String,
    #[resource(unique)]
    slug: Option<String>,
    /// The user who may read the note in addition to its owner.
    #[resource(private, default)]
    reader: String,
    #[resource(default = 0, range(0..=9))]
    stars: i64,
}

#[remote]
impl Note {
    #[can(read)]
    fn readable_by(user: &User) -> Filter<Self> {
        if user.is_admin {
            return Filter::all();
        }
        assert_ne!(user.name, "crasher", "a policy that panics");
        Self::FIELDS.owner.eq(&user.name)
            | Self::FIELDS.published.eq(true)
            | Self::FIELDS.reader.eq(&user.name)
    }

    #[can(create, update, destroy, publish)]
    fn owned_by(&self, user: &User) -> bool {
        assert_ne!(self.text, "crash", "a policy that panics");
        user.is_admin || self.owner == user.name
    }

    #[can(purge)]
    fn admins(user: &User) -> bool {
        user.is_admin
    }

    pub fn publish(&mut self) {
        self.published = true;
    }

    pub fn lend(&mut self, to: String) {
        self.reader = to;
    }

    pub fn read_aloud(&self) -> String {
        self.text.clone()
    }

    pub async fn purge(context: &Context) -> Result<usize> {
        let notes = context.records::<Self>();
        let all = notes.find(Filter::all()).await?;
        for note in &all {
            notes.destroy(&note.id).await?;
        }
        Ok(all.len())
    }

    pub fn whoami(context: &Context) -> Result<String> {
        Ok(context.user::<User>()?.name.clone())
    }
}

/// A comment on a note.
#[derive(Serialize, Deserialize, Resource)]
pub(crate) struct Comment {
    id: String,
    #[resource(parent = Note)]
    note_id: String,
    author: String,
    #[resource(default)]
    hidden: bool,
}

#[remote]
impl Comment {
    #[can(read)]
    fn readable_by(user: &User) -> Filter<Self> {
        if user.is_admin {
            return Filter::all();
        }
        Self::FIELDS.hidden.eq(false) | Self::FIELDS.author.eq(&user.name)
    }

    #[can(create, update, destroy)]
    fn written_by(&self, user: &User) -> bool {
        user.is_admin || self.author == user.name
    }
}

/// A resource that unauthenticated clients can read.
#[derive(Serialize, Deserialize, Resource)]
#[resource(public)]
pub(crate) struct Poster {
    id: String,
    #[resource(default)]
    draft: bool,
}

#[remote]
impl Poster {
    #[can(read)]
    fn readable_by(user: Option<&User>) -> Filter<Self> {
        match user {
            Some(_) => Filter::all(),
            None => Self::FIELDS.draft.eq(false),
        }
    }

    #[can(create, update, destroy)]
    fn members(user: &User) -> bool {
        !user.name.is_empty()
    }
}

/// A message that only its recipient can read.
#[derive(Serialize, Deserialize, Resource)]
pub(crate) struct Letter {
    id: String,
    from: String,
    to: String,
    #[resource(rev)]
    rev: u64,
}

#[remote]
impl Letter {
    #[can(read)]
    fn received_by(user: &User) -> Filter<Self> {
        Self::FIELDS.to.eq(&user.name)
    }

    #[can(create)]
    fn sent_by(&self, user: &User) -> bool {
        self.from == user.name
    }
}

/// Authenticates `bob` as Bob, `admin:root` as an administrator, and `bob:1000` as Bob until that time.
pub(crate) async fn authenticate(credentials: Credentials) -> Result<Identity<User>> {
    let token = credentials.token().or(credentials.cookie("session"));
    let (first, second) = match token.map(|token| token.split_once(':').unwrap_or((token, ""))) {
        None | Some(("", _)) => {
            let message = "invalid token";
            return Err(Error::new(ErrorKind::Unauthenticated, message));
        }
        Some(("away", _)) => {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "the authentication service is down",
            ));
        }
        Some(("broken", _)) => return Err(Error::internal("the user database failed")),
        Some(("asleep", _)) => std::future::pending().await,
        Some(("panic", _)) => panic!("an authenticator that panics"),
        Some(parts) => parts,
    };
    let (name, is_admin, expires) = match (first, second) {
        ("admin", name) => (name, true, None),
        (name, until) => (name, false, until.parse().ok().map(unix_time)),
    };
    let user = User {
        name: name.to_owned(),
        is_admin,
    };
    let mut identity = Identity::new(name, user);
    identity.expires = expires;
    Ok(identity)
}

/// Returns a server of these resources whose clock shows 1,000 ms since 1970.
pub(crate) fn server() -> Server {
    Server::new(RESOURCES)
        .authenticate(authenticate)
        .clock(|| unix_time(1_000))
}

pub(crate) async fn start() -> TestServer {
    TestServer::serve(server()).await
}

impl TestServer {
    /// Connects a client and authenticates it.
    pub(crate) async fn client_as(&self, token: &str) -> Client {
        let mut client = self.client().await;
        client.sign_in(token).await;
        client
    }
}

impl Client {
    /// Authenticates this client.
    pub(crate) async fn sign_in(&mut self, token: &str) -> Value {
        let payload = json!({"token": token});
        self.ok("sockful", "authenticate", payload).await
    }
}
