//! The server under test, on a thread whose CPU time is measured.

use super::{Creature, creature};
use sockful::{Config, Error, Result, Server, ServerHandle, resources};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub(crate) struct ServerThread {
    pub(crate) server: ServerHandle,
    pub(crate) address: SocketAddr,
    /// The file with the CPU time of the thread.
    stat: PathBuf,
    /// The server runs until this is dropped.
    _stop: oneshot::Sender<()>,
}

impl ServerThread {
    /// Serves this number of creatures: `c0`, `c1` and so on.
    pub(crate) async fn start(creatures: usize, mut config: Config) -> Result<Self> {
        // The rate limit must not slow down the load generator.
        (
            config.request.max_request_rate,
            config.request.request_burst,
        ) = (u32::MAX, u32::MAX);
        let server = Server::new(resources![Creature]).config(config);
        let server = server.open().await?;
        for nth in 0..creatures {
            let new = creature(format!("c{nth}"));
            server.records::<Creature>().create(new).await?;
        }
        let (sender, receiver) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let handle = server.clone();
        std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all().build()?.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let thread = std::fs::read_link("/proc/thread-self")?;
                let _ = sender.send((listener.local_addr()?, thread));
                let until = async {
                    let _ = stopped.await;
                };
                handle.serve(listener, until).await
            })
        });
        let (address, thread) = receiver.recv().map_err(Error::internal)?;
        Ok(Self {
            server,
            address,
            stat: PathBuf::from("/proc").join(thread).join("schedstat"),
            _stop: stop,
        })
    }

    /// The CPU time of the thread, in nanoseconds; exact while it is idle.
    pub(crate) fn nanos(&self) -> Result<u64> {
        let stat = std::fs::read_to_string(&self.stat)?;
        let first = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
        first.ok_or_else(|| Error::internal("the CPU time of the thread is unknown"))
    }
}
