//! The REST routes.

mod cors;
mod identity;
mod limits;
mod patch;
mod random_requests;
mod request_bodies;
mod response_headers;
mod routes;
mod server_sent_events;

use crate::support::{HttpResponse, RawConnection, TestServer};
use serde_json::Value;

/// Sends a request on a new connection and returns the response.
async fn ask(server: &TestServer, request: &str, headers: &str, body: &str) -> HttpResponse {
    let mut raw: RawConnection = server.raw_connection().await;
    raw.http(request, headers, body).await
}

/// Sends a request on a new connection and returns the status and the JSON body.
async fn response(server: &TestServer, request: &str, body: &str) -> (u16, Value) {
    let answer = ask(server, request, "", body).await;
    (answer.status, answer.json())
}
