//! The server as a process of its own, which is this program once more.

use crate::disk::{Disk, Word};
use crate::lost;
use sockful::Result;
use std::env;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Where a server listens, and what with.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    pub(crate) port: String,
    pub(crate) disk: Disk,
    pub(crate) word: Word,
}

/// A server that runs, killed in the end.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Place {
    /// Starts it; it ends at `moment`, such as `sync:3`.
    pub(crate) fn start(&self, moment: Option<&str>) -> Result<Process> {
        let mut process = Command::new(env::current_exe()?);
        process.arg("serve").arg(&self.file).arg(&self.port);
        self.disk
            .put_under(&mut process, &self.file, moment, self.word);
        Ok(Process(process.spawn()?))
    }

    /// Has the file checked by the command that each program with [`Server::commands`] has.
    ///
    /// [`Server::commands`]: sockful::Server::commands
    pub(crate) fn check(&self) -> Result<()> {
        let checked = Command::new(env::current_exe()?)
            .arg("check")
            .arg(&self.file)
            .output()?;
        if checked.status.success() {
            return Ok(());
        }
        let said = [checked.stdout, checked.stderr].concat();
        Err(lost(String::from_utf8_lossy(&said).trim()))
    }
}

impl Process {
    /// Whether it was killed; nothing else may end it.
    pub(crate) fn was_killed(&mut self) -> Result<bool> {
        match self.0.try_wait()? {
            Some(status) if status.code().is_some() => {
                Err(lost(format!("a server has ended: {status}")))
            }
            ended => Ok(ended.is_some()),
        }
    }

    /// Whether it could not open its store, and has said so; it may live, too.
    pub(crate) fn has_refused(&mut self) -> Result<bool> {
        match self.0.try_wait()? {
            Some(status) if status.code() != Some(1) => {
                Err(lost(format!("a server has ended: {status}")))
            }
            ended => Ok(ended.is_some()),
        }
    }

    /// Whether it is killed, by what is under it, within this time.
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

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
