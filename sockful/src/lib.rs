//! Annotate a struct, get a real-time backend: resources and remote methods over one WebSocket frame.
//!
//! A resource is a struct with [`#[derive(Resource)]`](derive@Resource); its records are created,
//! read, listed, changed and removed by clients. Methods in a [`#[remote]`](macro@remote) block are
//! called by them. [`resources!`] lists what a [`Server`] serves: the dispatch table of the whole
//! application is a constant, laid out by the compiler.
//!
//! ```no_run
//! use serde::{Deserialize, Serialize};
//! use sockful::{Resource, Result, Server, remote, resources};
//!
//! /// A beast that can be fed.
//! #[derive(Serialize, Deserialize, Resource)]
//! struct Creature {
//!     id: String,
//!     #[resource(default = "dragon")]
//!     kind: String,
//!     #[resource(default = 10)]
//!     life: i32,
//! }
//!
//! #[remote]
//! impl Creature {
//!     /// Feeds the creature.
//!     pub async fn feed(&mut self, #[resource(default = 1)] amount: i32) -> Result<String> {
//!         self.life = self.life.saturating_add(amount);
//!         Ok(format!("I have been fed my life is: {}", self.life))
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<()> {
//!     Server::new(resources![Creature])
//!         .listen("127.0.0.1:8000")
//!         .await
//! }
//! ```
//!
//! | feature | what it adds |
//! |---|---|
//! | `server` (default) | everything that serves resources; a program that is only a client disables it with `default-features = false` |
//! | `garde` | the word `nested`: rules inside of values, by `garde::Validate` |
//! | `jiff` | times of the type `jiff::Timestamp`, also for the words `created_at` and `updated_at` |
//! | `chrono` | times of the type `chrono::DateTime<chrono::Utc>`, also for the words `created_at` and `updated_at` |
//! | `rust_decimal` | decimal numbers of the type `rust_decimal::Decimal`, compared by value |
//! | `jwt` | the module `jwt`: who a client is, from a JSON Web Token |
//! | `tls` | `Server::listen_tls`: connections by TLS, with certificates out of PEM files |
//! | `sqlite` | `store::Sqlite`: records that last, in one file |
//! | `tower` | `Server::into_service`: to be mounted in an application of axum or hyper |
//! | `client` | the modules `client`, which calls servers, and with `server` also `testing`, which does without sockets |
//! | `store-conformance` | `testing::store_conformance`: a test that an implementation of `Store` conforms |
//!
//! A client then sends `["creature", "feed", {"id": "bob", "amount": 3}, 1]`, and is answered
//! `["creature", "feed", {"ok": "I have been fed my life is: 13", "seq": 2}, 1]`.
#![cfg_attr(docsrs, feature(doc_cfg))]

/// Makes a struct with named fields a resource.
///
/// The struct also derives serde's `Serialize` and `Deserialize`. One field is the id: the one called
/// `id`, or the one marked `#[resource(id)]`; its type is a [`Key`]: a `String`, an integer, a
/// `Uuid`. Every other field is a property, whose type has serde's traits and a schema
/// (`schemars::JsonSchema`). Wire names follow serde's `rename` and `rename_all`; doc comments
/// become the descriptions in the schema.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use sockful::Resource;
///
/// /// What is written in the blog.
/// #[derive(Serialize, Deserialize, Resource)]
/// #[resource(plural = "articles")]
/// #[serde(rename_all = "camelCase")]
/// struct BlogPost {
///     #[resource(id)]
///     slug: String,
///     title: String,
///     #[resource(default = "draft")]
///     state: String,
///     #[resource(default = vec!["new".to_owned()])]
///     tags: Vec<String>,
///     subtitle: Option<String>,
///     #[resource(read_only, default)]
///     view_count: u64,
///     #[resource(private)]
///     reviewer: Option<String>,
/// }
///
/// // What creating one takes, and what changing one takes.
/// let new = NewBlogPost { title: "Hello".to_owned(), ..Default::default() };
/// let patch = BlogPostPatch { subtitle: Some(None), ..Default::default() };
/// assert_eq!(format!("{new:?}"), r#"NewBlogPost { title: "Hello", subtitle: null, reviewer: … }"#);
/// assert_eq!(format!("{patch:?}"), "BlogPostPatch { subtitle: null }");
/// ```
///
/// # On the struct
///
/// | word | meaning |
/// |---|---|
/// | `name = "…"` | the name on the wire; without it the struct's in camelCase |
/// | `plural = "…"` | the name of many; without it an `s` behind the name |
/// | `renamed_from = "…"` | the name under which older records are stored, which become records of this one |
/// | `only(get, find)`, `except(destroy)` | which of the core actions are served; without them all are. The application's own code has all of them |
/// | `page(20, 100)` | how many records a list has where the request does not say, and how many it may ask for; without it what the server's configuration says |
/// | `public` | on a server that [asks who its clients are](Server::authenticate), those may ask for it too who are nobody |
/// | `event(roared = Roar, …)` | [events of its own](#events): the name of each on the wire, and the type of what is told of it |
/// | `new = Name`, `patch = Name` | what the two structs that are made are called |
/// | `crate = path` | where `sockful` is found, if not at `::sockful` |
///
/// # On a field
///
/// | word | meaning |
/// |---|---|
/// | `id` | this is the id |
/// | `parent = Album` | it holds the id of a record of another resource, or of the same one: [its parent](#relations) |
/// | `on_destroy = "…"` | beside `parent`: what becomes of a child whose parent is destroyed. `"cascade"` destroys it too, which it does without this word; `"restrict"` refuses to destroy the parent while it has any; `"detach"` sets the field, an `Option`, to none |
/// | `name = "…"`, `plural = "…"` | beside `parent`: what one child and many are called there; without them what the child's resource is |
/// | `default`, `default = expression` | the value of a new record where none is given: the type's own, or this one. A text becomes what the field's type makes of it. The description tells its value where it is made of literals, paths and operators; of one that is [computed](#defaults) only that there is one |
/// | `read_only` | sent, and never set by clients |
/// | `private` | neither sent nor set by clients; it never leaves the server |
/// | `write_only` | set by clients and never sent, not even asked for in a query |
/// | `immutable` | set by clients where they create the record, and never after |
/// | `created_at`, `updated_at` | kept by the server: when the record was created, when it last changed; milliseconds since 1970 in a `u64` or `i64`, or [a timestamp](#timestamps) |
/// | `rev` | kept by the server: the record's revision, which grows with each change and never repeats; a `u64` or `i64` |
/// | `unique` | no two records have the same value; `None` may repeat. Compared byte by byte, texts of at most 1,024 bytes |
/// | `index` | records are found and sorted by it without looking at the others; texts of at most 1,024 bytes |
/// | `renamed_from = "…"` | the name under which older records have it, which a store in a file turns into this one |
/// | `wide` | an integer that may be beyond ±(2^53−1): `u64`, `i64`, `u128`, `i128`, or an `Option` of one. It is a decimal string on the wire, and compared by equality only |
/// | `range(…)`, `length(…)`, `pattern = "…"`, `format = "…"`, `conform = path`, `nested` | [rules](#rules) that its values keep to |
/// | `message = "…"` | what the one rule beside it says in place of our words |
/// | `when = path` | for which records its rules hold |
/// | `sanitize(…)` | what is done to texts [before the rules](#sanitizers) |
///
/// A property that clients can't set needs a `default`, to be an `Option`, or the server that keeps
/// it. Attributes of serde
/// that would make the JSON something else than the described properties (`flatten`, `with`,
/// `skip`…) are errors that say what to write instead; so is serde's `default`, there is one only.
///
/// # Defaults
///
/// A default is evaluated each time it is taken. Its value stands in the description only if it is
/// constant by its spelling: `default` alone, or an expression of literals, paths and operators, such
/// as `-1`, `Kind::Dragon` or `[1, MOST]`. A call, a macro or a block may have another value each time,
/// by which the descriptions of two servers would differ: so write `"new"` for `String::from("new")`
/// and `default` alone for `Vec::new()` if clients are to know. All are evaluated once at start, to be
/// asked whether they keep to their rules.
///
/// # Timestamps
///
/// With the feature `jiff` a kept time may be a `jiff::Timestamp`, with the feature `chrono` a
/// `chrono::DateTime<chrono::Utc>`. On the wire and at rest it is then the text that serde writes, such
/// as `"2024-02-29T12:00:00.123Z"`. Each that is kept has three digits behind the point, the last of
/// which is not a zero: the clock skips one millisecond in ten. A property of such a type may also be set
/// by clients and by the application.
///
/// Times are compared, sorted and indexed by time, whatever their offset and precision:
/// `Concert::FIELDS.starts.gte(now)`. The same holds for `chrono::DateTime<chrono::FixedOffset>`. With the
/// feature `rust_decimal` properties may be decimal numbers, `rust_decimal::Decimal`, which are strings in
/// JSON and compared by value. [`Plain`] is how a type of your own is compared like that.
///
#[doc = include_str!("rules.md")]
#[cfg_attr(feature = "garde", doc = include_str!("nested.md"))]
#[doc = include_str!("sanitizers.md")]
#[doc = include_str!("relations.md")]
#[doc = include_str!("events.md")]
/// # What it makes
///
/// - `impl Resource`, the description and the reading and writing of records,
/// - `NewBlogPost`: every property, `None` where the default is to be taken. It has `Default` where
///   the types of the properties without a default have one,
/// - `BlogPostPatch`: every property but the id, `None` where it is to stay. An `Option` is set to
///   none by `Some(None)`,
/// - `impl Event` for the type of each event that is declared,
/// - `impl JsonSchema`, so that remote methods can return the resource. One with private or
///   write-only properties has none: it can't be returned, they would leak; nor can one with wide
///   properties, which serde writes as numbers.
///
/// The two structs show in `{:?}` what is given; what is never sent they show as `…`. What the
/// server keeps is in neither of them.
///
/// - `BlogPostFields` and the constant `BlogPost::FIELDS`: the names that queries are built from, see
///   [`Filter`].
///
#[doc = include_str!("access.md")]
pub use sockful_derive::Resource;

/// Makes the `pub` methods of an impl block remote: clients can call them.
///
/// Two signs make a method remote: it stands in this block, and it is `pub`. A resource has one such
/// block; what is not `pub` in it, and every other impl block, stays private.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use sockful::{Context, Error, Resource, Result, remote};
///
/// #[derive(Serialize, Deserialize, Resource)]
/// struct Creature {
///     id: String,
///     life: i32,
/// }
///
/// #[remote]
/// impl Creature {
///     /// Feeds the creature.
///     pub async fn feed(&mut self, #[resource(default = 1)] amount: i32) -> Result<i32> {
///         if self.life > 20 {
///             return Err(Error::refused("too_full", "can't eat any more"));
///         }
///         self.grow(amount);
///         Ok(self.life)
///     }
///
///     /// Tells how it is, in words.
///     pub fn look(&self) -> String {
///         format!("{} has a life of {}", self.id, self.life)
///     }
///
///     /// Greets whoever asks; the name may be left out.
///     #[remote(name = "hello", timeout = "500ms")]
///     pub fn greet(name: Option<String>, context: &Context) -> String {
///         let name = name.unwrap_or_else(|| format!("{:?}", context.peer()));
///         format!("hello {name}")
///     }
///
///     fn grow(&mut self, amount: i32) {
///         self.life += amount;
///     }
/// }
/// ```
///
/// `["creature", "feed", {"id": "bob", "amount": 3}, 1]` calls the first.
///
/// - `&mut self`: the record of the payload's `id` is loaded, the method runs, and the changed record is
///   stored. Where another writer came in between it runs again on a fresh record, so its effects
///   belong into the record.
/// - `&self`: it is loaded to look at.
/// - No `self`: the method is one of the resource as a whole.
/// - `&Context`: the [`Context`] of the call. Nothing else can be borrowed.
/// - Every other parameter is a property of the payload with its name. One that takes null, such as an
///   `Option`, may be left out, and so may one with `#[resource(default)]` or
///   `#[resource(default = expression)]`. The [rules](derive@Resource#rules) and
///   [sanitizers](derive@Resource#sanitizers) of fields stand on parameters as well, all but `when`:
///   `#[resource(default = 1, range(1..=5))] amount: i32` takes 5, refuses 6, and the method does
///   not run.
/// - `#[payload]` on a single parameter takes the payload whole, of a method with `self` what the id
///   leaves of it. Its type is a struct or a map with `Deserialize` and `JsonSchema`, and says alone
///   what may be given: the parameter needs no name and has no rules.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use sockful::{Resource, remote};
/// #
/// # #[derive(Serialize, Deserialize, Resource)]
/// # struct Creature {
/// #     id: String,
/// # }
/// #
/// #[derive(Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// struct Import {
///     names: Vec<String>,
///     replace: bool,
/// }
///
/// #[remote]
/// impl Creature {
///     /// Called by `["creature", "import", {"names": ["bob"], "replace": true}, 1]`.
///     pub fn import(#[payload] import: Import) -> usize {
///         import.names.len()
///     }
/// }
/// ```
///
/// A method may be `async`. It returns nothing, a value with `Serialize` and `JsonSchema`, or a
/// `Result` of one whose error is `Into<sockful::Error>`. Its name becomes camelCase: `feed_all` is
/// called by `feedAll`.
///
/// | word on a method | meaning |
/// |---|---|
/// | `name = "…"` | the name on the wire |
/// | `timeout = "5s"` | how long it may take; `ms`, `s`, `m` and `h` are known |
///
/// # Serializability
///
#[doc = include_str!("serializability.md")]
///
/// # Hooks and policies
///
/// A method that is not `pub` may be a hook, with [`#[before(create)]`](macro@before) or
/// [`#[after(create)]`](macro@after) on it, or a policy, with [`#[can(read)]`](macro@can).
///
/// # When the client is gone
///
/// A method runs only as long as its reply is awaited. If the client disconnects, the request times out
/// or the server stops, the method is dropped at its next `.await`: nothing of the record is stored,
/// and code after that `.await` does not run. What has to run to its end, such as a payment followed by
/// a note about it, belongs in a task of its own:
///
/// ```no_run
/// # use sockful::{Context, Error, Resource, Result, remote};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, Resource)]
/// # pub struct Order {
/// #     id: String,
/// # }
/// # async fn charge(_: String) -> Result<()> { Ok(()) }
/// # async fn send_receipt() {}
/// #[remote]
/// impl Order {
///     pub async fn pay(&mut self) -> Result<()> {
///         let id = self.id.clone();
///         let payment = tokio::spawn(async move {
///             charge(id).await?;
///             send_receipt().await; // even if the client is gone
///             Ok::<_, Error>(())
///         });
///         payment.await.map_err(Error::internal)?
///     }
/// }
/// ```
///
/// On the block, `#[remote(crate = path)]` says where `sockful` is found, if not at `::sockful`.
pub use sockful_derive::remote;

/// Makes a method in a [`#[remote]`](macro@remote) block run before something is stored.
///
/// It is known inside of the block and needs no import. A hook is not `pub`: no client calls it.
///
#[doc = include_str!("hooks.md")]
pub use sockful_derive::before;

/// Makes a method in a [`#[remote]`](macro@remote) block decide who may see and do what.
///
/// It is known inside of the block and needs no import. A policy is not `pub`: no client calls it.
///
#[doc = include_str!("policies.md")]
pub use sockful_derive::can;

/// Makes a method in a [`#[remote]`](macro@remote) block run after something was stored.
///
/// It is known inside of the block and needs no import. See [`before`](macro@before), which tells of
/// both.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use sockful::{Resource, remote};
///
/// #[derive(Serialize, Deserialize, Resource)]
/// struct Creature {
///     id: String,
/// }
///
/// #[remote]
/// impl Creature {
///     #[after(create, destroy)]
///     fn tell(&self, old: Option<&Self>) {
///         let what = if old.is_some() { "gone" } else { "born" };
///         println!("{} is {what}", self.id);
///     }
/// }
/// ```
pub use sockful_derive::after;

/// Lists the resources that a server serves: a constant of type [`Resources`].
///
/// It is the event dispatch table of the whole application, computed by the compiler: nothing is
/// registered at start. What is no resource, is listed twice or has another's name is an error at
/// the list's item.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use sockful::{Resource, Resources, resources};
///
/// #[derive(Serialize, Deserialize, Resource)]
/// struct Album {
///     id: String,
///     title: String,
/// }
///
/// mod songs {
///     #[derive(serde::Serialize, serde::Deserialize, sockful::Resource)]
///     pub struct Song {
///         id: u64,
///         title: String,
///     }
/// }
///
/// const APP: Resources = resources![Album, songs::Song];
///
/// assert!(APP.find("song", "create").is_some());
/// assert!(APP.find("song", "constructor").is_none());
/// ```
///
/// Where `sockful` is not at `::sockful`, the list begins with `crate = path`.
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub use sockful_derive::resources;

#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub use sockful_runtime::engine::table::Resources;
pub use sockful_runtime::model::key::Key;
pub use sockful_runtime::model::resource::Resource;
pub use sockful_runtime::query::typed::{Field, Filter, Order, Plain};
pub use sockful_runtime::{AnyError, Count, ErrorKind, Fault, Find, Outcome, Records, Result};
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub use sockful_runtime::{Server, ServerHandle, cli, shutdown_signal};

/// ```
/// # use serde::{Deserialize, Serialize};
/// use sockful::{Credentials, Error, ErrorKind, Identity, Resource, Result, Server, resources};
///
/// #[derive(Clone)]
/// struct User {
///     name: String,
/// }
///
/// async fn who(credentials: Credentials) -> Result<Identity<User>> {
///     let token = credentials.token().or(credentials.cookie("session"));
///     match token {
///         // An application looks it up, or verifies its signature.
///         Some("bobs-token") => Ok(Identity::new("bob", User { name: "Bob".to_owned() })),
///         _ => Err(Error::new(ErrorKind::Unauthenticated, "this token is nobody's")),
///     }
/// }
///
/// # #[derive(Serialize, Deserialize, Resource)]
/// # struct Note { id: String }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let server = Server::new(resources![Note]).authenticate(who).open().await?;
/// // Bob is nobody again, on every connection.
/// assert_eq!(server.revoke("bob"), 0);
/// # Ok(())
/// # }
/// ```
pub use sockful_runtime::Identity;

#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub use sockful_runtime::Credentials;

/// ```
/// use serde::{Deserialize, Serialize};
/// use sockful::{Context, Error, Resource, Result, remote};
///
/// #[derive(Serialize, Deserialize, Resource)]
/// struct Account {
///     id: String,
///     balance: i64,
/// }
///
/// #[remote]
/// impl Account {
///     /// Moves money: both accounts change in one commit, or neither.
///     pub async fn transfer(&mut self, ctx: &Context, to: String, amount: i64) -> Result<()> {
///         if self.balance < amount {
///             return Err(Error::refused("too_poor", "there is not that much money"));
///         }
///         self.balance -= amount;
///         let taker = ctx.records::<Self>().get(&to).await?;
///         let balance = Some(taker.balance + amount);
///         ctx.records::<Self>().update(&to, AccountPatch { balance }).await?;
///         Ok(())
///     }
/// }
/// ```
pub use sockful_runtime::Context;

/// By its type an event is known, so [`Context::emit`] takes a value of it and the id of the record to
/// which it happens; outside of a call, in the application's own code, [`Records::emit`] makes a
/// commit of its own.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use sockful::{Context, Event, Resource, Result, Server, remote, resources};
///
/// #[derive(Serialize, schemars::JsonSchema)]
/// struct Roar {
///     loudness: u8,
/// }
///
/// #[derive(Serialize, Deserialize, Resource)]
/// #[resource(event(roared = Roar))]
/// struct Creature {
///     id: String,
/// }
///
/// #[remote]
/// impl Creature {
///     pub fn roar(&self, context: &Context) -> Result<()> {
///         context.emit(&self.id, Roar { loudness: 9 })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let server = Server::new(resources![Creature]).open().await?;
/// let creatures = server.records::<Creature>();
/// let bob = creatures.create(NewCreature { id: Some("bob".to_owned()) }).await?;
/// creatures.emit(&bob.id, Roar { loudness: 7 }).await?;
///
/// let log = server.store().log(1, 10).await?;
/// assert_eq!(&*log[0].emitted[0].data, r#"{"loudness":7}"#);
/// assert_eq!(log[0].emitted[0].event, Roar::POSITION);
/// # Ok(())
/// # }
/// ```
pub use sockful_runtime::model::event::Event;

/// ```
/// use sockful::Config;
///
/// let config = Config::default()
///     .max_frame(16 * 1024)
///     .allowed_origins(["https://app.example.com"]);
///
/// let mut same = Config::default();
/// same.connection.max_frame = 16 * 1024;
/// same.access.allowed_origins.push("https://app.example.com".to_owned());
/// ```
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub use sockful_runtime::Config;

/// The groups of settings of a [`Config`].
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub mod config {
    pub use sockful_runtime::config::{
        AccessConfig, ConnectionConfig, HttpConfig, LiveConfig, RequestConfig, StoreConfig,
    };
}

/// ```no_run
/// # async fn serve(server: sockful::Server) -> sockful::Result<()> {
/// let tls = sockful::TlsConfig::from_pem_files("chain.pem", "key.pem")?;
/// server.listen_tls("0.0.0.0:443", tls).await
/// # }
/// ```
#[cfg(all(feature = "server", feature = "tls"))]
#[cfg_attr(docsrs, doc(cfg(all(feature = "server", feature = "tls"))))]
pub use sockful_runtime::TlsConfig;

#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
#[doc = include_str!("mounted.md")]
pub use sockful_runtime::MountedServer;

/// ```
/// use sockful::{Error, ErrorKind};
///
/// let error = Error::refused("too_tired", "sleeps until dawn");
/// assert_eq!((error.kind(), error.code()), (ErrorKind::Custom, "too_tired"));
/// ```
pub use sockful_runtime::Error;

/// Whether clients that were built with an older description get on with a newer one.
pub mod compatibility {
    pub use sockful_runtime::model::schema::comparison::{
        SchemaChange, SchemaComparison, Verdict, compare,
    };
}

/// Where records are kept: in memory, in a file of `SQLite` (feature `sqlite`), and what it takes to write another.
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub mod store {
    pub use sockful_runtime::model::definition::{
        Access, Bound, Check, EventDef, KeyKind, Limit, Managed, OnDestroy, Parent, Property,
        ResourceDef, Rule,
    };
    pub use sockful_runtime::model::record::Record;
    pub use sockful_runtime::model::scalar::Scalar;
    pub use sockful_runtime::query::{By, CompareOp, Cursor, Query, QueryFilter, QueryOrder};
    #[cfg(feature = "sqlite")]
    #[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
    pub use sockful_runtime::store::Sqlite;
    pub use sockful_runtime::store::commit::{Commit, Committed, Emitted, RecordChange};
    pub use sockful_runtime::store::commit::{Expect, Operation, Rejected};
    pub use sockful_runtime::store::guard::{Guard, GuardedRange};
    pub use sockful_runtime::store::idempotency::{
        CompletedRequest, IdempotencyEntry, Lookup, PendingResponse, StoredResponse,
    };
    pub use sockful_runtime::store::{
        Counted, Expired, Found, Layout, MaybeReady, Memory, Migrated, Several, Snapshot, Store,
        View, boxed, ready,
    };
}

/// Types and bounds in the signatures of [`Field`]: which operators a property has.
pub mod query {
    pub use sockful_runtime::model::definition::KeyForm;
    pub use sockful_runtime::query::typed::{Decimal, Like, Nullable, Ordered, Text, Time};
}

#[cfg(feature = "client")]
#[cfg_attr(docsrs, doc(cfg(feature = "client")))]
pub mod client {
    #![doc = include_str!("client.md")]
    pub use sockful_runtime::client::{
        Builder, Call, Children, Client, ClientEvent, Data, Live, Page, RemoteFind, RemoteRecords,
        Reply, Status, Subscription,
    };
}

/// Helpers for tests.
///
#[cfg(any(
    all(feature = "client", feature = "server"),
    feature = "store-conformance"
))]
#[cfg_attr(
    docsrs,
    doc(cfg(any(
        all(feature = "client", feature = "server"),
        feature = "store-conformance"
    )))
)]
#[cfg_attr(feature = "client", doc = include_str!("testing.md"))]
pub mod testing {
    #[cfg(feature = "store-conformance")]
    #[cfg_attr(docsrs, doc(cfg(feature = "store-conformance")))]
    pub use sockful_runtime::testing::store_conformance;
    #[cfg(feature = "client")]
    #[cfg_attr(docsrs, doc(cfg(feature = "client")))]
    pub use sockful_runtime::testing::{builder, connect};
}

