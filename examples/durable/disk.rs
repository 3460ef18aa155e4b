//! The disk under the server: what it keeps when the power is lost, and how it fails.
//!
//! `disk.c` stands between the server and its files, and keeps of each what was there when it was synced
//! last. A loss of power leaves of each sector of 512 bytes either that or what was written since, as
//! chance has it, and so of the length of the file. What one process wrote and did not sync is not synced by
//! the next, unless that writes it anew: so it is where a sync has failed. Not modelled are what a sector was in between where it
//! was written more than once, the names of files, which last once they are made, and a sector that is
//! damaged.

use crate::random::Random;
use sockful::{Error, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

const SECTOR: usize = 512;
const SOURCE: &str = include_str!("disk.c");

/// Where it can be built: elsewhere servers are killed only.
#[derive(Debug)]
pub(crate) struct Disk(Option<PathBuf>);

/// Whether what it says that it has synced is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Holds,
    Lies,
}

impl Disk {
    /// Builds it with the compiler that built `SQLite`, beside this program.
    pub(crate) fn build() -> Result<Self> {
        if cfg!(not(target_os = "linux")) {
            return Ok(Self(None));
        }
        let library = env::current_exe()?.with_file_name("durable-disk.so");
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
            return Err(Error::internal("the C compiler does not build `disk.c`"));
        }
        fs::rename(partial, &library)?;
        Ok(Self(Some(library)))
    }

    pub(crate) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Puts it under the files of a process, which ends at `moment`.
    pub(crate) fn put_under(
        &self,
        process: &mut Command,
        file: &Path,
        moment: Option<&str>,
        word: Word,
    ) {
        let Some(library) = &self.0 else { return };
        process.env("LD_PRELOAD", library).env("DISK_FILE", file);
        if let Some(moment) = moment {
            process.env("DISK_MOMENT", moment);
        }
        if word == Word::Lies {
            process.env("DISK_LIES", "yes");
        }
    }
}

/// From now on it fails so: `full`, `readonly` or `syncs`.
pub(crate) fn fail(file: &Path, how: &str) -> io::Result<()> {
    let partial = beside(file, "-fault-partial");
    fs::write(&partial, how)?;
    fs::rename(partial, beside(file, "-fault"))
}

/// It is well again.
pub(crate) fn heal(file: &Path) -> io::Result<()> {
    match fs::remove_file(beside(file, "-fault")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Takes what is there now as what no loss of power can take.
pub(crate) fn settle(file: &Path) -> io::Result<()> {
    for name in ["", "-wal"] {
        let (written, durable) = both(file, name);
        let bytes = read(&written)?;
        fs::write(durable, bytes)?;
    }
    Ok(())
}

/// Leaves what a loss of power leaves.
pub(crate) fn lose_power(file: &Path, random: &mut Random) -> io::Result<()> {
    let how = random.within(0..4);
    for name in ["", "-wal"] {
        let (written, durable) = both(file, name);
        let left = left(&read(&written)?, &read(&durable)?, how, random);
        fs::write(written, left)?;
    }
    // It is memory that processes share.
    drop(fs::remove_file(beside(file, "-shm")));
    settle(file)
}

/// A mix of what was written and what was synced; in a quarter of all cases only the one, and in another
/// only the other.
fn left(written: &[u8], synced: &[u8], how: u64, random: &mut Random) -> Vec<u8> {
    match how {
        0 => return synced.to_vec(),
        1 => return written.to_vec(),
        _ => {}
    }
    let lengths = [written.len() as u64, synced.len() as u64];
    let (least, most) = (lengths[0].min(lengths[1]), lengths[0].max(lengths[1]));
    let length = random.within(least..most + 1);
    let length = usize::try_from(length).expect("it was the length of a file in memory");
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
