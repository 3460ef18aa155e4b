//! Replays the seeds and the corpus of the fuzz targets.

#[expect(unreachable_pub, reason = "it is a crate of its own as well")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

/// The files of a target: the seeds and the corpus.
fn files(target: &str) -> Vec<PathBuf> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let folders = ["seeds", "corpus"].map(|kind| fuzz.join(kind).join(target));
    let files = folders.iter().flat_map(|folder| {
        let files = fs::read_dir(folder).expect("a folder for each target");
        files.map(|file| file.expect("a file").path())
    });
    files.collect()
}

fn replay(target: &str, run: fn(&[u8])) {
    let files = files(target);
    assert!(files.len() > 10, "there is something to replay");
    for file in files {
        let data = fs::read(&file).expect("a file");
        // Cargo shows the output of a failed test: the last line names the file.
        println!("{}", file.display());
        run(&data);
    }
}

#[test]
fn stored_frames_get_one_valid_answer_each() {
    replay("frame", targets::frame);
}

#[test]
fn stored_connections_get_the_expected_replies() {
    replay("connection", targets::connection);
}
