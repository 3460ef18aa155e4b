//! The server in a child process, which is this program again.

use crate::disk::{Disk, SyncMode};
use crate::lost;
use sockful::Result;
use std::env;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The file, port and disk of a server.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) file: PathBuf,
    pub(crate) port: String,
    pub(crate) disk: Disk,
    pub(crate) sync: SyncMode,
}

/// A running server, killed on drop.
#[derive(Debug)]
pub(crate) struct ServerProcess(Child);

impl Setup {
    /// Starts a server, which is killed at the crash point `moment`, such as `sync:3`.
    pub(crate) fn start(&self, moment: Option<&str>) -> Result<ServerProcess> {
        let mut process = Command::new(env::current_exe()?);
        process.arg("serve").arg(&self.file).arg(&self.port);
        self.disk
            .load_into(&mut process, &self.file, moment, self.sync);
        Ok(ServerProcess(process.spawn()?))
    }

    /// Runs the command `check`, which every program that calls [`cli::run`] has, on the file.
    ///
    /// [`cli::run`]: sockful::cli::run
    pub(crate) fn check(&self) -> Result<()> {
        let checked = Command::new(env::current_exe()?)
            .arg("check")
            .arg(&self.file)
            .output()?;
        if checked.status.success() {
            return Ok(());
        }
        let output = [checked.stdout, checked.stderr].concat();
        Err(lost(String::from_utf8_lossy(&output).trim()))
    }
}

impl ServerProcess {
    /// Returns whether it was killed. Fails if it ended in any other way.
    pub(crate) fn was_killed(&mut self) -> Result<bool> {
        match self.0.try_wait()? {
            Some(status) if status.code().is_some() => {
                Err(lost(format!("a server exited: {status}")))
            }
            ended => Ok(ended.is_some()),
        }
    }

    /// Returns whether it exited because it could not open its store. Fails if it ended in any other way.
    pub(crate) fn has_refused(&mut self) -> Result<bool> {
        match self.0.try_wait()? {
            Some(status) if status.code() != Some(1) => {
                Err(lost(format!("a server exited: {status}")))
            }
            ended => Ok(ended.is_some()),
        }
    }

    /// Waits until `disk.c` kills it. Returns whether that happened within `patience`.
    pub(crate) async fn is_killed(&mut self, patience: Duration) -> Result<bool> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if self.was_killed()? {
                return Ok(true);
            }
            sleep(Duration::from_millis(2)).await;
        }
        Ok(false)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Fails if it has already exited.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
