//! Inspects a file and the write-ahead log next to it, before `SQLite` opens them.
//!
//! `SQLite` applies any log that it finds next to a file. If the file was replaced by a copy after a
//! crash, the log of the earlier file would undo the copy, or mix both. Therefore each start of a
//! server assigns a number to the file, the *run*, in two header fields that applications may use: the
//! number of this run and of the previous run. It is in the file, in the first page of the log, and in
//! the lock file.
//!
//! While the number changes, the lock file lists each number that the file or its log may have if the
//! process dies, so that no crash looks like another file.

use super::file_identity::beside;
use crate::core::error::{Error, ErrorKind, Result};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER: usize = 100;
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// The numbers of a server start, as in `PRAGMA application_id` and `PRAGMA user_version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) this: u32,
    pub(super) before: u32,
}

/// Checks the file before it is opened, and returns the run in its header, if it has one. `noted` are
/// the runs in the lock file.
///
/// # Errors
///
/// `unavailable`, with the cause and the remedy, if it is not a database, is truncated, or if the log
/// next to it belongs to another file.
pub(super) fn inspect(path: &Path, mut file: &File, noted: &[u32]) -> Result<Option<u32>> {
    let name = path.display();
    let refuse = |why: String| Err(Error::new(ErrorKind::Unavailable, why));
    let unreadable = |error: io::Error| {
        let message = format!("cannot read the store `{name}`: {error}");
        Error::new(ErrorKind::Unavailable, message)
    };
    let length = file.metadata().map_err(unreadable)?.len();
    let wal = read_wal(&beside(path, "-wal")).map_err(unreadable)?;
    if length == 0 {
        return match wal {
            LogContent::Of(_) | LogContent::Unnamed => refuse(format!(
                "the store `{name}` is empty, but `{name}-wal` is the write-ahead log of an earlier file; restore a copy with `restore COPY {name}`, or move `{name}-wal` away to start with an empty store"
            )),
            LogContent::Nothing => Ok(None),
        };
    }
    let mut header = [0; HEADER];
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let has_header = match file.read_exact(&mut header) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => false,
        read => read.map(|()| true).map_err(unreadable)?,
    };
    if !has_header || header[..MAGIC.len()] != *MAGIC {
        return refuse(format!(
            "`{name}` is not an SQLite database: its header is damaged, or the path is wrong; correct the path, or restore a copy with `restore COPY {name}`"
        ));
    }
    let page = match u64::from(u16::from_be_bytes([header[16], header[17]])) {
        1 => 65_536,
        size => size,
    };
    let pages = u64::from(number(&header, 28));
    // Old programs do not update the number of pages.
    let is_counted = number(&header, 24) == number(&header, 92);
    let missing = (pages * page).saturating_sub(length);
    if wal == LogContent::Nothing && is_counted && missing > 0 {
        return refuse(format!(
            "the store `{name}` is truncated: {missing} of {} bytes are missing; restore a copy with `restore COPY {name}`",
            pages * page
        ));
    }
    let own = Run::read(&header);
    let belongs = match wal {
        LogContent::Nothing => true,
        LogContent::Of(logged) if noted.is_empty() => {
            own.this == logged.this || own.this == logged.before
        }
        LogContent::Of(logged) => noted.contains(&own.this) && noted.contains(&logged.this),
        LogContent::Unnamed => noted.is_empty() || noted.contains(&own.this),
    };
    if belongs {
        return Ok(Some(own.this));
    }
    refuse(format!(
        "the write-ahead log `{name}-wal` does not belong to `{name}`: the file was replaced, possibly by a copy, and the old log would overwrite it; to use `{name}` as it is, move `{name}-wal` and `{name}-shm` away (`restore COPY {name}` does this); if both were copied together, move `{name}-lock` away"
    ))
}

impl Run {
    fn read(header: &[u8]) -> Self {
        Self {
            this: number(header, 68),
            before: number(header, 60),
        }
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_be_bytes(number)
}

/// The content of a write-ahead log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LogContent {
    /// Nothing that `SQLite` would apply.
    Nothing,
    /// Pages without a run.
    Unnamed,
    /// Pages of this run.
    Of(Run),
}

fn read_wal(path: &Path) -> io::Result<LogContent> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(LogContent::Nothing),
        opened => opened?,
    };
    let length = file.metadata()?.len();
    if length <= (WAL_HEADER + FRAME_HEADER) as u64 {
        return Ok(LogContent::Nothing);
    }
    let mut header = [0; WAL_HEADER];
    file.read_exact(&mut header)?;
    let (magic, page) = (number(&header, 0), number(&header, 8));
    if magic & !1 != 0x377f_0682 {
        // `SQLite` ignores it.
        return Ok(LogContent::Nothing);
    }
    let mut sum = Checksum::new(magic & 1 == 1);
    sum.add(&header[..24]);
    if !sum.is(&header[24..]) {
        return Ok(LogContent::Nothing);
    }
    let mut found = None;
    let mut frame = vec![0; FRAME_HEADER + usize::try_from(page).unwrap_or(0).max(HEADER)];
    let mut count = 0_u64;
    let mut file = io::BufReader::with_capacity(1 << 16, file);
    // Anything after the last complete frame was not synced, or remains from before the log restarted.
    while file.read_exact(&mut frame).is_ok() && frame[8..16] == header[16..24] {
        sum.add(&frame[..8]);
        sum.add(&frame[FRAME_HEADER..]);
        if !sum.is(&frame[16..FRAME_HEADER]) {
            break;
        }
        if number(&frame, 0) == 1 {
            found = Some(Run::read(&frame[FRAME_HEADER..]));
        }
        count += 1;
    }
    Ok(match found {
        Some(run) => LogContent::Of(run),
        None if count > 0 => LogContent::Unnamed,
        None => LogContent::Nothing,
    })
}

/// The checksum of a log, as defined by its format.
struct Checksum {
    is_big_endian: bool,
    sums: [u32; 2],
}

impl Checksum {
    fn new(is_big_endian: bool) -> Self {
        Self {
            is_big_endian,
            sums: [0; 2],
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        for pair in bytes.chunks_exact(8) {
            let [first, second] = [&pair[..4], &pair[4..]].map(|word| {
                let word = [word[0], word[1], word[2], word[3]];
                if self.is_big_endian {
                    u32::from_be_bytes(word)
                } else {
                    u32::from_le_bytes(word)
                }
            });
            self.sums[0] = self.sums[0].wrapping_add(first).wrapping_add(self.sums[1]);
            self.sums[1] = self.sums[1].wrapping_add(second).wrapping_add(self.sums[0]);
        }
    }

    fn is(&self, stored: &[u8]) -> bool {
        number(stored, 0) == self.sums[0] && number(stored, 4) == self.sums[1]
    }
}
