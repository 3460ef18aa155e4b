//! The conformance suite for stores, run on a custom store.

use super::reserializing_store::{reserializing_store, store_without_the_first};
use sockful::testing::store_conformance;

#[test]
fn reserializing_store_passes_conformance() {
    store_conformance(200, reserializing_store);
}

#[test]
#[should_panic(expected = "searches")]
fn faulty_store_fails_conformance() {
    store_conformance(20, store_without_the_first);
}
