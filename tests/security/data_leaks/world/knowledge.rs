//! What a client may know, mark by mark.

use crate::security::data_leaks::app::User;
use serde_json::Value;
use sockful::store::Store;
use std::collections::{BTreeMap, BTreeSet};

/// All records, as the log says.
#[derive(Default)]
pub(super) struct Records {
    seq: u64,
    all: BTreeMap<(&'static str, String), Value>,
}

/// A record as it was at some moment, as it may be sent.
pub(super) struct Image {
    resource: &'static str,
    record: Value,
}

/// The marks that a client may know.
#[derive(Default)]
pub(super) struct Knowledge(BTreeSet<String>);

const RESOURCES: [&str; 2] = ["note", "comment"];

impl Records {
    /// Takes in what was committed since; gives each image that there was.
    pub(super) async fn follow(&mut self, store: &dyn Store) -> Vec<Image> {
        let mut images = Vec::new();
        for committed in store.log(self.seq, 1_000).await.expect("the log is whole") {
            self.seq = committed.seq;
            for change in &committed.changes {
                let resource = RESOURCES[change.resource];
                let of = |text: &str| serde_json::from_str(text).expect("a record is JSON");
                let either = change.after.as_ref().or(change.before.as_ref());
                let id = either.expect("it was or is").id().to_owned();
                match &change.after {
                    Some(after) => {
                        let record: Value = of(after.sent());
                        self.all.insert((resource, id), record.clone());
                        images.push(Image { resource, record });
                    }
                    None => drop(self.all.remove(&(resource, id))),
                }
            }
        }
        images
    }

    /// The number of the newest commit.
    pub(super) fn seq(&self) -> u64 {
        self.seq
    }

    pub(super) fn ids(&self, resource: &str) -> Vec<&str> {
        let own = self.all.keys().filter(|(of, _)| *of == resource);
        own.map(|(_, id)| id.as_str()).collect()
    }

    /// The ids of the records that this user sees, of this level where one is asked for.
    pub(super) fn seen(&self, who: &User, resource: &str, level: Option<&Value>) -> Vec<&str> {
        let own = self.all.iter().filter(|((of, _), _)| *of == resource);
        let seen = own.filter(|(_, record)| is_seen(who, resource, record));
        let asked = seen.filter(|(_, record)| level.is_none_or(|level| record["level"] == *level));
        asked.map(|((_, id), _)| id.as_str()).collect()
    }
}

fn is_seen(who: &User, resource: &str, record: &Value) -> bool {
    let place = RESOURCES.iter().position(|name| *name == resource);
    let rule = &who.sees[place.expect("a resource")];
    let owner = record["owner"].as_str().expect("a text");
    let published = record["published"] == true;
    let level = record["level"].as_i64().expect("a number");
    rule.holds(who, owner, published, level)
}

impl Knowledge {
    /// Notes what it says itself.
    pub(super) fn note_said(&mut self, request: &Value) {
        self.0.extend(marks(&request.to_string()));
    }

    /// Notes what the user may see, who it is: these images, and all that there is.
    pub(super) fn note_seen(&mut self, who: Option<&User>, images: &[Image], records: &Records) {
        let Some(who) = who else {
            return;
        };
        let now = records
            .all
            .iter()
            .map(|((resource, _), record)| (*resource, record));
        let were = images.iter().map(|image| (image.resource, &image.record));
        for (resource, record) in now.chain(were) {
            if is_seen(who, resource, record) {
                self.0.extend(marks(&record.to_string()));
            }
        }
    }

    /// Notes the stamps of records in the reply to a batch that the same batch has destroyed again: no
    /// commit has ever had them. Of a record that the client may not read the reply has the id alone.
    pub(super) fn note_transient(&mut self, who: Option<&User>, frame: &Value, records: &Records) {
        let (Some(who), Some(shown)) = (who, frame[2]["ok"].as_array()) else {
            return;
        };
        for record in shown.iter().filter(|record| record["owner"].is_string()) {
            let resource = match record.get("note_id") {
                Some(_) => "comment",
                None => "note",
            };
            let id = record["id"].as_str().unwrap_or_default().to_owned();
            if !records.all.contains_key(&(resource, id)) && is_seen(who, resource, record) {
                self.0.extend(marks(&record["stamp"].to_string()));
            }
        }
    }

    /// The marks in a frame that it may not know.
    pub(super) fn unknown(&self, frame: &Value) -> Vec<String> {
        let all = marks(&frame.to_string());
        all.into_iter()
            .filter(|mark| !self.0.contains(mark))
            .collect()
    }
}

/// The marks in a text.
fn marks(text: &str) -> Vec<String> {
    let mut parts = text.split('«');
    parts.next();
    let marked = parts.filter_map(|part| part.split_once('»'));
    marked.map(|(mark, _)| mark.to_owned()).collect()
}
