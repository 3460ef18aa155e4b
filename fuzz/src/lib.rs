//! What is done with whatever comes. The targets throw what nobody thought of, and the tests of the
//! workspace, which take in this very file, replay what was found.

mod app;
mod connection;
mod frame;
mod oracle;

pub use connection::connection;
pub use frame::frame;

use sockful::ServerHandle;
use tokio::runtime::{Builder, Runtime};

/// A server, and a runtime whose clock stands still while anybody has something to do, and jumps
/// when nobody has.
struct World {
    runtime: Runtime,
    server: ServerHandle,
}

thread_local! {
    // Opening a server takes a hundred times as long as what is then thrown at it.
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

    /// Runs a target against the server when no records are left there.
    fn run(target: impl AsyncFnOnce(&ServerHandle)) {
        WORLD.with(|world| {
            world.runtime.block_on(async {
                app::clear(&world.server).await;
                target(&world.server).await;
            });
        });
    }
}
