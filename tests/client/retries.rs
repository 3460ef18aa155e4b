//! Retries of requests.

use super::fault_proxy::{Fault, Proxy};
use super::resources::{Beast, BeastRemotes, RESOURCES, beast};
use crate::support::notes_app;
use crate::support::{Checkpoints, TestServer, within};
use serde::{Deserialize, Serialize};
use sockful::client::{Builder, Client, Status};
use sockful::{
    Config, Context, ErrorKind, Filter, Outcome, Resource, Result, Server, remote, resources,
};
use std::time::Duration;

async fn server(change: impl FnOnce(&mut Config)) -> TestServer {
    let mut config = Config::default();
    change(&mut config);
    TestServer::serve(Server::new(RESOURCES).config(config)).await
}

fn builder(url: &str) -> Builder {
    let builder = Client::builder(url);
    builder.backoff(Duration::from_millis(1), Duration::from_millis(20))
}

#[tokio::test]
async fn interrupted_write_is_applied_once() {
    let server = server(|_| {}).await;
    let proxy = Proxy::to(server.address, || Fault::None).await;
    let client = builder(&proxy.url())
        .connect()
        .await
        .expect("the server listens");
    let beasts = client.records::<Beast>();
    beasts
        .create(beast("bob", "dragon"))
        .await
        .expect("the record is created");
    let feeding = tokio::spawn(beasts.feed_at("bob", "mouth".into()).into_future());
    server.checkpoints.reached("mouth").await;
    proxy.cut();
    // The client retries while the first attempt still runs. The first is applied; the retry receives its reply.
    server.checkpoints.release("mouth");
    server.checkpoints.release("mouth");
    let fed = within("the reply", feeding).await.expect("no panic");
    assert_eq!(fed.expect("the call succeeds"), 11);
    assert_eq!(beasts.get("bob").await.expect("the record exists").life, 11);
    assert!(proxy.counts()[0] >= 2, "the client reconnected");
}

/// A public resource.
#[derive(Debug, Serialize, Deserialize, Resource)]
#[resource(public)]
struct Leaf {
    id: String,
}

#[remote]
impl Leaf {
    pub async fn fall(checkpoint: String, context: &Context) -> Result<()> {
        context.state::<Checkpoints>()?.wait_at(&checkpoint).await;
        Ok(())
    }
}

#[tokio::test]
async fn keyless_write_without_reply_has_unknown_outcome() {
    let server = Server::new(resources![Leaf]).authenticate(notes_app::authenticate);
    let server = TestServer::serve(server).await;
    let proxy = Proxy::to(server.address, || Fault::None).await;
    let client = builder(&proxy.url()).connect().await;
    // An unauthenticated client sends no idempotency keys.
    let leaves = client.expect("the client connects").records::<Leaf>();
    let falling = tokio::spawn(leaves.fall("autumn".into()).into_future());
    server.checkpoints.reached("autumn").await;
    proxy.cut();
    let error = within("a response", falling).await.expect("no panic");
    let error = error.expect_err("the outcome is unknown");
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Unavailable, Some(Outcome::Unknown))
    );
    assert_eq!(leaves.count(Filter::all()).await.expect("a number"), 0);
}

#[tokio::test]
async fn request_is_not_resent_under_another_identity() {
    let server = Server::new(resources![Leaf]).authenticate(notes_app::authenticate);
    let server = TestServer::serve(server).await;
    let proxy = Proxy::to(server.address, || Fault::None).await;
    let client = builder(&proxy.url()).token("bob").connect().await;
    let client = client.expect("the token is valid");
    let falling = client.records::<Leaf>().fall("autumn".into());
    let falling = tokio::spawn(falling.into_future());
    server.checkpoints.reached("autumn").await;
    let eve = client.authenticate(Some("eve".into())).await;
    eve.expect("the token is valid");
    proxy.cut();
    let error = within("a response", falling).await.expect("no panic");
    let error = error.expect_err("the outcome is unknown");
    assert_eq!(error.outcome(), Some(Outcome::Unknown));
    let leaves = client.records::<Leaf>().count(Filter::all());
    assert_eq!(leaves.await.expect("a number"), 0);
    assert!(
        !server.checkpoints.is_reached("autumn"),
        "the request is not sent again"
    );
}

