//! The marks that a client may receive.

use crate::security::data_leaks::app::User;
use serde_json::Value;
use sockful::store::Store;
use std::collections::{BTreeMap, BTreeSet};

/// All records, computed from the log.
#[derive(Default)]
pub(super) struct Records {
    seq: u64,
    all: BTreeMap<(&'static str, String), Value>,
}

/// A version of a record, as clients see it.
pub(super) struct Version {
    resource: &'static str,
    record: Value,
}

/// The marks that a client may receive.
#[derive(Default)]
pub(super) struct Knowledge(BTreeSet<String>);

const RESOURCES: [&str; 2] = ["note", "comment"];

impl Records {
    /// Applies new commits. Returns every version of a record in them.
    pub(super) async fn follow(&mut self, store: &dyn Store) -> Vec<Version> {
        let mut versions = Vec::new();
        for committed in store
            .log(self.seq, 1_000)
            .await
            .expect("the log has all commits")
        {
            self.seq = committed.seq;
            for change in &committed.changes {
                let resource = RESOURCES[change.resource];
                let parse = |text: &str| serde_json::from_str(text).expect("a record is JSON");
                let either = change.after.as_ref().or(change.before.as_ref());
                let id = either.expect("a change has a record").id().to_owned();
                match &change.after {
                    Some(after) => {
                        let record: Value = parse(after.sent());
                        self.all.insert((resource, id), record.clone());
                        versions.push(Version { resource, record });
                    }
                    None => drop(self.all.remove(&(resource, id))),
                }
            }
        }
        versions
    }

    /// Returns the sequence number of the newest commit.
    pub(super) fn seq(&self) -> u64 {
        self.seq
    }

    pub(super) fn ids(&self, resource: &str) -> Vec<&str> {
        let own = self.all.keys().filter(|(of, _)| *of == resource);
        own.map(|(_, id)| id.as_str()).collect()
    }

    /// Returns the ids of the records that the user can read, optionally only those with this level.
    pub(super) fn readable(&self, user: &User, resource: &str, level: Option<&Value>) -> Vec<&str> {
        let own = self.all.iter().filter(|((of, _), _)| *of == resource);
        let readable = own.filter(|(_, record)| is_readable(user, resource, record));
        let matching =
            readable.filter(|(_, record)| level.is_none_or(|level| record["level"] == *level));
        matching.map(|((_, id), _)| id.as_str()).collect()
    }
}

fn is_readable(user: &User, resource: &str, record: &Value) -> bool {
    let index = RESOURCES.iter().position(|name| *name == resource);
    let rule = &user.read_rules[index.expect("a resource")];
    let owner = record["owner"].as_str().expect("a string");
    let published = record["published"] == true;
    let level = record["level"].as_i64().expect("a number");
    rule.holds(user, owner, published, level)
}

impl Knowledge {
    /// Adds the marks of the client's own request.
    pub(super) fn add_request(&mut self, request: &Value) {
        self.0.extend(marks(&request.to_string()));
    }

    /// Adds the marks of the records and versions that the user can read.
    pub(super) fn add_readable(
        &mut self,
        user: Option<&User>,
        versions: &[Version],
        records: &Records,
    ) {
        let Some(user) = user else {
            return;
        };
        let current = records
            .all
            .iter()
            .map(|((resource, _), record)| (*resource, record));
        let former = versions
            .iter()
            .map(|version| (version.resource, &version.record));
        for (resource, record) in current.chain(former) {
            if is_readable(user, resource, record) {
                self.0.extend(marks(&record.to_string()));
            }
        }
    }

    /// Adds the stamps of records in the reply to a batch that the same batch destroyed, which are in no
    /// commit. For a record that the client cannot read, the reply has only the id.
    pub(super) fn add_transient(&mut self, user: Option<&User>, frame: &Value, records: &Records) {
        let (Some(user), Some(shown)) = (user, frame[2]["ok"].as_array()) else {
            return;
        };
        for record in shown.iter().filter(|record| record["owner"].is_string()) {
            let resource = match record.get("note_id") {
                Some(_) => "comment",
                None => "note",
            };
            let id = record["id"].as_str().unwrap_or_default().to_owned();
            if !records.all.contains_key(&(resource, id)) && is_readable(user, resource, record) {
                self.0.extend(marks(&record["stamp"].to_string()));
            }
        }
    }

    /// Returns the marks in a frame that the client may not receive.
    pub(super) fn unknown(&self, frame: &Value) -> Vec<String> {
        let all = marks(&frame.to_string());
        all.into_iter()
            .filter(|mark| !self.0.contains(mark))
            .collect()
    }
}

/// Returns the marks in a text.
fn marks(text: &str) -> Vec<String> {
    let mut parts = text.split('«');
    parts.next();
    let marked = parts.filter_map(|part| part.split_once('»'));
    marked.map(|(mark, _)| mark.to_owned()).collect()
}
