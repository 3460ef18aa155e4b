//! Clients receive no data that a policy hides from them. Users, policies and requests are random, and every
//! received frame is checked.

mod app;
mod random_steps;
mod relation_conditions;
mod world;

use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Builder;
use world::World;

#[test]
fn no_client_receives_data_hidden_by_policies() {
    let config = Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    };
    let inputs = (random_steps::users(), random_steps::steps());
    let outcome = TestRunner::new(config).run(&inputs, |(users, steps)| {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut world = World::begin(users).await;
            for (client, over_http, step) in &steps {
                world.run_step(*client, *over_http, step).await?;
            }
            world.end().await
        })
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
