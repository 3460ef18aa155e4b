//! A hub over a store in memory, and those who follow it.

use crate::core::config::Config;
use crate::core::error::Result;
use crate::core::json::object::Object;
use crate::live::{Addressee, Delivery, Hub, Interest, Member, Next, Outlet, Whole};
use crate::model::record::Record;
use crate::model::resource::Resource;
use crate::model::resource_model::Model;
use crate::protocol::reply::Selection;
use crate::query;
use crate::query::ReadFilter;
use crate::store::commit::{Commit, Expect, Operation};
use crate::store::conformance::sample;
use crate::store::conformance::sample::Sample;
use crate::store::{Memory, Store};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) struct Server {
    model: Model,
    store: Arc<Memory>,
    pub(super) hub: Arc<Hub>,
    outlet: Arc<Outlet>,
}

impl Server {
    pub(super) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        change(&mut config);
        let store = Arc::new(Memory::with_config(&config));
        store.open(&[Sample::DECLARED]).await.expect("memory opens");
        Self {
            model: sample::model(),
            hub: Hub::new(store.clone(), 1, &config),
            store,
            outlet: Arc::default(),
        }
    }

    fn interest(&self, conditions: &str) -> Arc<Interest> {
        let given = Object::parse(conditions).expect("an object");
        let filter = query::conditions(&self.model, &given).expect("conditions");
        Arc::new(Interest {
            resource: 0,
            filter,
            read_filter: ReadFilter::ALL,
        })
    }

    /// One that begins with all that there is.
    pub(super) async fn follower(&self, ack: usize, conditions: &str) -> Follower {
        let member = self.join(conditions).await.expect("there is room");
        let whole = member.whole().await.expect("it is small");
        let claim = self.outlet.claim(&ack.to_string(), ["sample"; 2], 99);
        let mut follower = Follower {
            member,
            to: Addressee {
                claim: claim.expect("a number of its own"),
                definition: Sample::DECLARED,
                selection: Selection::All,
            },
            replica: BTreeMap::new(),
            frames: Vec::new(),
        };
        follower.replica = records(&whole);
        follower
    }

    pub(super) async fn join(&self, conditions: &str) -> Result<Member> {
        self.hub.join(&self.outlet, self.interest(conditions)).await
    }

    pub(super) fn put(&self, id: &str, kind: &str, life: u64) -> Operation {
        let given = format!(r#"{{"id":"{id}","kind":"{kind}","life":{life}}}"#);
        Operation::Put {
            resource: 0,
            record: sample::record(&self.model, &given),
            expect: Expect::Any,
        }
    }

    pub(super) async fn commit(&self, operations: Vec<Operation>) {
        let commit = Commit {
            operations,
            ..Commit::default()
        };
        self.store
            .commit(commit)
            .await
            .expect("nothing is expected");
    }

    /// Waits until everyone can know of everything.
    pub(super) async fn settle(&self) {
        self.hub
            .reached(self.store.head().await.expect("a head"))
            .await;
    }

    pub(super) async fn truth(&self, conditions: &str) -> BTreeMap<String, Value> {
        let whole = self.hub.whole(&self.interest(conditions)).await;
        records(&whole.expect("it is small"))
    }
}

fn records(whole: &Whole) -> BTreeMap<String, Value> {
    let json = |it: &Record| serde_json::from_str(it.sent()).expect("JSON");
    let each = whole.records.iter();
    each.map(|it| (it.id().to_owned(), json(it))).collect()
}

/// A subscriber, and what it makes of its frames.
pub(super) struct Follower {
    member: Member,
    to: Addressee,
    pub(super) replica: BTreeMap<String, Value>,
    /// All payloads since the last look, with the names of the events.
    pub(super) frames: Vec<(String, Value)>,
}

impl Follower {
    /// Takes in all that there is to be told.
    pub(super) async fn follow(&mut self) {
        loop {
            let mut delivery = match self.member.take() {
                Next::Nothing => break,
                Next::Commits { hits, .. } => Delivery::commits(hits),
                Next::Behind => self.member.catch_up().await,
            };
            while !delivery.is_done() {
                let mut out = Vec::new();
                delivery.write(&self.to, &mut out);
                let mut frame: Value = serde_json::from_slice(&out).expect("JSON");
                let event = frame[1].as_str().expect("a name").to_owned();
                self.apply(&event, &frame[2]);
                self.frames.push((event, frame[2].take()));
            }
        }
    }

    fn apply(&mut self, event: &str, payload: &Value) {
        let id = payload["id"].as_str().unwrap_or_default().to_owned();
        let before = match event {
            "created" | "updated" => self.replica.insert(id, payload["record"].clone()),
            "destroyed" => self.replica.remove(&id),
            "roared" => return,
            "records" => {
                assert_eq!(payload["records"].as_array().map(Vec::len), Some(0));
                return;
            }
            "reset" => {
                let records = payload["records"].as_array().expect("a list");
                let by_id = |it: &Value| (it["id"].as_str().expect("an id").to_owned(), it.clone());
                self.replica = records.iter().map(by_id).collect();
                return;
            }
            _ => panic!("{event} is told of nothing here"),
        };
        assert_eq!(before.is_some(), event != "created", "{event} {payload}");
    }

    /// The names of the events since the last look.
    pub(super) fn events(&mut self) -> Vec<String> {
        let frames = std::mem::take(&mut self.frames);
        frames.into_iter().map(|(event, _)| event).collect()
    }
}
