//! The server under test, in a child process.

use super::{Creature, creature};
use futures_util::{StreamExt, TryStreamExt, stream};
use sockful::store::Sqlite;
use sockful::{Config, Error, Result, Server, ServerHandle, resources};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpListener;

/// The name of the in-memory store.
pub(crate) const MEMORY: &str = "memory";

pub(crate) struct ServerProcess {
    pub(crate) address: SocketAddr,
    child: Child,
    /// The server runs until this is closed, at the latest when this process ends.
    stdin: Option<ChildStdin>,
}

impl ServerProcess {
    /// Starts a server with this number of creatures, in this file or in memory. A file that has records
    /// already is not filled.
    pub(crate) fn start(store: &str, creatures: usize) -> Result<Self> {
        Self::run(["serve", store, &creatures.to_string()])
    }

    /// Starts this program with these arguments, which make it a server.
    pub(crate) fn run(arguments: [&str; 3]) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take();
        let no_pipe = || Error::internal("the server has no output");
        let stdout = child.stdout.take().ok_or_else(no_pipe)?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().parse().map_err(Error::internal)?;
        Ok(Self {
            address,
            child,
            stdin,
        })
    }

    /// The CPU time of its threads, in nanoseconds.
    pub(crate) fn nanos(&self) -> Result<u64> {
        let mut nanos = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // A thread that ends in the meantime used hardly any CPU time.
            let stat = std::fs::read_to_string(thread?.path().join("schedstat"));
            let stat = stat.unwrap_or_default();
            let first = stat.split(' ').next().and_then(|it| it.parse::<u64>().ok());
            nanos += first.unwrap_or(0);
        }
        Ok(nanos)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.wait();
    }
}

/// Prints the address and serves the creatures until its input is closed.
pub(crate) fn serve(store: &str, creatures: usize) -> Result<()> {
    let fill = async |server: &ServerHandle| {
        let records = server.records::<Creature>();
        if creatures == 0 || records.get(&"c0".to_owned()).await.is_ok() {
            return Ok(());
        }
        let create = |nth| records.create(creature(nth, creatures));
        let made = stream::iter(0..creatures).map(create).buffer_unordered(256);
        made.try_for_each(|_| async { Ok(()) }).await
    };
    serve_until_closed(|| run(Server::new(resources![Creature]), store, fill))
}

/// Prints the address and serves until its input is closed.
pub(crate) fn serve_until_closed<F>(serve: impl FnOnce() -> F + Send) -> Result<()>
where
    F: Future<Output = Result<()>>,
{
    // A multi-threaded runtime, as servers usually have; that of the benchmark has one thread.
    std::thread::scope(|scope| {
        let serving = scope.spawn(|| {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            runtime.enable_all().build()?.block_on(serve())
        });
        let panicked = |_| Error::internal("the server panicked");
        serving.join().map_err(panicked).flatten()
    })
}

/// Serves records that `fill` creates, in this file or in memory.
pub(crate) async fn run(
    server: Server,
    store: &str,
    fill: impl AsyncFnOnce(&ServerHandle) -> Result<()>,
) -> Result<()> {
    let mut config = Config::default();
    // The rate limit must not slow down the load generator.
    (
        config.request.max_request_rate,
        config.request.request_burst,
    ) = (u32::MAX, u32::MAX);
    // Clients do not answer pings while it is not their turn.
    config.connection.ping_interval = Duration::from_secs(24 * 60 * 60);
    // Keyed requests without an identity count as one caller.
    config.store.max_keys_per_caller = config.store.max_keys;
    let server = server.config(config.clone());
    let server = if store == MEMORY {
        server
    } else {
        server.store(Sqlite::with_config(store, &config)?)
    };
    let server = server.open().await?;
    fill(&server).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let input_ends = tokio::task::spawn_blocking(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
    });
    let until = async {
        let _ = input_ends.await;
    };
    server.serve(listener, until).await
}
