//! Random requests of clients.

use super::app::{Rule, User};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// What one client does.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Says that it is the user at this place, or nobody.
    SignIn(Option<usize>),
    /// Everyone who is known by the user's key becomes nobody.
    Revoke(usize),
    /// Connects anew.
    Reconnect,
    Write(Vec<Write>),
    /// Sends its last keyed request again.
    Retry,
    Read(Read),
    Subscribe(Subscribe),
    Unsubscribe,
}

/// A write of one record; several are one commit.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is thrown by itself")]
pub(super) struct Write {
    pub(super) kind: &'static str,
    pub(super) comment: bool,
    /// By its parent's route.
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
    /// To the comments of this note.
    pub(super) of: Option<Index>,
    pub(super) level: Option<i64>,
    /// With the token of somebody, from a commit not so far back.
    pub(super) from: Option<(Index, u64)>,
}

pub(super) fn users() -> impl Strategy<Value = Vec<User>> {
    let one = (rule(), rule(), rule());
    vec(one, 3).prop_map(|made| {
        let names = ["ann", "bob", "eve"];
        let users = names.into_iter().zip(made);
        let users = users.map(|(name, (notes, comments, may))| User {
            name: name.to_owned(),
            sees: [notes, comments],
            may,
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

/// Steps, each with the client that takes it, and whether it asks over HTTP where it could.
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
    let asked = (
        proptest::option::of(0..3_i64),
        proptest::option::of(1..4_usize),
    );
    (which, asked, any::<bool>(), any::<bool>()).prop_map(
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
