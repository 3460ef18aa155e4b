mod destroy;
mod events;

use super::Context;
use crate::core::config::Config;
use crate::core::error::ErrorKind;
use crate::engine::call::outcome::CommitOutcome;
use crate::engine::call::response_draft::ResponseDraft;
use crate::engine::table::Resources;
use crate::query::typed::{Field, Filter};
use crate::store::conformance::sample::{
    NewSample, Sample, SamplePatch, Serving, TOYS, Toy, ToyPatch,
};

fn noting(note: &str) -> ToyPatch {
    ToyPatch {
        note: Some(Some(note.to_owned())),
        ..ToyPatch::default()
    }
}

fn toy_of(owner: &str, id: &str) -> Toy {
    Toy {
        id: id.to_owned(),
        owner_id: Some(owner.to_owned()),
        ..Toy::default()
    }
}

fn noted(owner: &str, id: &str, note: &str) -> Toy {
    Toy {
        note: Some(note.to_owned()),
        ..toy_of(owner, id)
    }
}

/// A server with bob, eve and these toys.
async fn with_toys(resources: Resources, toys: impl IntoIterator<Item = Toy>) -> Serving {
    let serving = Serving::start(resources, Config::default()).await;
    let call = serving.context().begin();
    for id in ["bob", "eve"] {
        let new = NewSample {
            id: Some(id.to_owned()),
            ..NewSample::default()
        };
        call.records::<Sample>()
            .create(new)
            .await
            .expect("it is new");
    }
    for toy in toys {
        call.records::<Toy>().create(toy).await.expect("it is new");
    }
    assert_eq!(commit(&call).await, Some(1));
    serving.take_calls();
    serving
}

/// Commits the transaction. Returns the number of the commit if there is one, and 0 if another
/// commit interfered.
async fn commit(call: &Context) -> Option<u64> {
    match crate::engine::call::commit::commit(call, ResponseDraft::Nothing, None)
        .await
        .expect("the transaction is open")
    {
        Some(CommitOutcome::Committed(committed)) => Some(committed.seq),
        Some(CommitOutcome::Unchanged(_)) => None,
        None => Some(0),
    }
}

#[tokio::test]
async fn uncommitted_writes_are_visible_to_the_call_only() {
    let serving = with_toys(TOYS, [toy_of("bob", "ball"), toy_of("bob", "doll")]).await;
    let (call, other) = (serving.context().begin(), serving.context());
    let (toys, ball) = (call.records::<Toy>(), "ball".to_owned());
    toys.update(&ball, noting("red"))
        .await
        .expect("it is there");
    toys.destroy(&"doll".to_owned()).await.expect("it is there");
    toys.create(toy_of("eve", "kite")).await.expect("it is new");

    let note = Field::<Toy, Option<String>>::at(5);
    assert_eq!(
        toys.get(&ball).await.expect("it is there").note.as_deref(),
        Some("red")
    );
    assert_eq!(toys.count(note.eq("red")).await.expect("a count"), 1);
    let found = toys
        .find(Filter::all())
        .sort(note.descending())
        .await
        .expect("a list");
    let ids: Vec<_> = found.iter().map(|toy| &*toy.id).collect();
    assert_eq!(ids, ["ball", "kite"]);
    let again = toys
        .create(toy_of("eve", "kite"))
        .await
        .expect_err("it is there");
    assert_eq!(again.kind(), ErrorKind::Conflict);
    let gone = toys
        .update(&"doll".to_owned(), noting(""))
        .await
        .expect_err("it is gone");
    assert_eq!(gone.kind(), ErrorKind::NotFound);

    assert_eq!(
        other
            .records::<Toy>()
            .get(&ball)
            .await
            .expect("it is there")
            .note,
        None
    );
    assert_eq!(commit(&call).await, Some(2));
    assert_eq!(
        other
            .records::<Toy>()
            .count(Filter::all())
            .await
            .expect("a count"),
        2
    );
}

#[tokio::test]
async fn concurrent_writes_to_one_record_both_apply() {
    for others in [0, 30] {
        let serving = with_toys(TOYS, []).await;
        let call = serving.context().begin();
        for n in 0..others {
            call.records::<Toy>()
                .try_get(&n.to_string())
                .await
                .expect("a response");
        }
        serving.take_calls();
        let (samples, bob) = (call.records::<Sample>(), "bob".to_owned());
        let name = SamplePatch {
            name: Some(Some("Bob".to_owned())),
            ..SamplePatch::default()
        };
        let life = SamplePatch {
            life: Some(77),
            ..SamplePatch::default()
        };
        // Each waits for the store before it writes, so the other has started by then.
        let (name, life) = tokio::join!(samples.update(&bob, name), samples.update(&bob, life));
        name.and(life).expect("bob is there");
        assert_eq!(serving.take_calls(), ["get", "get"]);
        assert_eq!(commit(&call).await, Some(2));
        let bob = serving.context().records::<Sample>().get(&bob).await;
        let bob = bob.expect("it is there");
        assert_eq!((bob.name.as_deref(), bob.life), (Some("Bob"), 77));
    }
}

#[tokio::test]
async fn commit_conflicts_if_a_read_record_changed() {
    let serving = with_toys(TOYS, [toy_of("bob", "ball"), toy_of("eve", "doll")]).await;
    for (touched, expected) in [
        ("ball", Some(0)),
        ("doll", Some(0)),
        ("kite", Some(0)),
        ("", None),
    ] {
        let call = serving.context().begin();
        for id in ["ball", "doll", "kite"] {
            call.records::<Toy>()
                .try_get(&id.to_owned())
                .await
                .expect("a response");
        }
        let other = serving.context();
        match touched {
            "" => {}
            "kite" => drop(other.records::<Toy>().create(toy_of("bob", "kite")).await),
            id => drop(
                other
                    .records::<Toy>()
                    .update(&id.to_owned(), noting("new"))
                    .await,
            ),
        }
        assert_eq!(commit(&call).await, expected, "{touched}");
    }
}

#[tokio::test]
async fn call_that_reverts_its_writes_commits_nothing() {
    let serving = with_toys(TOYS, [noted("bob", "ball", "red")]).await;
    let call = serving.context().begin();
    let toys = call.records::<Toy>();
    toys.create(toy_of("bob", "doll")).await.expect("it is new");
    toys.update(&"ball".to_owned(), noting("blue"))
        .await
        .expect("it is there");
    toys.update(&"ball".to_owned(), noting("red"))
        .await
        .expect("it is there");
    toys.destroy(&"doll".to_owned()).await.expect("it is there");
    assert_eq!(commit(&call).await, None);
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
async fn context_used_after_its_call_fails() {
    let serving = with_toys(TOYS, [toy_of("bob", "ball")]).await;
    let call = serving.context().begin();
    assert_eq!(commit(&call).await, None);
    let (toys, ball) = (call.records::<Toy>(), "ball".to_owned());
    let errors = [
        toys.try_get(&ball).await.err(),
        toys.find(Filter::all()).await.err(),
        toys.count(Filter::all()).await.err(),
        toys.update(&ball, noting("new")).await.err(),
        toys.create(toy_of("bob", "doll")).await.err(),
        toys.destroy(&ball).await.err(),
    ];
    for (nth, error) in errors.into_iter().enumerate() {
        assert_eq!(
            error.map(|error| error.kind()),
            Some(ErrorKind::Internal),
            "{nth}"
        );
    }
    let ball = serving
        .context()
        .records::<Toy>()
        .get(&ball)
        .await
        .expect("it is there");
    assert_eq!(ball.note, None);
}