#[cfg(feature = "jwt")]
#[cfg_attr(docsrs, doc(cfg(feature = "jwt")))]
pub mod jwt {
    #![doc = include_str!("jwt.md")]
    pub use sockful_runtime::engine::auth::jwt::{Issuers, Jwt};
}

/// Bounds and helpers of the macro expansions. Not public API: it changes in every release.
// Not `doc(hidden)`: the compiler writes the full path of hidden items, and its messages name these.
#[cfg(not(doc))]
pub mod macro_support {
    #[cfg(feature = "client")]
    pub use sockful_runtime::client::{Argument, DecodeOutput};
    #[cfg(not(feature = "tls"))]
    pub use sockful_runtime::core::feature::TlsFeature;
    #[cfg(not(feature = "tower"))]
    pub use sockful_runtime::core::feature::TowerFeature;
    #[cfg(feature = "server")]
    pub use sockful_runtime::engine::auth::policy::{PolicySubject, PolicyUser};
    #[cfg(feature = "server")]
    pub use sockful_runtime::engine::call::method::{OnlyOneRemoteBlock, Remotes};
    #[cfg(feature = "server")]
    pub use sockful_runtime::engine::call::methods::{attempt, run_mut, run_ref};
    #[cfg(feature = "server")]
    pub use sockful_runtime::hook::HookContext;
    #[cfg(feature = "server")]
    pub use sockful_runtime::macro_support::bounds::{
        AnyUser, ArgKind, ContextArg, HookArg, HookOutput, InfallibleReturn, MethodError,
        MethodOutput, NoRecordAccess, PolicyArg, PolicyArgKind, PolicyOutput, ReadPolicyOutput,
        RecordAccess, Returned, UserArgKind, context, encode_output, hook_arg, hook_output, output,
        policy_arg, policy_output, read_policy_output, resource,
    };
    pub use sockful_runtime::macro_support::bounds::{
        ConformOutput, EventData, FieldCodec, FieldType, FromText, KeyFormOf, LengthType,
        NoFieldCodec, NoKeyForm, NoSchema, NumberType, OptionalField, OptionalParent, ParamType,
        PayloadType, RecordType, RevisionType, SanitizedType, SchemaProbe, StringType,
        conform_output, detach, event_data, field, id, indexed, length, lowercase, optional, param,
        payload, range, record, revision, sanitize, string, text_default, timestamp, trim,
        uppercase, wide,
    };
    #[cfg(feature = "garde")]
    pub use sockful_runtime::macro_support::bounds::{NestedType, nested};
    pub use sockful_runtime::model::event::EventOf;
    pub use sockful_runtime::model::parent::{RefersTo, parent};
    pub use sockful_runtime::model::resource_model::Shape;
    pub use sockful_runtime::model::timestamp::TimestampType;
    pub use sockful_runtime::{ConvertibleError, WideInteger};
    #[cfg(feature = "server")]
    pub use sockful_runtime::{Done, EncodedOutput};
}

