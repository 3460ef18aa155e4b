use super::{commit, noted, noting, toy_of, with_toys};
use crate::core::config::Config;
use crate::core::error::{Error, ErrorKind, Result};
use crate::engine::call::hook::{Hook, HookAction, HookContext, HookPhase};
use crate::engine::call::response_draft::ResponseDraft;
use crate::engine::table::{ResourceEntry, Resources};
use crate::query::typed::Filter;
use crate::store::conformance::sample::{
    NewSample, Sample, Serving, TOYS, Toy, ToyPatch, entry, table,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

const ENTRIES: &[ResourceEntry] = &[
    entry::<Sample>("Sample", &[]),
    entry::<Toy>(
        "Toy",
        &[
            Hook {
                name: "before_destroy",
                phase: HookPhase::Before,
                on: &[HookAction::Destroy],
                run: before_destroy,
            },
            Hook {
                name: "before_update",
                phase: HookPhase::Before,
                on: &[HookAction::Update],
                run: before_update,
            },
        ],
    ),
];
/// Samples and toys; the notes of toys tell the hooks what to write.
const HOOKED: Resources = Resources::new(ENTRIES, &table(ENTRIES));

/// Follows the note of a toy that is destroyed: writes another toy, or itself.
fn before_destroy<'a>(hooked: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let toy: Toy = hooked.record()?;
        let toys = hooked.context().records::<Toy>();
        match toy.note.as_deref().and_then(|note| note.split_once(' ')) {
            Some(("rescue", other)) => {
                let patch = ToyPatch {
                    owner_id: Some(Some("eve".to_owned())),
                    ..ToyPatch::default()
                };
                toys.update(&other.to_owned(), patch).await?;
            }
            Some(("notify", other)) => {
                toys.update(&other.to_owned(), noting("notified")).await?;
            }
            Some(("make", other)) => {
                toys.create(toy_of("bob", other)).await?;
            }
            Some(("refuse", why)) => {
                return Err(Error::refused(why, "does not want to go"));
            }
            _ => {}
        }
        Ok(())
    }
    .boxed()
}

/// Follows the note of a toy that is no longer lent.
fn before_update<'a>(hooked: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let toy: Toy = hooked.record()?;
        let was_lent = hooked
            .old::<Toy>()?
            .is_some_and(|old| old.lent_to_id.is_some());
        let note = toy.note.as_deref().and_then(|note| note.split_once(' '));
        if let (true, None, Some(("notify", other))) = (was_lent, &toy.lent_to_id, note) {
            let toys = hooked.context().records::<Toy>();
            toys.update(&other.to_owned(), noting("notified")).await?;
        }
        Ok(())
    }
    .boxed()
}

/// Destroys bob, and returns the ids of the remaining toys with their owners and notes.
async fn without_bob(serving: &Serving) -> Result<Vec<(String, Option<String>, Option<String>)>> {
    let context = serving.context();
    context
        .records::<Sample>()
        .destroy(&"bob".to_owned())
        .await?;
    let toys = context.records::<Toy>().find(Filter::all()).await?;
    Ok(toys
        .into_iter()
        .map(|toy| (toy.id, toy.owner_id, toy.note))
        .collect())
}

fn left(
    id: &str,
    owner: Option<&str>,
    note: Option<&str>,
) -> (String, Option<String>, Option<String>) {
    (
        id.to_owned(),
        owner.map(str::to_owned),
        note.map(str::to_owned),
    )
}

#[tokio::test]
async fn destroy_looks_up_children_per_relation_and_level() {
    let toys = (0..1_200).flat_map(|n| {
        let part = Toy {
            id: format!("{n:04}-part"),
            part_of_id: Some(format!("{n:04}")),
            ..Toy::default()
        };
        [toy_of("bob", &format!("{n:04}")), part]
    });
    let serving = with_toys(TOYS, toys).await;
    assert_eq!(without_bob(&serving).await.expect("nothing restricts"), []);
    let calls = serving.take_calls();
    // For bob: his toys, pawns and loans. For 1,200 toys their parts, in two batches, and the same
    // for those.
    let expected = [&["get"][..], &["find"; 3 + 2 + 2], &["commit", "find"]].concat();
    assert_eq!(calls, expected);
}

