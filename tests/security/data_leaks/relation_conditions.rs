//! A caller's conditions over relations see only what the caller may read: they find the same as on a
//! server that has nothing else.

use super::app::{self, User};
use super::random_steps;
use crate::support::{Checkpoints, Client, TestServer};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use sockful::store::{Commit, Expect, Operation, Record};
use sockful::{Server, ServerHandle};
use tokio::runtime::Builder;

const RESOURCES: [&str; 2] = ["note", "comment"];

/// Conditions on a note or a comment that reach through at most `steps` relations.
fn conditions(resource: usize, steps: usize) -> BoxedStrategy<Value> {
    let plain = plain("");
    let leaf = if steps == 0 {
        plain.boxed()
    } else {
        prop_oneof![1 => plain, 3 => related(resource, steps)].boxed()
    };
    let tree = leaf.prop_recursive(2, 5, 2, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..3).prop_map(|each| json!({"$and": each})),
            vec(inner.clone(), 1..3).prop_map(|any| json!({"$or": any})),
            inner.prop_map(|not| json!({"$not": not})),
        ]
    });
    tree.boxed()
}

/// A condition on a property that both resources have.
fn plain(prefix: &'static str) -> impl Strategy<Value = Value> {
    let operators = vec!["$ne", "$lt", "$gte"];
    let level = (select(operators), 0..3_i64);
    let level =
        level.prop_map(move |(word, level)| json!({format!("{prefix}level"): {word: level}}));
    let published = any::<bool>();
    let published = published.prop_map(move |it| json!({format!("{prefix}published"): it}));
    let owner = select(vec!["ann", "bob", "eve"]);
    let owner = owner.prop_map(move |it| json!({format!("{prefix}owner"): it}));
    let any = Just(json!({format!("{prefix}id"): {"$ne": null}}));
    prop_oneof![level, published, owner, any]
}

fn related(resource: usize, steps: usize) -> BoxedStrategy<Value> {
    let some = || select(vec!["$some", "$none"]);
    if resource == 0 {
        let over = (some(), conditions(1, steps - 1));
        return over
            .prop_map(|(word, inner)| json!({"comments": {word: inner}}))
            .boxed();
    }
    if steps < 2 {
        return plain("note.").boxed();
    }
    let over = (some(), conditions(1, steps - 2));
    let over = over.prop_map(|(word, inner)| json!({"note.comments": {word: inner}}));
    prop_oneof![plain("note."), over].boxed()
}

/// A server with the records of `all` that a user may read, and nothing else.
async fn visible_to(all: &ServerHandle, user: &User) -> ServerHandle {
    let server = Server::new(app::RESOURCES).authenticate(app::authenticate);
    let only = server.open().await.expect("memory opens");
    let mut operations = Vec::new();
    for committed in all.store().log(0, 10_000).await.expect("the log is whole") {
        for change in &committed.changes {
            let record = change.after.as_deref().expect("nothing was destroyed");
            let sent: Value = serde_json::from_str(record.sent()).expect("a record is JSON");
            let (owner, level) = (sent["owner"].as_str(), sent["level"].as_i64());
            let (owner, level) = (owner.expect("a text"), level.expect("a number"));
            let rule = &user.read_rules[change.resource];
            if rule.holds(user, owner, sent["published"] == true, level) {
                operations.push(Operation::Put {
                    resource: change.resource,
                    record: Record::clone(record),
                    expect: Expect::Any,
                });
            }
        }
    }
    let commit = Commit {
        operations,
        ..Commit::default()
    };
    only.store()
        .commit(commit)
        .await
        .expect("nothing is expected");
    only
}

async fn client_of(handle: &ServerHandle, user: &User) -> (TestServer, Client) {
    let server = TestServer::from_handle(handle.clone(), Checkpoints::default()).await;
    let mut client = server.client().await;
    let token = serde_json::to_string(user).expect("plain values");
    client
        .ok("sockful", "authenticate", json!({"token": token}))
        .await;
    (server, client)
}

async fn compare(users: &[User], queries: &[(usize, Value)]) -> Result<(), TestCaseError> {
    let server = Server::new(app::RESOURCES).authenticate(app::authenticate);
    let all = server.open().await.expect("memory opens");
    app::fill(&all, users).await.expect("the records are valid");
    for user in users {
        let (_server, mut client) = client_of(&all, user).await;
        let only = visible_to(&all, user).await;
        let unlimited = User {
            read_rules: [app::Rule::All, app::Rule::All],
            ..user.clone()
        };
        let (_other, mut other) = client_of(&only, &unlimited).await;
        for (resource, conditions) in queries {
            let resource = RESOURCES[*resource];
            for action in ["find", "count"] {
                let found = client.ok(resource, action, conditions.clone()).await;
                let expected = other.ok(resource, action, conditions.clone()).await;
                prop_assert_eq!(found, expected, "{} {} {:?}", resource, conditions, user);
            }
        }
    }
    Ok(())
}

#[test]
fn relation_conditions_see_only_readable_records() {
    let config = Config {
        cases: 48,
        failure_persistence: None,
        ..Config::default()
    };
    let query = (0..2_usize).prop_flat_map(|resource| (Just(resource), conditions(resource, 2)));
    let made = (random_steps::users(), vec(query, 8));
    let outcome = TestRunner::new(config).run(&made, |(users, queries)| {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime
            .expect("a runtime")
            .block_on(compare(&users, &queries))
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