/// Items that the macro expansions name. Not public API: it changes in every release.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "client")]
    pub use sockful_runtime::client::{Argument, BigIntArgument, Call, CallRemotes, DecodeOutput};
    #[cfg(feature = "server")]
    pub use sockful_runtime::engine::auth::policy::{Grant, Policy, PolicyFn};
    #[cfg(feature = "server")]
    pub use sockful_runtime::engine::call::method::{
        MethodsOf, NoRemotes, OnlyOneRemoteBlock, Receiver, Remote, Remotes,
    };
    #[cfg(feature = "server")]
    pub use sockful_runtime::engine::call::methods::{attempt, run, run_mut, run_ref};
    #[cfg(feature = "server")]
    pub use sockful_runtime::engine::table::{
        ResourceEntry, Resources, Table, buckets, clash, count, slots,
    };
    #[cfg(feature = "server")]
    pub use sockful_runtime::hook::{Hook, HookAction, HookPhase};
    #[cfg(feature = "client")]
    pub use sockful_runtime::macro_support::bounds::{FieldCodec, NoFieldCodec};
    pub use sockful_runtime::model::codec::Codec;
    pub use sockful_runtime::model::definition::{
        Access, Bound, Check, EventDef, Format, Managed, OnDestroy, Pattern, Property, ResourceDef,
        Rule,
    };
    pub use sockful_runtime::model::event::Event;
    pub use sockful_runtime::model::reader::Reader;
    pub use sockful_runtime::model::resource::{Changes, PayloadWriter, Resource, Writer, show};
    pub use sockful_runtime::model::resource_model::Shape;
    pub use sockful_runtime::query::typed::{Decimal, Field, Time};
    pub use sockful_runtime::record_schema;
    pub use sockful_runtime::schemars::{JsonSchema, Schema, SchemaGenerator};
    pub use sockful_runtime::{__client as client, __server as server};
    pub use std::borrow::{Cow, ToOwned};
    pub use std::boxed::Box;
    pub use std::fmt;
    pub use std::option::Option::{self, None, Some};
}

// The example of the README is compiled like those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
