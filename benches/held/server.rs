//! The server under test, in a child process.

use super::{Player, PlayerPatch, player};
use sockful::{Config, Error, Result, Server, resources};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use tokio::net::TcpListener;

/// The capacity of the server's log, in bytes. New entries are allocated by other threads, and the allocator
/// gives each thread an arena, so the process grows until every entry has been replaced once. A log of this
/// size is replaced within a minute, after which any other growth is visible.
const LOG_CAPACITY: usize = 4 * 1024 * 1024;

pub(crate) struct ServerProcess {
    pub(crate) address: SocketAddr,
    child: Child,
    /// The server runs until this is closed, at the latest when this process ends.
    stdin: Option<ChildStdin>,
}

impl ServerProcess {
    /// Starts a server with this number of players.
    pub(crate) fn start(players: usize) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", &players.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take();
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

    /// The resident memory, in KiB.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let number = after(&status, "VmRSS:").and_then(|number| number.parse().ok());
        number.ok_or_else(|| Error::internal("the server exited"))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.wait();
    }
}

fn no_pipe() -> Error {
    Error::internal("the server has no output")
}

/// The limit of open files per process.
pub(crate) fn max_files() -> Result<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let number = after(&limits, "Max open files").and_then(|number| number.parse().ok());
    number.ok_or_else(|| Error::internal("the limit of open files is unknown"))
}

/// The word behind this prefix of a line.
fn after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let line = text.lines().find_map(|line| line.strip_prefix(start));
    line?.split_whitespace().next()
}

/// Prints the address and serves until its input is closed.
#[tokio::main]
pub(crate) async fn serve(players: usize) -> Result<()> {
    let mut config = Config::default();
    config.store.log_capacity = LOG_CAPACITY;
    let server = Server::new(resources![Player]);
    let server = server.config(config).open().await?;
    let records = server.records::<Player>();
    for nth in 0..players {
        records.create(player(nth)).await?;
    }
    // Fills the log, which is bounded in bytes, before anything is measured.
    let mut filler = player(0);
    let id = "filler".to_owned();
    (filler.id, filler.room) = (Some(id.clone()), "none".to_owned());
    records.create(filler).await?;
    for moves in 1.. {
        if moves % 10_000 == 0 && server.store().log(0, 1).await.is_err() {
            break;
        }
        let moves = Some(moves);
        let patch = PlayerPatch {
            moves,
            ..PlayerPatch::default()
        };
        records.update(&id, patch).await?;
    }
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
