//! Real-time backends from annotated structs: resources and remote methods over one WebSocket.
//!
//! A resource is a struct with [`#[derive(Resource)]`](derive@Resource). Clients create, read, list,
//! update and destroy its records, subscribe to them, and call the methods of its
//! [`#[remote]`](macro@remote) block. [`resources!`] lists what a [`Server`] serves: the dispatch table
//! of the whole application is a constant that the compiler computes.
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
//! | `garde` | the attribute `nested`, which validates nested values with `garde::Validate` |
//! | `jiff` | timestamps of type `jiff::Timestamp`, also for `created_at` and `updated_at` |
//! | `chrono` | timestamps of type `chrono::DateTime<chrono::Utc>`, also for `created_at` and `updated_at` |
//! | `rust_decimal` | decimal numbers of type `rust_decimal::Decimal`, compared by value |
//! | `jwt` | the module `jwt`, which authenticates clients by JSON Web Tokens |
//! | `tls` | `Server::listen_tls`, for TLS connections with certificates from PEM files |
//! | `sqlite` | `store::Sqlite`, a persistent store in one file |
//! | `tower` | `Server::into_service`, to mount a server in an axum or hyper application |
//! | `client` | the module `client`, a client for servers, and together with `server` the module `testing`, whose clients need no sockets |
//! | `store-conformance` | `testing::store_conformance`, a test that an implementation of `Store` conforms |
//!
//! A client then sends `["creature", "feed", {"id": "bob", "amount": 3}, 1]` and receives
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
/// /// A post of the blog.
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
/// // The payloads of `create` and `update`.
/// let new = NewBlogPost { title: "Hello".to_owned(), ..Default::default() };
/// let patch = BlogPostPatch { subtitle: Some(None), ..Default::default() };
/// assert_eq!(format!("{new:?}"), r#"NewBlogPost { title: "Hello", subtitle: null, reviewer: … }"#);
/// assert_eq!(format!("{patch:?}"), "BlogPostPatch { subtitle: null }");
/// ```
///
/// # Attributes of the struct
///
/// | attribute | meaning |
/// |---|---|
/// | `name = "…"` | the name on the wire; default: the struct's name in camelCase |
/// | `plural = "…"` | the plural of the name; default: the name with an `s` appended |
/// | `renamed_from = "…"` | the former name: records stored under it become records of this resource |
/// | `only(get, find)`, `except(destroy)` | the core actions that clients may call; default: all. The application's own code may always call all of them |
/// | `page(20, 100)` | the default and the maximum number of records in a list; default: those of the server's configuration |
/// | `public` | accessible without authentication on a server that [authenticates its clients](Server::authenticate) |
/// | `event(roared = Roar, …)` | [custom events](#events): the name of each on the wire, and the type of its data |
/// | `new = Name`, `patch = Name` | the names of the two generated structs |
/// | `crate = path` | the path of the `sockful` crate; default: `::sockful` |
///
/// # Attributes of a field
///
/// | attribute | meaning |
/// |---|---|
/// | `id` | the id of the record |
/// | `parent = Album` | the field holds the id of a record of another resource, or of the same one: [its parent](#relations) |
/// | `on_destroy = "…"` | with `parent`: what happens to a child when its parent is destroyed. `"cascade"`, the default, destroys the child too; `"restrict"` refuses to destroy the parent while it has children; `"detach"` sets the field, an `Option`, to `None` |
/// | `name = "…"`, `plural = "…"` | with `parent`: the names of one child and of many in the parent's actions; default: the names of the child's resource |
/// | `default`, `default = expression` | the value of a new record if none is given: that of the type's `Default`, or of the expression. A string literal is converted to the field's type. The description states the value if the expression consists of literals, paths and operators; for a [computed](#defaults) one it states only that there is a default |
/// | `read_only` | sent to clients, never set by them |
/// | `private` | neither sent to clients nor set by them; it never leaves the server |
/// | `write_only` | set by clients and never sent, nor usable in a query |
/// | `immutable` | set by clients when they create the record, never after |
/// | `created_at`, `updated_at` | set by the server: the time of creation or of the last change, in milliseconds since 1970 in a `u64` or `i64`, or as [a timestamp](#timestamps) |
/// | `rev` | set by the server: the record's revision, which grows with each change and never repeats; a `u64` or `i64` |
/// | `unique` | no two records have the same value; `None` may repeat. Compared byte by byte, strings of at most 1,024 bytes |
/// | `index` | records are found and sorted by the property without a scan; strings of at most 1,024 bytes |
/// | `renamed_from = "…"` | the former name of the property, which a store in a file migrates to the new one |
/// | `wide` | an integer that may be beyond ±(2^53−1): `u64`, `i64`, `u128`, `i128`, or an `Option` of one. It is a decimal string on the wire, and compared by equality only |
/// | `range(…)`, `length(…)`, `pattern = "…"`, `format = "…"`, `conform = path`, `nested` | [validation rules](#rules) for the values |
/// | `message = "…"` | the message of the field's only rule, instead of the default one |
/// | `when = path` | the records for which the rules of the field hold |
/// | `sanitize(…)` | transformations of strings [before validation](#sanitizers) |
///
/// A property that clients cannot set needs a `default`, has to be an `Option`, or has to be set by the
/// server. Serde attributes that would make the JSON differ from the described properties (`flatten`,
/// `with`, `skip`…) are compile errors that say what to write instead. So is serde's `default`: write
/// `#[resource(default)]`.
///
/// # Defaults
///
/// A default is evaluated each time it is used. The description contains its value only if it is
/// constant by its spelling: `default` alone, or an expression of literals, paths and operators, such
/// as `-1`, `Kind::Dragon` or `[1, MOST]`. A call, a macro or a block may return another value each
/// time, so that the descriptions of two servers would differ. To show the value to clients, write
/// `"new"` for `String::from("new")` and `default` alone for `Vec::new()`. Every default is evaluated
/// once at start, to check that it satisfies its rules.
///
/// # Timestamps
///
/// With the feature `jiff` a property with `created_at` or `updated_at` may be a `jiff::Timestamp`,
/// with the feature `chrono` a `chrono::DateTime<chrono::Utc>`. On the wire and in the store it is then
/// the string that serde writes, such as `"2024-02-29T12:00:00.123Z"`. Each time that the server sets
/// has three fractional digits, the last of which is not zero: the clock skips one millisecond in ten.
/// Clients and the application may also set a property of such a type.
///
/// Times are compared, sorted and indexed by instant, regardless of offset and precision:
/// `Concert::FIELDS.starts.gte(now)`. The same holds for `chrono::DateTime<chrono::FixedOffset>`. With
/// the feature `rust_decimal` a property may be a `rust_decimal::Decimal`, which is a string in JSON
/// and compared by value. Implement [`Plain`] to compare a type of your own by its JSON value.
///
#[doc = include_str!("rules.md")]
#[cfg_attr(feature = "garde", doc = include_str!("nested.md"))]
#[doc = include_str!("sanitizers.md")]
#[doc = include_str!("relations.md")]
#[doc = include_str!("events.md")]
/// # Generated items
///
/// - `impl Resource`: the description of the resource, and the code that reads and writes its records.
/// - `NewBlogPost`: every property, with `None` to use the default. It implements `Default` if the
///   types of all properties without a default do.
/// - `BlogPostPatch`: every property except the id, with `None` to leave it unchanged. `Some(None)`
///   sets an `Option` to `None`.
/// - `BlogPostFields` and the constant `BlogPost::FIELDS`: the property names that queries are built
///   from, see [`Filter`].
/// - `impl Event` for the type of each declared event.
/// - `impl JsonSchema`, so that remote methods can return the resource. A resource with private or
///   write-only properties has none, since returning it would leak them; nor has one with wide
///   properties, which serde writes as numbers.
///
/// The `Debug` output of the two structs shows the given values, and `…` for those that are never sent.
/// The properties that the server sets are in neither of them.
///
#[doc = include_str!("access.md")]
pub use sockful_derive::Resource;

