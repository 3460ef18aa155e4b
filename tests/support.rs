//! A server in this process, and clients to try it with.

mod client;
pub(crate) mod club;
mod document;
mod gates;
mod http;
mod in_a_file;
pub(crate) mod live;
mod log;
pub(crate) mod music;
mod over_http;
mod property;
mod raw;
mod running;
pub(crate) mod sample;

pub(crate) use client::Client;
pub(crate) use document::assert_references_lead_somewhere;
pub(crate) use gates::Gates;
pub(crate) use http::{Answer, Events};
pub(crate) use in_a_file::in_a_file;
pub(crate) use log::Log;
pub(crate) use over_http::{OverHttp, over_http};
pub(crate) use property::for_all;
pub(crate) use raw::{HANDSHAKE, Raw, frame, text};
pub(crate) use running::Running;

use std::time::Duration;
use tokio::time::timeout;

/// Waits for what must come, so that a test whose reply is missing fails and does not hang.
pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    let output = timeout(Duration::from_secs(10), future).await;
    output.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// How many bytes of memory this process has.
pub(crate) fn resident_bytes() -> usize {
    let statm =
        std::fs::read_to_string("/proc/self/statm").expect("Linux tells the memory of a process");
    let pages = statm
        .split(' ')
        .nth(1)
        .expect("the resident pages stand second");
    pages.parse::<usize>().expect("a number of pages") * 4096
}
