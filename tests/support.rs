//! Servers in this process, and clients and resources to test them with.

mod captured_log;
mod checkpoints;
mod client;
mod http;
mod http_client;
mod json_references;
pub(crate) mod live_checker;
pub(crate) mod music_resources;
pub(crate) mod notes_app;
mod random_values;
mod raw_connection;
pub(crate) mod sample_resources;
mod sqlite_store;
mod test_server;

pub(crate) use captured_log::CapturedLog;
pub(crate) use checkpoints::Checkpoints;
pub(crate) use client::Client;
pub(crate) use http::{EventStream, HttpResponse};
pub(crate) use http_client::{HttpClient, with_http_clients};
pub(crate) use json_references::assert_references_resolve;
pub(crate) use random_values::for_random_values;
pub(crate) use raw_connection::{HANDSHAKE, RawConnection, frame, text};
pub(crate) use sqlite_store::with_sqlite_stores;
pub(crate) use test_server::TestServer;

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::timeout;

/// Returns the time `millis` milliseconds after the Unix epoch.
pub(crate) fn unix_time(millis: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis)
}

/// Awaits a future for at most two minutes, so that a test whose reply is missing fails instead of hanging. The
/// limit is not a measurement: even a busy machine needs only a few seconds.
pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    let output = timeout(Duration::from_secs(120), future).await;
    output.unwrap_or_else(|_| panic!("timed out waiting for {what}"))
}

/// Stops the clock of a test with a current-thread runtime: no time passes, however long the test takes. Timers
/// never fire.
pub(crate) fn freeze_time() {
    tokio::time::pause();
    // A paused clock advances when nothing else can run, which this prevents.
    tokio::spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
}

/// Returns the resident memory of this process in bytes.
pub(crate) fn resident_bytes() -> usize {
    let statm =
        std::fs::read_to_string("/proc/self/statm").expect("Linux reports the memory of a process");
    let pages = statm
        .split(' ')
        .nth(1)
        .expect("the second field is the resident pages");
    pages.parse::<usize>().expect("a number of pages") * 4096
}
