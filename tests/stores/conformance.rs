//! The conformance suite for stores, run on a custom store.

use super::reserializing_store::{reserializing_store, store_without_the_first};
use sockful::testing::store_conformance;

#[test]
fn a_store_that_keeps_texts_does_what_every_store_must() {
    store_conformance(200, reserializing_store);
}

#[test]
#[should_panic(expected = "searches")]
fn one_that_forgets_what_comes_first_does_not() {
    store_conformance(20, store_without_the_first);
}