#[tokio::test]
async fn request_dropped_before_sending_is_never_sent() {
    let server = server(|_| {}).await;
    let proxy = Proxy::to(server.address, || Fault::None).await;
    let client = builder(&proxy.url()).start().expect("an address");
    let beasts = client.records::<Beast>();
    // Polled once, so that it waits for the connection, and dropped.
    let mut dropped = Box::pin(beasts.create(beast("bob", "dragon")).into_future());
    let first = futures_util::poll!(&mut dropped);
    assert!(first.is_pending());
    drop(dropped);
    let created = beasts
        .create(beast("eve", "dragon"))
        .await
        .expect("the record is created");
    // The connection is open, but the request is not sent yet.
    let mut dropped = Box::pin(beasts.create(beast("bob", "dragon")).into_future());
    assert!(futures_util::poll!(&mut dropped).is_pending());
    drop(dropped);
    assert_eq!(
        beasts.find(Filter::all()).await.expect("a list").records,
        [created]
    );
}

#[tokio::test]
async fn rate_limited_request_is_retried_after_the_delay() {
    let server = server(|config| {
        (
            config.request.max_request_rate,
            config.request.request_burst,
        ) = (100, 10);
    })
    .await;
    let client = builder(&server.url())
        .connect()
        .await
        .expect("the server listens");
    let beasts = client.records::<Beast>();
    let many = (0..40).map(|nth| {
        beasts
            .create(beast(&format!("b{nth}"), "dragon"))
            .into_future()
    });
    let many = futures_util::future::join_all(many);
    for created in within("all of them", many).await {
        created.expect("each request is retried in time");
    }
    let slow = beasts
        .find(Filter::all())
        .call()
        .timeout(Duration::from_millis(1));
    let error = slow
        .await
        .expect_err("the timeout is shorter than the delay");
    assert!(
        matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::Timeout),
        "{error:?}"
    );
}

#[tokio::test]
async fn subscription_survives_reconnects_and_restarts() {
    let handle = Server::new(RESOURCES)
        .open()
        .await
        .expect("a memory store opens");
    let mut first = TestServer::from_handle(handle.clone(), Checkpoints::default()).await;
    let proxy = Proxy::to(first.address, || Fault::None).await;
    let client = builder(&proxy.url())
        .connect()
        .await
        .expect("the server listens");
    let mut live = client.records::<Beast>().live(Filter::all());
    within("the records", live.changed())
        .await
        .expect("the stream is open")
        .expect("no error");
    proxy.cut();
    let new = beast("bob", "dragon");
    handle
        .records::<Beast>()
        .create(new)
        .await
        .expect("the record is created");
    within("a change", live.changed())
        .await
        .expect("the stream is open")
        .expect("no error");
    assert_eq!(live.len(), 1);
    // The server closes the connection when it stops, and the client reconnects.
    first.stop();
    within(
        "the end of the connection",
        client.reaches(Status::Connecting),
    )
    .await;
}

#[tokio::test]
async fn oversized_request_fails_and_keeps_the_connection() {
    let server = server(|_| {}).await;
    let client = builder(&server.url())
        .connect()
        .await
        .expect("the server listens");
    let beasts = client.records::<Beast>();
    let mut large = beast("bob", "dragon");
    large.mood = Some("x".repeat(70_000));
    let error = beasts
        .create(large)
        .await
        .expect_err("the frame is too large");
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(error.limit(), Some(("max_frame", 65_536)));
    assert_eq!(client.status(), Status::Open);
}

#[tokio::test(start_paused = true)]
async fn dropped_request_frees_its_place_in_the_queue() {
    let client = Client::builder("ws://127.0.0.1:1").max_queue(1).start();
    let beasts = client.expect("an address").records::<Beast>();
    let mut dropped = Box::pin(beasts.get("bob").into_future());
    assert!(futures_util::poll!(&mut dropped).is_pending());
    let error = beasts.get("bob").await.expect_err("the queue is full");
    assert_eq!(error.kind(), ErrorKind::TooMany);
    drop(dropped);
    let error = beasts.get("bob").await.expect_err("there is no server");
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn infinite_durations_are_accepted() {
    let server = server(|_| {}).await;
    let forever = Duration::MAX;
    let client = Client::builder(server.url())
        .timeout(forever)
        .heartbeat(forever)
        .patience(forever)
        .backoff(forever, forever);
    let client = client.connect().await.expect("the server listens");
    let beasts = client.records::<Beast>();
    let created = beasts.create(beast("bob", "dragon")).timeout(forever).await;
    assert_eq!(created.expect("the record is created").life, 10);
}
