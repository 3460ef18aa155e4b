//! Rate limits of callers.

use crate::support::{
    Checkpoints, Client, TestServer, freeze_time, notes_app, sample_resources, text,
};
use serde_json::{Value, json};
use sockful::{Config, Server};

/// A server with a rate of one request per second and this burst; time is frozen.
async fn slow(burst: u32) -> TestServer {
    TestServer::serve(notes_app::server().config(paced(burst))).await
}

fn paced(burst: u32) -> Config {
    let mut config = Config::default();
    config.request.max_request_rate = 1;
    config.request.request_burst = burst;
    config
}

/// Returns how many requests are answered before one is rate limited.
async fn answered(client: &mut Client, request: Value) -> usize {
    let mut count = 0;
    loop {
        let reply = client.ask(request.clone()).await;
        if reply[2]["err"]["code"] == "rate_limited" {
            return count;
        }
        count += 1;
    }
}

#[tokio::test]
async fn rate_limited_error_has_limit_and_retry_delay() {
    freeze_time();
    let server = slow(20).await;
    let mut anonymous = server.client().await;
    let ping = json!(["sockful", "ping", null, 1]);
    assert_eq!(answered(&mut anonymous, ping.clone()).await, 20);
    let reply = anonymous.ask(ping).await;
    let error = &reply[2]["err"];
    assert_eq!(
        error["limit"],
        json!({"name": "max_request_rate", "value": 1})
    );
    let wait = error["retry_after_ms"].as_u64().expect("a time");
    assert!((1..=1_001).contains(&wait), "{wait}");
    // Each local connection has its own bucket.
    server.client().await.assert_alive().await;
}

#[tokio::test]
async fn request_cost_depends_on_its_work() {
    freeze_time();
    let writes: Vec<_> = (0..10).map(|_| json!(["poster", "create", {}])).collect();
    for (request, most) in [
        (json!(["poster", "get", {"id": "a"}, 1]), 60),
        (json!(["poster", "destroy", {"id": "a"}, 1]), 60),
        (json!(["poster", "get", {"id": ["a", "b"]}, 1]), 12),
        (json!(["poster", "find", null, 1]), 12),
        (json!(["poster", "count", null, 1]), 12),
        (json!(["note", "comments", {"note_id": "a"}, 1]), 12),
        (json!(["note", "whoami", null, 1]), 12),
        (json!(["sockful", "commit", writes, 1]), 6),
        (json!(["poster", "unheard", null, 1]), 60),
        (json!(["sockful", "authenticate", {"token": "away"}, 1]), 12),
    ] {
        let server = slow(60).await;
        let mut anonymous = server.client().await;
        assert_eq!(
            answered(&mut anonymous, request.clone()).await,
            most,
            "{request}"
        );
    }
}

#[tokio::test]
async fn caller_shares_one_bucket_over_all_connections() {
    freeze_time();
    let server = slow(30).await;
    let whoami = json!(["note", "whoami", null, 1]);
    let mut first = server.client_as("bob").await;
    let mut second = server.client_as("bob").await;
    let mut other = server.client_as("eve").await;
    assert_eq!(answered(&mut first, whoami.clone()).await, 6);
    assert_eq!(answered(&mut second, whoami.clone()).await, 0);
    assert_eq!(answered(&mut other, whoami.clone()).await, 6);
    // A reconnect does not refill the bucket.
    drop((first, second));
    let mut third = server.client_as("bob").await;
    assert_eq!(answered(&mut third, whoami).await, 0);
}

#[tokio::test]
async fn visited_records_are_charged_even_if_unmatched() {
    freeze_time();
    for request in [
        json!(["creature", "find", {"kind": "nowhere"}, 1]),
        json!(["creature", "count", {"life": {"$gt": 1000}}, 1]),
    ] {
        let server = Server::new(sample_resources::RESOURCES).config(paced(60));
        let handle = server.open().await.expect("memory opens");
        for _ in 0..1_000 {
            let new = sample_resources::NewCreature::default();
            let made = handle
                .records::<sample_resources::Creature>()
                .create(new)
                .await;
            made.expect("the id is unused");
        }
        let server = TestServer::from_handle(handle, Checkpoints::default()).await;
        let mut client = server.client().await;
        // Each costs 5, and 10 more that are charged to the next request.
        assert_eq!(answered(&mut client, request.clone()).await, 4, "{request}");
    }
}

#[tokio::test]
async fn connection_closes_after_too_many_rejections() {
    freeze_time();
    let mut config = paced(5);
    config.request.max_rate_limited = 50;
    let server = Server::new(sample_resources::RESOURCES).config(config);
    let server = TestServer::serve(server).await;
    let mut raw = server.raw_websocket_connection().await;
    let ping = text(r#"["sockful","ping",null,1]"#);
    raw.send(ping.repeat(60)).await;
    let (frames, code) = raw.read_to_close().await;
    assert_eq!((frames.len(), code), (5 + 49, 1008));
}
