//! Property tests.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::RefCell;

/// Runs `holds` on `cases` random values, all against the one world that `begin` creates.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a closure is written where it is given"
)]
pub(crate) fn for_random_values<World, Made: Strategy>(
    cases: u32,
    made: &Made,
    begin: impl AsyncFnOnce() -> World,
    holds: impl AsyncFn(&mut World, Made::Value) -> Result<(), TestCaseError>,
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
    let world = RefCell::new(runtime.block_on(begin()));
    let outcome = TestRunner::new(config).run(made, |value| {
        runtime.block_on(holds(&mut world.borrow_mut(), value))
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
