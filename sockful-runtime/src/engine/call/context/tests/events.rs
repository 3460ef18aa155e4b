use super::{commit, with_toys};
use crate::core::error::ErrorKind;
use crate::model::event::Event;
use crate::store::Store;
use crate::store::commit::Committed;
use crate::store::conformance::sample::{Nap, Roar, Sample, SamplePatch, Serving, TOYS};

/// The events in the log after commit `after`: the number of the commit, the id and revision of the
/// record, the name of the event and its data.
async fn logged_events(
    serving: &Serving,
    after: u64,
) -> Vec<(u64, String, u64, &'static str, String)> {
    let log = serving.store.log(after, 99).await.expect("a short log");
    let each = |committed: &Committed| {
        let each = committed.emitted.iter().map(|it| {
            assert_eq!(it.resource, 0);
            let name = <Roar as Event>::Of::events()[it.event].name;
            let (record, data) = (&it.record, it.data.to_string());
            let id = record.id().to_owned();
            (committed.seq, id, record.rev(), name, data)
        });
        each.collect::<Vec<_>>()
    };
    log.iter().flat_map(|committed| each(committed)).collect()
}

impl Sample {
    fn events() -> &'static [crate::model::definition::EventDef] {
        use crate::model::resource::Resource;
        Self::DEFINITION.events
    }
}

fn bob() -> String {
    "bob".to_owned()
}

fn aged(life: i64) -> SamplePatch {
    SamplePatch {
        life: Some(life),
        ..SamplePatch::default()
    }
}

#[tokio::test]
async fn events_are_published_in_order_with_the_commit() {
    let serving = with_toys(TOYS, []).await;
    let call = serving.context().begin();
    call.emit(&bob(), Roar { loudness: 1 }).expect("room");
    let samples = call.records::<Sample>();
    samples.update(&bob(), aged(3)).await.expect("bob exists");
    let nap = Nap("deep".to_owned());
    samples.emit(&"eve".to_owned(), nap).await.expect("room");
    samples
        .emit(&bob(), Roar { loudness: 2 })
        .await
        .expect("room");
    assert_eq!(logged_events(&serving, 0).await, []);
    assert_eq!(commit(&call).await, Some(2));
    let event = |id: &str, rev, name, data: &str| (2, id.to_owned(), rev, name, data.to_owned());
    let expected = [
        event("bob", 2, "roared", r#"{"loudness":1}"#),
        event("eve", 1, "slept", "\"deep\""),
        event("bob", 2, "roared", r#"{"loudness":2}"#),
    ];
    assert_eq!(logged_events(&serving, 1).await, expected);
    let late = call.emit(&bob(), Roar { loudness: 3 });
    let late = late.expect_err("the call is over");
    assert!(format!("{late:?}").contains("had ended"), "{late:?}");
}

#[tokio::test]
async fn emit_adds_no_read_dependency() {
    let serving = with_toys(TOYS, []).await;
    let call = serving.context().begin();
    call.emit(&bob(), Roar { loudness: 1 }).expect("room");
    let meanwhile = serving.context().records::<Sample>();
    meanwhile.update(&bob(), aged(3)).await.expect("bob exists");
    serving.take_calls();
    assert_eq!(commit(&call).await, Some(3));
    assert_eq!(serving.take_calls(), ["commit"]);
    let logged_events = logged_events(&serving, 2).await;
    let revs: Vec<_> = logged_events.iter().map(|event| event.2).collect();
    assert_eq!(revs, [2]);
}

#[tokio::test]
async fn restarted_call_discards_its_events() {
    let serving = with_toys(TOYS, []).await;
    let call = serving.context().begin();
    call.emit(&bob(), Roar { loudness: 1 }).expect("room");
    call.transaction().expect("a transaction").clear();
    assert_eq!(commit(&call).await, None);
    assert_eq!(logged_events(&serving, 1).await, []);
}

#[tokio::test]
async fn emit_outside_a_call_makes_its_own_commit() {
    let serving = with_toys(TOYS, []).await;
    let context = serving.context();
    let refused = context.emit(&bob(), Roar { loudness: 1 });
    let refused = refused.expect_err("there is no transaction");
    let cause = std::error::Error::source(&refused).map(ToString::to_string);
    let cause = cause.unwrap_or_default();
    assert!(cause.contains("`context.records::<Sample>().emit(&id, event).await`"));
    let samples = context.records::<Sample>();
    samples
        .emit(&bob(), Roar { loudness: 1 })
        .await
        .expect("room");
    let event = (2, bob(), 1, "roared", r#"{"loudness":1}"#.to_owned());
    assert_eq!(logged_events(&serving, 1).await, [event]);
    // An event of a record that does not exist has no receivers.
    let missing = "larry".to_owned();
    let dropped = samples.emit(&missing, Roar { loudness: 1 }).await;
    dropped.expect("not an error");
    assert_eq!(serving.store.head().await.expect("a head"), 2);
}

#[tokio::test]
async fn emit_rejects_events_clients_cannot_receive() {
    let serving = with_toys(TOYS, []).await;
    let call = serving.context().begin();
    let long = Nap("z".repeat(1024 * 1024));
    let long = call.emit(&bob(), long).expect_err("no frame has room");
    assert_eq!(long.kind(), ErrorKind::TooLarge);
    let loudness = (1 << 53) + 1;
    let wide = call.emit(&bob(), Roar { loudness });
    let wide = wide.expect_err("not every client can hold it");
    assert_eq!(wide.kind(), ErrorKind::Internal);
    assert_eq!(commit(&call).await, None);
}
