//! A broker with a store in memory, and its subscribers.

use crate::core::caller_id::CallerId;
use crate::core::config::Config;
use crate::core::error::Result;
use crate::core::json::object::Object;
use crate::live::broker::Broker;
use crate::live::connection_subscriptions::ConnectionSubscriptions;
use crate::live::delivery::Delivery;
use crate::live::event_encoder::EventEncoder;
use crate::live::initial_result::InitialResult;
use crate::live::live_query::LiveQuery;
use crate::live::query_group::NextEvents;
use crate::live::subscription_handle::SubscriptionHandle;
use crate::live::window::Window;
use crate::model::record::Record;
use crate::model::resource::Resource;
use crate::model::resource_model::Model;
use crate::protocol::reply::Selection;
use crate::query;
use crate::query::{Query, QueryFilter, ReadFilter};
use crate::store::commit::{Commit, Committed, Expect, Operation};
use crate::store::conformance::sample;
use crate::store::conformance::sample::Sample;
use crate::store::testing::{Intercept, StoreCall};
use crate::store::{Memory, Store, ready};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub(super) struct Server {
    model: Model,
    store: Arc<Intercept>,
    /// The number of lists that were read from the store.
    finds: Arc<AtomicUsize>,
    /// The number of records that a window keeps beyond its limit, if not the usual one.
    pub(super) slack: Option<usize>,
    /// The read filter of new subscriptions.
    pub(super) read_filter: ReadFilter,
    pub(super) broker: Arc<Broker>,
    connection: Arc<ConnectionSubscriptions>,
}

impl Server {
    pub(super) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        change(&mut config);
        let finds = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&finds);
        let store = Intercept::new(Memory::with_config(&config)).before(move |call| {
            counted.fetch_add(usize::from(call == StoreCall::Find), Relaxed);
            ready(Ok(()))
        });
        let store = Arc::new(store);
        store
            .open(&[Sample::DEFINITION])
            .await
            .expect("the memory store opens");
        Self {
            model: sample::model(),
            broker: Broker::new(store.clone(), vec![Sample::DEFINITION], &config),
            store,
            finds,
            slack: None,
            read_filter: ReadFilter::ALL,
            connection: Arc::default(),
        }
    }

    fn query(&self, conditions: &str) -> Arc<LiveQuery> {
        let given = Object::parse(conditions).expect("an object");
        let is_count = query::is_count(&given).expect("true");
        let window = query::window(&self.model, &given, 1_000).expect("an order and a limit");
        let window = window.map(|(order, limit)| {
            let window = Window::new(order, limit);
            Arc::new(Window {
                slack: self.slack.unwrap_or(window.slack),
                ..window
            })
        });
        let filter =
            query::conditions(&self.model, &given, query::RelationScope::NONE).expect("conditions");
        Arc::new(LiveQuery {
            resource: 0,
            filter,
            read_filter: self.read_filter.clone(),
            window,
            is_count,
        })
    }

    /// The filter of these conditions.
    pub(super) fn filter(&self, conditions: &str) -> QueryFilter {
        self.query(conditions).filter.clone()
    }

    /// How many lists were read from the store since the last call.
    pub(super) fn take_finds(&self) -> usize {
        self.finds.swap(0, Relaxed)
    }

    /// A subscriber that begins with all matching records.
    pub(super) async fn follower(&self, ack: usize, conditions: &str) -> Follower {
        let handle = self.join(conditions).await.expect("there is room");
        let result = handle.initial_result().await.expect("it is small");
        let ack_id = self.connection.reserve(&ack.to_string(), ["sample"; 2], 99);
        let mut follower = Follower {
            handle,
            encoder: EventEncoder {
                ack_id: ack_id.expect("an unused ack_id"),
                definition: Sample::DEFINITION,
                selection: Selection::All,
                positions: Arc::clone(&self.broker.positions),
            },
            replica: BTreeMap::new(),
            count: result.count,
            frames: Vec::new(),
        };
        follower.replica = records(&result);
        follower
    }

    pub(super) async fn join(&self, conditions: &str) -> Result<SubscriptionHandle> {
        self.join_as(CallerId::Application, conditions).await
    }

    pub(super) async fn join_as(
        &self,
        caller: CallerId,
        conditions: &str,
    ) -> Result<SubscriptionHandle> {
        let query = self.query(conditions);
        SubscriptionHandle::register(&self.broker, &self.connection, query, caller).await
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
            .expect("a commit without expectations");
    }

    /// The commits after number `seq`.
    pub(super) async fn log(&self, seq: u64) -> Vec<Arc<Committed>> {
        self.store.log(seq, usize::MAX).await.expect("it is short")
    }

    /// Waits until all commits were distributed.
    pub(super) async fn settle(&self) {
        self.broker
            .wait_until_published(self.store.head().await.expect("a head"))
            .await;
    }

    pub(super) async fn truth(&self, conditions: &str) -> BTreeMap<String, Value> {
        let query = self.query(conditions);
        let window = query.window.as_ref();
        let wanted = Query {
            filter: query.combined_filter(),
            order: window.map(|it| it.order.clone()).unwrap_or_default(),
            limit: window.map_or(usize::MAX, |it| it.limit),
            skip: 0,
            after: None,
            max_bytes: usize::MAX,
        };
        // Not counted.
        let found = self
            .store
            .inner()
            .find(0, wanted)
            .await
            .expect("it is small");
        by_id(&found.value.records)
    }

    /// Waits until no window is read again and all commits were distributed.
    pub(super) async fn settle_windows(&self) {
        self.settle().await;
        while self.broker.state().groups.is_any_held() {
            tokio::task::yield_now().await;
        }
    }
}

fn records(result: &InitialResult) -> BTreeMap<String, Value> {
    by_id(&result.records)
}

fn by_id(records: &[Arc<Record>]) -> BTreeMap<String, Value> {
    let json = |it: &Record| serde_json::from_str(it.sent()).expect("JSON");
    let each = records.iter();
    each.map(|it| (it.id().to_owned(), json(it))).collect()
}

/// A subscriber, and the records that result from its frames.
pub(super) struct Follower {
    handle: SubscriptionHandle,
    pub(super) encoder: EventEncoder,
    pub(super) replica: BTreeMap<String, Value>,
    /// The number of records, for a live count.
    pub(super) count: Option<usize>,
    /// The names and payloads of the events since the last call of `events`.
    pub(super) frames: Vec<(String, Value)>,
}

impl Follower {
    /// Applies all pending frames.
    pub(super) async fn follow(&mut self) {
        loop {
            let mut delivery = match self.handle.take() {
                NextEvents::Nothing => break,
                NextEvents::Commits { matches, .. } => Delivery::commits(matches),
                NextEvents::Behind => self.handle.catch_up().await,
            };
            while !delivery.is_done() {
                let mut out = Vec::new();
                delivery.write(&self.encoder, &mut out);
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
            "counted" => {
                let count = payload["count"].as_u64().expect("a number");
                self.count = usize::try_from(count).ok();
                return;
            }
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
            _ => panic!("unexpected event {event}"),
        };
        assert_eq!(before.is_some(), event != "created", "{event} {payload}");
    }

    /// Takes the names of the events.
    pub(super) fn events(&mut self) -> Vec<String> {
        let frames = std::mem::take(&mut self.frames);
        frames.into_iter().map(|(event, _)| event).collect()
    }
}
