//! Measures how long the disk takes to make data durable.

use super::median;
use sockful::Result;
use std::fs::{File, remove_file};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

const TIMES: usize = 1_000;
/// About the size of a commit in the write-ahead log.
const BYTES: usize = 16 * 1024;
/// The usual size at which `SQLite` restarts the write-ahead log.
const AREA: u64 = 4 * 1024 * 1024;

/// The duration of one write and `fdatasync` in microseconds, to an area that is already allocated.
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
