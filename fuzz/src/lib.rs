//! The fuzz targets. They also replay the seeds and the corpus in the tests of the workspace, which
//! include this file.

mod app;
mod connection;
mod frame;
mod oracle;

pub use connection::connection;
pub use frame::frame;

use sockful::ServerHandle;
use tokio::runtime::{Builder, Runtime};

/// A server and a runtime with a paused clock, which only advances when all tasks are idle.
struct World {
    runtime: Runtime,
    server: ServerHandle,
}

thread_local! {
    // Opening a server takes a hundred times as long as running one input.
    static WORLD: World = World::new();
}

impl World {
    fn new() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let server = runtime.block_on(app::open());
        Self { runtime, server }
    }

    /// Runs a target against the server after removing all records.
    fn run(target: impl AsyncFnOnce(&ServerHandle)) {
        WORLD.with(|world| {
            world.runtime.block_on(async {
                app::clear(&world.server).await;
                target(&world.server).await;
            });
        });
    }
}