#[tokio::test]
async fn max_cascade_limits_records_touched_by_destroy() {
    for (max_cascade, is_enough) in [(4, false), (5, true)] {
        let mut config = Config::default();
        config.request.max_cascade = max_cascade;
        let serving = Serving::start(TOYS, config).await;
        let call = serving.context().begin();
        let bob = NewSample {
            id: Some("bob".to_owned()),
            ..NewSample::default()
        };
        call.records::<Sample>()
            .create(bob)
            .await
            .expect("it is new");
        for (id, is_lent) in [("a", false), ("b", false), ("c", true), ("d", true)] {
            let toy = toy_of("bob", id);
            let toy = if is_lent {
                Toy {
                    lent_to_id: toy.owner_id.clone(),
                    owner_id: None,
                    ..toy
                }
            } else {
                // A toy that is destroyed and is also lent counts once.
                Toy {
                    lent_to_id: toy.owner_id.clone(),
                    ..toy
                }
            };
            call.records::<Toy>().create(toy).await.expect("it is new");
        }
        commit(&call).await;
        match without_bob(&serving).await {
            Ok(left) => assert!(is_enough && left.len() == 2, "{left:?}"),
            Err(error) => assert!(
                !is_enough && error.kind() == ErrorKind::TooMany,
                "{error:?}"
            ),
        }
    }
}

#[tokio::test]
async fn destroy_hooks_may_update_or_rescue_records() {
    let toys = [
        noted("bob", "a", "notify b"),
        noted("bob", "b", "notify e"),
        noted("bob", "f", "notify f"),
        noted("bob", "c", "rescue d"),
        noted("bob", "d", "notify e"),
        toy_of("eve", "e"),
        Toy {
            id: "g".to_owned(),
            part_of_id: Some("d".to_owned()),
            ..Toy::default()
        },
    ];
    let serving = with_toys(HOOKED, toys).await;
    let left_over = without_bob(&serving).await.expect("nothing restricts");
    let expected = [
        left("d", Some("eve"), Some("notify e")),
        left("e", Some("eve"), None),
        left("g", None, None),
    ];
    assert_eq!(left_over, expected);
}

#[tokio::test]
async fn destroy_hook_cannot_create_an_orphan() {
    let serving = with_toys(HOOKED, [noted("bob", "a", "make b")]).await;
    let error = without_bob(&serving)
        .await
        .expect_err("the parent is already removed");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(
        serving
            .context()
            .records::<Toy>()
            .count(Filter::all())
            .await
            .expect("a count"),
        1
    );
}

#[tokio::test]
async fn hook_changes_to_detached_records_are_kept() {
    let lent = |id: &str, note: Option<&str>| Toy {
        id: id.to_owned(),
        lent_to_id: Some("bob".to_owned()),
        note: note.map(str::to_owned),
        ..Toy::default()
    };
    let serving = with_toys(HOOKED, [lent("a", Some("notify b")), lent("b", None)]).await;
    let left_over = without_bob(&serving).await.expect("nothing restricts");
    let expected = [
        left("a", None, Some("notify b")),
        left("b", None, Some("notified")),
    ];
    assert_eq!(left_over, expected);
}

#[tokio::test]
async fn call_cannot_commit_after_a_partial_destroy() {
    let pawn = Toy {
        pawned_to_id: Some("bob".to_owned()),
        ..toy_of("eve", "pawn")
    };
    for (toy, code) in [
        (pawn, "conflict"),
        (noted("bob", "a", "refuse too_fond"), "too_fond"),
    ] {
        let serving = with_toys(HOOKED, [toy, toy_of("bob", "b")]).await;
        let call = serving.context().begin();
        let failed = call.records::<Sample>().destroy(&"bob".to_owned()).await;
        assert_eq!(
            failed.expect_err("a child or a hook prevents it").code(),
            code
        );
        call.records::<Toy>()
            .create(toy_of("eve", "new"))
            .await
            .expect("it is new");
        let error = crate::engine::call::commit::commit(&call, ResponseDraft::Nothing, None)
            .await
            .expect_err("the call is poisoned");
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert_eq!(
            serving
                .context()
                .records::<Toy>()
                .count(Filter::all())
                .await
                .expect("a count"),
            2
        );
    }
}

#[tokio::test]
async fn call_continues_after_failures_without_effect() {
    let serving = with_toys(HOOKED, [toy_of("bob", "a")]).await;
    let call = serving.context().begin();
    let toys = call.records::<Toy>();
    toys.create(toy_of("bob", "d")).await.expect("it is new");
    toys.create(toy_of("bob", "a"))
        .await
        .expect_err("it is there");
    toys.create(toy_of("larry", "b"))
        .await
        .expect_err("the parent does not exist");
    toys.destroy(&"c".to_owned())
        .await
        .expect_err("it is not there");
    assert_eq!(commit(&call).await, Some(2));
}