/// Makes the `pub` methods of an impl block remote: clients can call them.
///
/// A method is remote if it is `pub` and in this block. A resource has one such block. Methods of the
/// block that are not `pub`, and all other impl blocks, stay private.
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
///     /// Describes the creature.
///     pub fn look(&self) -> String {
///         format!("{} has a life of {}", self.id, self.life)
///     }
///
///     /// Greets the caller; the name is optional.
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
/// - `&mut self`: the server loads the record with the payload's `id`, runs the method and stores the
///   changed record. If another write changed the record in between, the method runs again on the new
///   version, so its effects must be confined to the record.
/// - `&self`: the server loads the record; the method only reads it.
/// - No `self`: the method belongs to the resource as a whole.
/// - `&Context`: the [`Context`] of the call. Nothing else can be borrowed.
/// - Every other parameter is a property of the payload with the same name. A parameter that accepts
///   null, such as an `Option`, may be omitted, and so may one with `#[resource(default)]` or
///   `#[resource(default = expression)]`. The [rules](derive@Resource#rules) and
///   [sanitizers](derive@Resource#sanitizers) of fields apply to parameters as well, except `when`:
///   `#[resource(default = 1, range(1..=5))] amount: i32` accepts 5 and rejects 6 without running the
///   method.
/// - `#[payload]` on a single parameter passes the whole payload; for a method with `self`, without the
///   id. Its type is a struct or a map with `Deserialize` and `JsonSchema`, which alone defines the
///   valid payloads: the parameter's name is ignored and it has no rules.
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
/// `Result` of one whose error is `Into<sockful::Error>`. On the wire its name is in camelCase: clients
/// call `feed_all` as `feedAll`.
///
/// | attribute of a method | meaning |
/// |---|---|
/// | `name = "…"` | the name on the wire |
/// | `timeout = "5s"` | the maximum duration of a call; the units are `ms`, `s`, `m` and `h` |
///
/// # Serializability
///
#[doc = include_str!("serializability.md")]
///
/// # Hooks and policies
///
/// A method that is not `pub` may be a hook, with [`#[before(create)]`](macro@before) or
/// [`#[after(create)]`](macro@after), or a policy, with [`#[can(read)]`](macro@can).
///
/// # Cancellation
///
/// A method runs only while its reply is awaited. If the client disconnects, the request times out or
/// the server stops, the method is dropped at its next `.await`: nothing of the record is stored, and
/// code after that `.await` does not run. Work that has to complete, such as a payment followed by a
/// note about it, belongs in a task of its own:
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
/// `#[remote(crate = path)]` sets the path of the `sockful` crate; default: `::sockful`.
pub use sockful_derive::remote;

