//! Random requests of clients.

use super::app::{Rule, User};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// A step of one client.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Authenticates as the user with this index, or signs out.
    SignIn(Option<usize>),
    /// Revokes the identity of the user with this index.
    Revoke(usize),
    /// Opens a new connection.
    Reconnect,
    Write(Vec<Write>),
    /// Repeats the last request with an idempotency key.
    Retry,
    Read(Read),
    Subscribe(Subscribe),
    Unsubscribe,
}

/// A write of one record. Several writes are sent as one commit.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is chosen independently"
)]
pub(super) struct Write {
    pub(super) kind: &'static str,
    pub(super) comment: bool,
    /// Whether the write uses the parent's route.
    pub(super) related: bool,
    pub(super) id: Index,
    pub(super) parent: Index,
    pub(super) owner: usize,
    pub(super) published: bool,
    pub(super) level: i64,
    pub(super) slug: bool,
    pub(super) keyed: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) route: usize,
    pub(super) id: Index,
    pub(super) other: Index,
    pub(super) level: Option<i64>,
    pub(super) limit: Option<usize>,
    pub(super) descending: bool,
    pub(super) with: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Subscribe {
    pub(super) comments: bool,
    /// Subscribes to the comments of this note.
    pub(super) of: Option<Index>,
    pub(super) level: Option<i64>,
    /// Resumes with the token of any client, from this many commits before the newest.
    pub(super) from: Option<(Index, u64)>,
}

pub(super) fn users() -> impl Strategy<Value = Vec<User>> {
    let one = (rule(), rule(), rule());
    vec(one, 3).prop_map(|rules| {
        let names = ["ann", "bob", "eve"];
        let users = names.into_iter().zip(rules);
        let users = users.map(|(name, (notes, comments, write_rule))| User {
            name: name.to_owned(),
            read_rules: [notes, comments],
            write_rule,
        });
        users.collect()
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let leaf = prop_oneof![
        2 => Just(Rule::All),
        1 => Just(Rule::Nothing),
        3 => Just(Rule::Own),
        3 => Just(Rule::Published),
        2 => (0..3_i64).prop_map(Rule::AtMost),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        let two = (inner.clone(), inner.clone()).prop_map(|(one, other)| Box::new([one, other]));
        prop_oneof![
            inner.prop_map(|rule| Rule::Not(Box::new(rule))),
            two.clone().prop_map(Rule::Both),
            two.prop_map(Rule::Either),
        ]
    })
}

/// Steps, each with the index of the client and whether it sends requests over HTTP if possible.
pub(super) fn steps() -> impl Strategy<Value = Vec<(usize, bool, Step)>> {
    vec((0..4_usize, any::<bool>(), step()), 20..80)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => proptest::option::weighted(0.9, 0..3_usize).prop_map(Step::SignIn),
        1 => (0..3_usize).prop_map(Step::Revoke),
        1 => Just(Step::Reconnect),
        12 => write().prop_map(|write| Step::Write(vec![write])),
        2 => vec(write(), 2..4).prop_map(Step::Write),
        1 => Just(Step::Retry),
        10 => read().prop_map(Step::Read),
        4 => subscribe().prop_map(Step::Subscribe),
        1 => Just(Step::Unsubscribe),
    ]
}

fn write() -> impl Strategy<Value = Write> {
    let kinds = [
        "create", "create", "update", "update", "save", "destroy", "touch", "look",
    ];
    let what = (
        proptest::sample::select(kinds.to_vec()),
        any::<bool>(),
        any::<bool>(),
    );
    let which = (any::<Index>(), any::<Index>());
    let with = (0..3_usize, any::<bool>(), 0..3_i64);
    (what, which, with, prop::bool::weighted(0.2), any::<bool>()).prop_map(
        |((kind, comment, related), (id, parent), (owner, published, level), slug, keyed)| Write {
            kind,
            comment,
            related,
            id,
            parent,
            owner,
            published,
            level,
            slug,
            keyed,
        },
    )
}

fn read() -> impl Strategy<Value = Read> {
    let which = (0..12_usize, any::<Index>(), any::<Index>());
    let options = (
        proptest::option::of(0..3_i64),
        proptest::option::of(1..4_usize),
    );
    (which, options, any::<bool>(), any::<bool>()).prop_map(
        |((route, id, other), (level, limit), descending, with)| Read {
            route,
            id,
            other,
            level,
            limit,
            descending,
            with,
        },
    )
}

fn subscribe() -> impl Strategy<Value = Subscribe> {
    let of = proptest::option::weighted(0.3, any::<Index>());
    let from = proptest::option::weighted(0.4, (any::<Index>(), 0..8_u64));
    (any::<bool>(), of, proptest::option::of(0..3_i64), from).prop_map(
        |(comments, of, level, from)| Subscribe {
            comments,
            of,
            level,
            from,
        },
    )
}
