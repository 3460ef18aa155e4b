//! Random requests on related records, compared with a simple model.

mod model;
mod random_steps;

use crate::support::music_resources::MUSIC;
use crate::support::{Client, TestServer};
use model::{KINDS, Model, ModelError, ModelReply};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use random_steps::Step;
use serde_json::json;
use sockful::Server;
use std::cell::RefCell;
use std::time::Duration;
use tokio::runtime::Builder;

/// A client, and a model of the records of its server.
struct Comparison {
    client: Client,
    model: Model,
    /// The sequence number of the newest commit.
    head: u64,
}

impl Comparison {
    async fn start() -> (TestServer, Self) {
        // There is only one client, so a request that takes this long will not complete.
        let mut config = sockful::Config::default();
        config.request.request_timeout = Duration::from_secs(1);
        (
            config.request.max_request_rate,
            config.request.request_burst,
        ) = (u32::MAX, u32::MAX);
        let server = TestServer::serve(Server::new(MUSIC).config(config)).await;
        let comparison = Self {
            client: server.client().await,
            model: Model::default(),
            head: 0,
        };
        (server, comparison)
    }

    /// Runs a step on the server and the model. Checks that the replies are equal, and that a retry with the same
    /// key has the same reply.
    async fn run_step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let before = self.model.clone();
        let expected = self.model.run_step(step);
        let (resource, action, payload) = step.request();
        let mut request = json!([resource, action, payload, 1]);
        if step.has_key() {
            let key = uuid::Uuid::now_v7();
            request = json!([resource, action, payload, 1, {"key": key}]);
        }
        let reply = self.client.ask(request.clone()).await;
        if step.has_key() && expected.is_ok() && self.model != before {
            prop_assert_eq!(
                &self.client.ask(request.clone()).await,
                &reply,
                "{}",
                request
            );
        }
        let actual = match reply[2]["err"]["code"].as_str() {
            Some(code) => Err(code.to_owned()),
            None => Ok(reply[2]["ok"].clone()),
        };
        let expected = expected.map(|reply| match reply {
            ModelReply::One(record) => record,
            ModelReply::Several(records) => records.into(),
        });
        prop_assert_eq!(
            actual,
            expected.map_err(ModelError::code),
            "{}\n{}",
            request,
            reply
        );
        if reply[2].get("ok").is_some() {
            // A request without a change makes no commit.
            self.head += u64::from(self.model != before);
            prop_assert_eq!(&reply[2]["seq"], self.head, "{}", request);
        }
        if self.model == before {
            // A change would be visible in the sequence number of the next commit.
            return Ok(());
        }
        self.compare().await
    }

    /// Checks that the server and the model have the same records.
    async fn compare(&mut self) -> Result<(), TestCaseError> {
        let finds = KINDS
            .iter()
            .map(|kind| json!([kind.name, "find", null, kind.name]));
        self.client.send_all(finds).await;
        for _ in &KINDS {
            let reply = self.client.recv().await;
            let kind = reply[0].as_str().expect("a name");
            prop_assert_eq!(&reply[2]["ok"], &self.model.all(kind), "{}", kind);
        }
        self.model.check_integrity()
    }

    /// Checks that included records are equal on the server and in the model.
    async fn compare_related(&mut self) -> Result<(), TestCaseError> {
        for (kind, paths) in [
            (
                "artist",
                &[
                    "albums.songs.entries",
                    "albums.reviews",
                    "albums.bonuses.bonusAlbum",
                ][..],
            ),
            ("entry", &["song.album.artist", "playlist"][..]),
            ("category", &["parts.parts", "within.parts"][..]),
            ("review", &["album.reviews"][..]),
        ] {
            let listed = self.client.ok(kind, "find", json!({"$with": paths})).await;
            prop_assert_eq!(listed, self.model.all_with(kind, paths), "{}", kind);
        }
        Ok(())
    }
}

#[test]
fn random_requests_keep_referential_integrity() {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let config = Config {
        cases: 128,
        failure_persistence: None,
        max_shrink_time: 10_000,
        ..Config::default()
    };
    // Starting a server takes as long as a case, so a server is reused until a case fails.
    let idle = RefCell::new(None);
    let run = TestRunner::new(config).run(&random_steps::histories(), |steps| {
        runtime.block_on(async {
            let reusable = idle.take();
            let (server, mut comparison) = match reusable {
                Some(reusable) => reusable,
                None => Comparison::start().await,
            };
            comparison.run_step(&random_steps::first()).await?;
            for step in &steps {
                comparison.run_step(step).await?;
            }
            comparison.compare_related().await?;
            for step in random_steps::last() {
                comparison.run_step(&step).await?;
            }
            prop_assert_eq!(&comparison.model, &Model::default());
            comparison.compare().await?;
            idle.replace(Some((server, comparison)));
            Ok(())
        })
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}

#[tokio::test]
async fn recreated_parent_has_only_its_new_children() {
    let (_server, mut comparison) = Comparison::start().await;
    let client = &mut comparison.client;
    let create = json!([
        ["artist", "create", {"id": "a"}],
        ["album", "create", {"id": "x", "artist_id": "a"}],
        ["album", "create", {"id": "y", "artist_id": "a"}],
    ]);
    client.ok("sockful", "commit", create).await;
    let recreate = json!([
        ["artist", "destroy", {"id": "a"}],
        ["artist", "create", {"id": "a", "n": 1}],
        ["album", "create", {"id": "y", "artist_id": "a", "n": 1}],
    ]);
    client.ok("sockful", "commit", recreate).await;
    let album = json!([{"id": "y", "n": 1, "artist_id": "a"}]);
    assert_eq!(client.ok("album", "find", json!(null)).await, album);
}