/// Runs a method of a [`#[remote]`](macro@remote) block before a change is stored.
///
/// The attribute needs no import inside the block. A hook is not `pub`, so clients cannot call it.
///
#[doc = include_str!("hooks.md")]
pub use sockful_derive::before;

/// Makes a method of a [`#[remote]`](macro@remote) block an access policy: who may read and do what.
///
/// The attribute needs no import inside the block. A policy is not `pub`, so clients cannot call it.
///
#[doc = include_str!("policies.md")]
pub use sockful_derive::can;

/// Runs a method of a [`#[remote]`](macro@remote) block after a change was stored.
///
/// The attribute needs no import inside the block. [`before`](macro@before) documents both kinds of
/// hooks.
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
///     fn print(&self, old: Option<&Self>) {
///         let event = if old.is_some() { "destroyed" } else { "created" };
///         println!("{} was {event}", self.id);
///     }
/// }
/// ```
pub use sockful_derive::after;

/// Lists the resources that a server serves, as a constant of type [`Resources`].
///
/// The constant is the dispatch table of the whole application, computed by the compiler: nothing is
/// registered at start. An item that is not a resource, is listed twice or has the name of another one
/// is a compile error at that item.
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
/// If `sockful` is not at `::sockful`, begin the list with `crate = path`.
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

/// The identity of an authenticated client: a key and the application's own user type.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// use sockful::{Credentials, Error, ErrorKind, Identity, Resource, Result, Server, resources};
///
/// #[derive(Clone)]
/// struct User {
///     name: String,
/// }
///
/// async fn authenticate(credentials: Credentials) -> Result<Identity<User>> {
///     let token = credentials.token().or(credentials.cookie("session"));
///     match token {
///         // An application looks it up, or verifies its signature.
///         Some("bobs-token") => Ok(Identity::new("bob", User { name: "Bob".to_owned() })),
///         _ => Err(Error::new(ErrorKind::Unauthenticated, "unknown token")),
///     }
/// }
///
/// # #[derive(Serialize, Deserialize, Resource)]
/// # struct Note { id: String }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let server = Server::new(resources![Note]).authenticate(authenticate).open().await?;
/// // Signs Bob out on every connection, and returns the number of sessions affected.
/// assert_eq!(server.revoke("bob"), 0);
/// # Ok(())
/// # }
/// ```
pub use sockful_runtime::Identity;

