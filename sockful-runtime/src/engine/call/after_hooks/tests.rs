use crate::core::config::Config;
use crate::core::error::Result;
use crate::engine::call::hook::{Hook, HookAction, HookContext, HookPhase};
use crate::engine::table::{ResourceEntry, Resources};
use crate::store::conformance::sample::{Sample, Serving, Toy, ToyPatch, entry, table};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::time::Duration;
use tokio::time::{sleep, timeout};

const ENTRIES: &[ResourceEntry] = &[
    entry::<Sample>("Sample", &[]),
    entry::<Toy>(
        "Toy",
        &[Hook {
            name: "after_update",
            phase: HookPhase::After,
            on: &[HookAction::Update],
            run: after_update,
        }],
    ),
];
/// Samples and toys; the notes of toys tell the hook what to do after an update.
const HOOKED: Resources = Resources::new(ENTRIES, &table(ENTRIES));

/// Much shorter than the timeout of a request, and much longer than anything in these tests takes.
const PATIENCE: Duration = Duration::from_secs(10);

fn noting(note: &str) -> ToyPatch {
    ToyPatch {
        note: Some(Some(note.to_owned())),
        ..ToyPatch::default()
    }
}

/// Moves a pending toy to `done` in two steps. A toy that pokes another one makes that one pending.
fn after_update<'a>(hooked: &'a HookContext<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let toy: Toy = hooked.record()?;
        let toys = hooked.context().records::<Toy>();
        let note = toy.note.unwrap_or_default();
        match note.split_once(' ') {
            None if note == "pending" => toys.update(&toy.id, noting("processing")).await.map(drop),
            None if note == "processing" => toys.update(&toy.id, noting("done")).await.map(drop),
            Some(("poke", other)) => toys
                .update(&other.to_owned(), noting("pending"))
                .await
                .map(drop),
            _ => Ok(()),
        }
    }
    .boxed()
}

async fn with_toys(max_afterwards: usize) -> Serving {
    let mut config = Config::default();
    config.request.max_afterwards = max_afterwards;
    let serving = Serving::start(HOOKED, config).await;
    for id in ["a", "b"] {
        let toy = Toy {
            id: id.to_owned(),
            ..Toy::default()
        };
        let created = serving.context().records::<Toy>().create(toy).await;
        created.expect("it is new");
    }
    serving
}

fn ids() -> (String, String) {
    ("a".to_owned(), "b".to_owned())
}

async fn wait_until_noted(serving: &Serving, id: &str, note: &str) {
    let toys = serving.context().records::<Toy>();
    let is_noted = async {
        while toys
            .get(&id.to_owned())
            .await
            .expect("a toy")
            .note
            .as_deref()
            != Some(note)
        {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, is_noted)
        .await
        .expect("the hooks came to an end");
}

#[tokio::test(start_paused = true)]
async fn after_hook_may_write_its_own_record() {
    let serving = with_toys(1).await;
    let toys = serving.context().records::<Toy>();
    let (a, _) = ids();
    let update = toys.update(&a, noting("pending"));
    update.await.expect("a toy");
    wait_until_noted(&serving, "a", "done").await;
    // Other writers do not wait for a lock either.
    let update = toys.update(&a, noting("free"));
    timeout(PATIENCE, update)
        .await
        .expect("it is not locked")
        .expect("a toy");
    assert_eq!(serving.context().app().record_locks.held(), 0);
}

#[tokio::test(start_paused = true)]
async fn writer_that_waits_for_hooks_holds_no_lock() {
    let serving = with_toys(1).await;
    let toys = serving.context().records::<Toy>();
    // Its hook takes the only place in the queue, and writes the record that is updated below.
    let (a, b) = ids();
    let poke = toys.update(&a, noting("poke b"));
    poke.await.expect("a toy");
    let update = toys.update(&b, noting("mine"));
    timeout(PATIENCE, update)
        .await
        .expect("neither waits for the other")
        .expect("a toy");
    wait_until_noted(&serving, "b", "mine").await;
    let idle = serving.context();
    let idle = idle.app().after_hooks.wait_until_idle();
    timeout(PATIENCE, idle).await.expect("all hooks are done");
}
