//! What the disk takes to make something last.

use super::median;
use sockful::Result;
use std::fs::{File, remove_file};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

const TIMES: usize = 1_000;
/// As much as a commit writes to the write-ahead log, about.
const BYTES: usize = 16 * 1024;
/// Where the write-ahead log of `SQLite` mostly ends, and begins anew.
const AREA: u64 = 4 * 1024 * 1024;

/// Microseconds of one write and `fdatasync`, in an area that is there already.
pub(crate) fn sync_time(folder: &Path) -> Result<f64> {
    let path = folder.join("probe");
    let file = File::create(&path)?;
    let bytes = [7; BYTES];
    let mut micros = Vec::with_capacity(TIMES);
    let places = (0..AREA).step_by(BYTES);
    for at in places.clone() {
        file.write_all_at(&bytes, at)?;
    }
    file.sync_all()?;
    for at in places.cycle().take(TIMES) {
        let begun = Instant::now();
        file.write_all_at(&bytes, at)?;
        file.sync_data()?;
        micros.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    remove_file(path)?;
    Ok(median(&mut micros))
}