#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub use sockful_runtime::Credentials;

/// The context of a call: its caller, shared state, and transactional access to all records.
///
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
///             return Err(Error::refused("insufficient_funds", "the balance is too low"));
///         }
///         self.balance -= amount;
///         let target = ctx.records::<Self>().get(&to).await?;
///         let balance = Some(target.balance + amount);
///         ctx.records::<Self>().update(&to, AccountPatch { balance }).await?;
///         Ok(())
///     }
/// }
/// ```
pub use sockful_runtime::Context;

/// An application-defined event of a resource.
///
/// The type of a value identifies its event, so [`Context::emit`] takes a value and the id of the
/// record that the event belongs to. Outside a call, in the application's own code, [`Records::emit`]
/// makes a commit of its own.
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

/// The configuration of a server: limits, timeouts and access settings.
///
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

/// The groups of settings in a [`Config`].
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub mod config {
    pub use sockful_runtime::config::{
        AccessConfig, ConnectionConfig, HttpConfig, LiveConfig, RequestConfig, StoreConfig,
    };
}

/// The certificates and the private key of a server that listens with TLS.
///
/// ```no_run
/// # async fn serve(server: sockful::Server) -> sockful::Result<()> {
/// let tls = sockful::TlsConfig::from_pem_files("chain.pem", "key.pem")?;
/// server.listen_tls("0.0.0.0:443", tls).await
/// # }
/// ```
#[cfg(all(feature = "server", feature = "tls"))]
#[cfg_attr(docsrs, doc(cfg(all(feature = "server", feature = "tls"))))]
pub use sockful_runtime::TlsConfig;

/// A server mounted in an axum or hyper application, as a `tower::Service`.
///
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
#[doc = include_str!("mounted.md")]
pub use sockful_runtime::MountedServer;

/// The error of a request, with a kind, a code and a message that the caller receives.
///
/// ```
/// use sockful::{Error, ErrorKind};
///
/// let error = Error::refused("too_tired", "is asleep until dawn");
/// assert_eq!((error.kind(), error.code()), (ErrorKind::Custom, "too_tired"));
/// ```
pub use sockful_runtime::Error;

/// Compares two API descriptions: can clients built from the older one use the newer one?
pub mod compatibility {
    pub use sockful_runtime::model::schema::comparison::{
        SchemaChange, SchemaComparison, Verdict, compare,
    };
}

/// Stores of records, in memory or in an `SQLite` file (feature `sqlite`), and the types to implement
/// another one.
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub mod store {
    pub use sockful_runtime::model::definition::{
        Access, Bound, Check, EventDef, KeyKind, Limit, Managed, OnDestroy, Parent, Property,
        ResourceDef, Rule,
    };
    pub use sockful_runtime::model::record::Record;
    pub use sockful_runtime::model::scalar::Scalar;
    pub use sockful_runtime::query::{
        By, CompareOp, Cursor, Query, QueryFilter, QueryOrder, RelatedFilter, RelationSide,
    };
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

/// Types and bounds in the signatures of [`Field`], which define the operators of a property.
pub mod query {
    pub use sockful_runtime::model::definition::KeyForm;
    pub use sockful_runtime::query::typed::{
        Decimal, Like, Nullable, Ordered, ParentId, Text, Time, ToParent,
    };
}

#[cfg(feature = "client")]
#[cfg_attr(docsrs, doc(cfg(feature = "client")))]
pub mod client {
    #![doc = include_str!("client.md")]
    pub use sockful_runtime::client::{
        Builder, Call, Children, Client, ClientEvent, Data, Live, LiveCount, Page, RemoteFind,
        RemoteRecords, Reply, Status, Subscription,
    };
}

/// Test helpers: clients that need no sockets, and a conformance test for stores.
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
// Not `doc(hidden)`: compiler messages name these items, and would show the full paths of hidden ones.
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
    pub use sockful_runtime::query::typed::{Decimal, Field, ParentId, Time};
    pub use sockful_runtime::record_schema;
    pub use sockful_runtime::schemars::{JsonSchema, Schema, SchemaGenerator};
    pub use sockful_runtime::{__client as client, __server as server};
    pub use std::borrow::{Cow, ToOwned};
    pub use std::boxed::Box;
    pub use std::fmt;
    pub use std::option::Option::{self, None, Some};
}

// Compiles the example of the README as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
