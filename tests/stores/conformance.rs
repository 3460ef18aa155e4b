//! The conformance suite for stores, run on a custom store.

use super::reserializing_store::Retold;
use sockful::testing::store_suite;

#[test]
fn a_store_that_keeps_texts_does_what_every_store_must() {
    store_suite(200, Retold::new);
}

#[test]
#[should_panic(expected = "searches")]
fn one_that_forgets_what_comes_first_does_not() {
    store_suite(20, |config| Retold::new(config).without_the_first());
}
