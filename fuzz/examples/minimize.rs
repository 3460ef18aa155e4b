//! Selects the files of the corpus that together cover the most code, and deletes the others.
//!
//! ```sh
//! RUSTFLAGS='-C instrument-coverage' LLVM_PROFILE_FILE=/dev/null \
//!   cargo run --manifest-path fuzz/Cargo.toml --target-dir target/coverage --example minimize -- 100 --delete
//! ```
//!
//! Runs on the stable toolchain, unlike `cargo fuzz cmin`, and limits the number of files. A file is kept for
//! the counters of `-C instrument-coverage` that only it reaches: first those that no kept file and no seed
//! reaches at all, then those that it reaches in another order of magnitude. Both targets share the limit.

use std::collections::HashSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs, slice};

// The runtime of `-C instrument-coverage`.
unsafe extern "C" {
    fn __llvm_profile_begin_counters() -> *const u64;
    fn __llvm_profile_end_counters() -> *const u64;
    fn __llvm_profile_reset_counters();
}

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 2] = [
    ("frame", sockful_fuzz::frame),
    ("connection", sockful_fuzz::connection),
];

/// A counter of a target and the order of magnitude of its value; 0 is any value.
type Feature = (usize, usize, u32);

struct File {
    path: PathBuf,
    size: usize,
    features: Vec<Feature>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (limit, delete) = match &arguments[..] {
        [limit] => (limit.parse()?, false),
        [limit, delete] if delete == "--delete" => (limit.parse()?, true),
        _ => return Err("usage: minimize LIMIT [--delete]".into()),
    };
    let mut covered = HashSet::new();
    for file in files("seeds")? {
        covered.extend(file.features);
    }
    let mut left = files("corpus")?;
    let (found, seeds) = (left.len(), reached(&covered));
    let mut kept = Vec::new();
    for magnitudes in [false, true] {
        while kept.len() < limit
            && let Some(best) = best(&left, &covered, magnitudes)
        {
            let file = left.swap_remove(best);
            covered.extend(file.features.iter().copied());
            kept.push(file.path);
        }
        let (kept, reached) = (kept.len(), reached(&covered));
        println!("{kept} of {found} files: {reached} counters, {seeds} by the seeds alone");
    }
    let mut all = covered.clone();
    all.extend(left.iter().flat_map(|file| &file.features));
    println!(
        "{} counters and {} of {} magnitudes of all files",
        reached(&all),
        covered.len(),
        all.len()
    );
    for file in left.iter().filter(|_| delete) {
        fs::remove_file(&file.path)?;
    }
    Ok(())
}

/// Runs each file of a folder and returns the features that it reaches.
fn files(folder: &str) -> Result<Vec<File>, Box<dyn Error>> {
    let mut files = Vec::new();
    for (number, (name, target)) in TARGETS.into_iter().enumerate() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(name);
        let mut paths = fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()?;
        paths.sort();
        for path in paths {
            let data = fs::read(&path)?;
            // The first run may initialise state that later runs share.
            target(&data);
            let features = cover(number, || target(&data));
            files.push(File { path, size: data.len(), features });
        }
    }
    Ok(files)
}

fn cover(number: usize, run: impl FnOnce()) -> Vec<Feature> {
    // SAFETY: the functions take no arguments and have no preconditions.
    unsafe { __llvm_profile_reset_counters() };
    run();
    // SAFETY: both pointers bound one static array, which only instrumented code on this thread writes.
    let counters = unsafe {
        let (begin, end) = (__llvm_profile_begin_counters(), __llvm_profile_end_counters());
        slice::from_raw_parts(begin, usize::try_from(end.offset_from(begin)).unwrap_or(0)).to_vec()
    };
    let reached = counters.into_iter().enumerate().filter(|(_, count)| *count > 0);
    reached
        .flat_map(|(at, count)| [(number, at, 0), (number, at, 1 + count.ilog2())])
        .collect()
}

fn reached(features: &HashSet<Feature>) -> usize {
    features.iter().filter(|(_, _, magnitude)| *magnitude == 0).count()
}

/// Returns the file that adds the most features, the smallest one of several.
fn best(files: &[File], covered: &HashSet<Feature>, magnitudes: bool) -> Option<usize> {
    let gain = |file: &File| {
        let new = file.features.iter().filter(|feature| !covered.contains(feature));
        new.filter(|(_, _, magnitude)| magnitudes || *magnitude == 0).count()
    };
    let gains = files.iter().enumerate().map(|(at, file)| (gain(file), file.size, at));
    let best = gains.max_by_key(|(gain, size, _)| (*gain, usize::MAX - size))?;
    (best.0 > 0).then_some(best.2)
}
