//! Hooks after a commit.

use super::before_commit::{Heard, album, next, song};
use crate::support::TestServer;
use futures_util::poll;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sockful::{Config, Context, Error, Resource, Result, Server, remote, resources};
use std::pin::pin;
use tokio::sync::mpsc;
use uuid::Uuid;

/// A post; an after hook creates a notice for it.
#[derive(Serialize, Deserialize, Resource)]
struct Post {
    id: String,
}

#[derive(Serialize, Deserialize, Resource)]
struct Notice {
    id: String,
    text: String,
}

#[remote]
impl Post {
    #[after(create)]
    async fn notify(&self, ctx: &Context) -> Result<()> {
        let text = format!("{} is there", self.id);
        let notice = NewNotice { id: None, text };
        ctx.records::<Notice>().create(notice).await?;
        ctx.state::<Heard>()?
            .send(self.id.clone())
            .map_err(Error::internal)
    }
}

#[remote]
impl Notice {
    #[after(create)]
    fn tell(&self, ctx: &Context) -> Result<()> {
        ctx.state::<Heard>()?
            .send(self.text.clone())
            .map_err(Error::internal)
    }
}

#[tokio::test]
async fn after_hooks_see_the_commit_and_the_old_record() {
    let (_server, mut client, mut heard) = album().await;
    client.ok("song", "create", song("a", "a")).await;
    assert_eq!(next(&mut heard).await, "a: new -> 0");
    client
        .ok("song", "update", json!({"id": "a", "plays": 2}))
        .await;
    assert_eq!(next(&mut heard).await, "a: 0 -> 2");
    client.ok("song", "play", json!({"id": "a"})).await;
    // One for the changed record, and one for the called method.
    assert_eq!(next(&mut heard).await, "a: 2 -> 3");
    assert_eq!(next(&mut heard).await, "a: 2 -> 3");
    client.ok("album", "destroy", json!({"id": "kob"})).await;
    assert_eq!(next(&mut heard).await, "a: 3 -> gone");
}

#[tokio::test]
async fn shutdown_waits_for_after_hooks() {
    let (mut server, mut client, mut heard) = album().await;
    let checkpoints = server.checkpoints.clone();
    client.ok("song", "create", song("slow", "a")).await;
    checkpoints.reached("after").await;
    drop(client);
    server.stop();
    let mut stopped = pin!(server.stopped());
    for _ in 0..1_000 {
        assert!(poll!(&mut stopped).is_pending(), "it did not wait");
        tokio::task::yield_now().await;
    }
    checkpoints.release("after");
    stopped.await;
    assert_eq!(next(&mut heard).await, "slow: new -> 0");
}

#[tokio::test]
async fn after_hook_may_write_within_its_concurrency_limit() {
    let (tell, mut heard) = mpsc::unbounded_channel::<String>();
    let mut config = Config::default();
    config.request.max_afterwards = 1;
    let server = Server::new(resources![Post, Notice]).config(config);
    let server = TestServer::serve(server.state::<Heard>(tell)).await;
    let mut client = server.client().await;
    for id in ["a", "b"] {
        client.ok("post", "create", json!({"id": id})).await;
        assert_eq!(next(&mut heard).await, format!("{id} is there"));
        assert_eq!(next(&mut heard).await, id);
    }
}

#[tokio::test]
async fn writes_of_an_after_hook_do_not_use_the_key() {
    let (tell, mut heard) = mpsc::unbounded_channel::<String>();
    let server = Server::new(resources![Post, Notice]);
    let server = TestServer::serve(server.state::<Heard>(tell)).await;
    let mut client = server.client().await;
    let request = json!(["post", "create", {"id": "a"}, 1, {"key": Uuid::now_v7()}]);
    let first = client.ask(request.clone()).await;
    assert_eq!(next(&mut heard).await, "a is there");
    assert_eq!(next(&mut heard).await, "a");
    assert_eq!(client.ask(request).await, first);
    client.ok("post", "create", json!({"id": "b"})).await;
    assert_eq!(next(&mut heard).await, "b is there");
    assert_eq!(client.ok("notice", "count", json!({})).await, 2);
}
