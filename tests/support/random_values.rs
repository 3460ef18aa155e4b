//! Property tests.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::RefCell;

/// Runs `holds` on `cases` random values, all with the same fixture, which `begin` creates.
#[expect(
    clippy::needless_pass_by_value,
    reason = "callers pass closures inline"
)]
pub(crate) fn for_random_values<Fixture, Values: Strategy>(
    cases: u32,
    values: &Values,
    begin: impl AsyncFnOnce() -> Fixture,
    holds: impl AsyncFn(&mut Fixture, Values::Value) -> Result<(), TestCaseError>,
) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let fixture = RefCell::new(runtime.block_on(begin()));
    let outcome = TestRunner::new(config).run(values, |value| {
        runtime.block_on(holds(&mut fixture.borrow_mut(), value))
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
