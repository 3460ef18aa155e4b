//! Tests of the limits and yields of loading included records.

use super::*;
use crate::core::config::Config;
use crate::store::conformance::sample::{Serving, TOYS};
use crate::store::scan::testing::Charges;
use serde_json::json;
use std::pin::pin;

/// The size of the `kind` of a record, in bytes.
const LARGE: usize = 2 * 1024;

async fn samples(count: usize) -> (Serving, Vec<Box<str>>) {
    let serving = Serving::start(TOYS, Config::default()).await;
    let ids: Vec<Box<str>> = (0..count).map(|n| format!("{n:04}").into()).collect();
    for id in &ids {
        let sample = json!({"id": id, "kind": "k".repeat(LARGE)});
        let reply = serving.ask(json!(["sample", "create", sample, 1])).await;
        assert!(reply["ok"].is_object(), "{reply}");
    }
    serving.take_calls();
    (serving, ids)
}

fn no_record() -> ReadFilter {
    ReadFilter::of(Arc::new(QueryFilter::one_of(0, Vec::new())))
}

#[tokio::test]
async fn hidden_parents_are_read_in_turns() {
    const COUNT: usize = 600;
    let (serving, ids) = samples(COUNT).await;
    let snapshot = serving.context().store().snapshot(&[0]).await;
    let snapshot = snapshot.expect("a snapshot");
    // Each record is larger than the remaining room.
    let mut room = IncludeRoom::new(LARGE / 2, HiddenRoom::new(LARGE * COUNT));
    let filter = no_record();
    let mut read = pin!(visible(&*snapshot, 0, &ids, &filter, &mut room));
    let mut yields = 0;
    let found = loop {
        match futures_util::poll!(&mut read) {
            std::task::Poll::Ready(found) => break found,
            std::task::Poll::Pending => yields += 1,
        }
    };
    let found = found.expect("a snapshot is read").expect("nothing is seen");
    assert!(found.len() == COUNT && found.iter().all(Option::is_none));
    assert!(yields >= COUNT - 1, "{yields}");
}

#[tokio::test]
async fn hidden_parents_are_bounded_by_the_reply_limit() {
    let (serving, ids) = samples(100).await;
    let snapshot = serving.context().store().snapshot(&[0]).await;
    let snapshot = snapshot.expect("a snapshot");
    serving.take_calls();
    let mut room = IncludeRoom::new(LARGE, HiddenRoom::new(LARGE));
    let read = visible(&*snapshot, 0, &ids, &no_record(), &mut room).await;
    let read = read.expect("a snapshot is read");
    assert!(matches!(read, Err(OverRoom)), "{read:?}");
    assert!(!room.hidden().is_left());
    assert!(serving.take_calls().len() <= HIDDEN_FACTOR);
}

#[tokio::test]
async fn hidden_parents_are_charged_to_the_caller() {
    const COUNT: usize = 100;
    let (serving, ids) = samples(COUNT).await;
    let (found, charged) = Charges::of(async {
        let snapshot = serving.context().store().snapshot(&[0]).await;
        let snapshot = snapshot.expect("a snapshot");
        let mut room = IncludeRoom::new(LARGE, HiddenRoom::new(usize::MAX));
        visible(&*snapshot, 0, &ids, &no_record(), &mut room).await
    })
    .await;
    let found = found.expect("a snapshot is read").expect("nothing is seen");
    assert!(found.iter().all(Option::is_none));
    assert!(charged >= COUNT * LARGE, "{charged}");
    assert!(charged <= 2 * COUNT * LARGE, "{charged}");
}
