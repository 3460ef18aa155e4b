//! A simulated disk: which bytes survive a power loss, and how it fails.
//!
//! `disk.c` is loaded between the server and its files and keeps a copy of each file as of its last sync.
//! A power loss leaves in each sector of 512 bytes either the synced or the written bytes, at random, and
//! likewise for the length of the file. Bytes that one process wrote without a sync are not synced by the
//! next process unless it writes them again, just as after a failed sync. Not modelled: intermediate
//! versions of a sector that was written more than once, file names (durable once created), and damaged
//! sectors.

use crate::random::Random;
use sockful::{Error, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

const SECTOR: usize = 512;
const SOURCE: &str = include_str!("disk.c");

/// The library, or `None` on systems where it cannot be built.
#[derive(Debug)]
pub(crate) struct Disk(Option<PathBuf>);

/// Whether a sync that is reported as done was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SyncMode {
    Durable,
    Lost,
}

impl Disk {
    /// Compiles the library beside this program, with the compiler that built `SQLite`.
    pub(crate) fn build() -> Result<Self> {
        if cfg!(not(target_os = "linux")) {
            return Ok(Self(None));
        }
        let library = env::current_exe()?.with_file_name("crash-test-disk.so");
        let mut partial = library.clone().into_os_string();
        partial.push(format!("-{}", std::process::id()));
        let compiler = env::var_os("CC").unwrap_or_else(|| OsString::from("cc"));
        let mut building = Command::new(compiler)
            .args(["-shared", "-fPIC", "-O1", "-pthread", "-xc", "-", "-o"])
            .arg(&partial)
            .stdin(Stdio::piped())
            .spawn()?;
        let written = building
            .stdin
            .take()
            .map(|mut input| io::copy(&mut SOURCE.as_bytes(), &mut input));
        written.transpose()?;
        if !building.wait()?.success() {
            return Err(Error::internal("the C compiler failed to build `disk.c`"));
        }
        fs::rename(partial, &library)?;
        Ok(Self(Some(library)))
    }

    pub(crate) fn is_available(&self) -> bool {
        self.0.is_some()
    }

    /// Loads it into a process, which is killed at the crash point `moment`.
    pub(crate) fn load_into(
        &self,
        process: &mut Command,
        file: &Path,
        moment: Option<&str>,
        sync: SyncMode,
    ) {
        let Some(library) = &self.0 else { return };
        process.env("LD_PRELOAD", library).env("DISK_FILE", file);
        if let Some(moment) = moment {
            process.env("DISK_MOMENT", moment);
        }
        if sync == SyncMode::Lost {
            process.env("DISK_LIES", "yes");
        }
    }
}

/// Makes the disk fail from now on: `full`, `readonly` or `syncs`.
pub(crate) fn fail(file: &Path, how: &str) -> io::Result<()> {
    let partial = beside(file, "-fault-partial");
    fs::write(&partial, how)?;
    fs::rename(partial, beside(file, "-fault"))
}

/// Ends the failure.
pub(crate) fn heal(file: &Path) -> io::Result<()> {
    match fs::remove_file(beside(file, "-fault")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Marks the current contents as synced.
pub(crate) fn settle(file: &Path) -> io::Result<()> {
    for name in ["", "-wal"] {
        let (written, durable) = both(file, name);
        let bytes = read(&written)?;
        fs::write(durable, bytes)?;
    }
    Ok(())
}

/// Replaces the files by what survives a power loss.
pub(crate) fn lose_power(file: &Path, random: &mut Random) -> io::Result<()> {
    let how = random.within(0..4);
    for name in ["", "-wal"] {
        let (written, durable) = both(file, name);
        let left = left(&read(&written)?, &read(&durable)?, how, random);
        fs::write(written, left)?;
    }
    // Shared memory does not survive.
    drop(fs::remove_file(beside(file, "-shm")));
    settle(file)
}

/// A mix of written and synced sectors; in a quarter of all cases only the synced, in another quarter only
/// the written ones.
fn left(written: &[u8], synced: &[u8], how: u64, random: &mut Random) -> Vec<u8> {
    match how {
        0 => return synced.to_vec(),
        1 => return written.to_vec(),
        _ => {}
    }
    let lengths = [written.len() as u64, synced.len() as u64];
    let (least, most) = (lengths[0].min(lengths[1]), lengths[0].max(lengths[1]));
    let length = random.within(least..most + 1);
    let length = usize::try_from(length).expect("the file fits into memory");
    let mut left = Vec::with_capacity(length);
    while left.len() < length {
        let at = left.len();
        let sector = at..length.min(at + SECTOR);
        let of = |bytes: &[u8]| {
            let some = bytes.get(at..sector.end.min(bytes.len()));
            let mut some = some.unwrap_or_default().to_vec();
            some.resize(sector.len(), 0);
            some
        };
        let (new, old) = (of(written), of(synced));
        left.extend(if new == old || random.one_in(2) {
            old
        } else {
            new
        });
    }
    left
}

fn both(file: &Path, name: &str) -> (PathBuf, PathBuf) {
    (beside(file, name), beside(file, &format!("{name}-durable")))
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

fn beside(file: &Path, name: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(name);
    path.into()
}
