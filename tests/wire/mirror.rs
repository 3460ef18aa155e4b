//! The routes over HTTP.

mod addresses;
mod answers;
mod anything;
mod bodies;
mod cases;
mod events;
mod identity;
mod limits;
mod origins;

use crate::support::{Answer, Raw, Running};
use serde_json::Value;

/// The tests in a file that are not among those listed.
fn left_out<'a>(file: &'a str, listed: &[&str]) -> Vec<&'a str> {
    let tests = file.split("#[tokio::test").skip(1);
    let names = tests.filter_map(|test| {
        let (_, rest) = test.split_once("async fn ")?;
        rest.split('(').next()
    });
    names.filter(|name| !listed.contains(name)).collect()
}

/// What a request is told, on a connection of its own.
async fn ask(server: &Running, request: &str, headers: &str, body: &str) -> Answer {
    let mut raw: Raw = server.raw().await;
    raw.http(request, headers, body).await
}

/// The status and the JSON that a request is told.
async fn told(server: &Running, request: &str, body: &str) -> (u16, Value) {
    let answer = ask(server, request, "", body).await;
    (answer.status, answer.json())
}
