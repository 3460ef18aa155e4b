//! The server under test, in a child process.

use super::{Player, PlayerPatch, player};
use sockful::{Config, Error, Result, Server, resources};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use tokio::net::TcpListener;

/// How much of the past the server keeps, in bytes. What replaces the old is allocated by other
/// threads, each out of memory of its own, so the memory of the process grows until the log has
/// changed hands. This much does so within a minute, and what grows for another reason is seen.
const LOG_CAPACITY: usize = 4 * 1024 * 1024;

pub(crate) struct ServerProcess {
    pub(crate) address: SocketAddr,
    child: Child,
    /// It serves until this is closed, which it is when this process ends.
    stdin: Option<ChildStdin>,
}

impl ServerProcess {
    /// Starts a server of so many players.
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

    /// How much memory it holds, in KiB.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let number = after(&status, "VmRSS:").and_then(|number| number.parse().ok());
        number.ok_or_else(|| Error::internal("the server has ended"))
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

/// How many files a process may have open.
pub(crate) fn max_files() -> Result<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let number = after(&limits, "Max open files").and_then(|number| number.parse().ok());
    number.ok_or_else(|| Error::internal("the system does not tell how many files may be open"))
}

/// The word that follows in the line which begins so.
fn after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let line = text.lines().find_map(|line| line.strip_prefix(start));
    line?.split_whitespace().next()
}

/// Serves, tells its address in a line, and goes on until nobody holds its input any more.
#[tokio::main]
pub(crate) async fn serve(players: usize) -> Result<()> {
    let mut config = Config::default();
    config.log_capacity = LOG_CAPACITY;
    let server = Server::new(resources![Player]);
    let server = server.config(config).open().await?;
    let records = server.of::<Player>();
    for nth in 0..players {
        records.create(player(nth)).await?;
    }
    // The log is bounded by bytes: it is full before anything is measured, so that it does not grow.
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
