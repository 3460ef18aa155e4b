//! Requests over a store that takes its time.

use crate::app::{App, Session};
use crate::commit::{Commit, Committed, Rejected};
use crate::completion::Lookup;
use crate::config::Config;
use crate::connection::run;
use crate::context::States;
use crate::declared::Declared;
use crate::error::Result;
use crate::model::Shape;
use crate::query::{Filter, Query};
use crate::record::Record;
use crate::routes::{Entry, Resources, Table, buckets, count, slots};
use crate::sample::Sample;
use crate::shutdown;
use crate::store::{
    Answer, Counted, Expired, Found, Memory, Several, Snapshot, Store, View, later,
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tokio::io::{DuplexStream, duplex};
use tokio::sync::Semaphore;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use uuid::Uuid;

const ENTRIES: &[Entry] = &[Entry {
    path: "Sample",
    shape: Shape::of::<Sample>(),
    remotes: &[],
    hooks: &[],
}];
const ROUTES: usize = count(ENTRIES);
const SAMPLES: Resources = Resources::new(
    ENTRIES,
    &Table::<ROUTES, { buckets(ROUTES) }, { slots(ROUTES) }>::new(ENTRIES),
);

/// Memory that commits and lists when it is told to.
#[derive(Debug)]
struct Slow {
    memory: Memory,
    commits: Arc<Semaphore>,
    lists: Arc<Semaphore>,
    /// How many lists were asked for.
    asked: Arc<AtomicUsize>,
}

impl Store for Slow {
    fn open(&self, resources: &[&'static Declared]) -> Answer<'_, Result<()>> {
        self.memory.open(resources)
    }

    fn epoch(&self) -> &str {
        self.memory.epoch()
    }

    fn head(&self) -> Answer<'_, Result<u64>> {
        self.memory.head()
    }

    fn get(&self, resource: usize, id: &str) -> Answer<'_, Result<View<Option<Arc<Record>>>>> {
        self.memory.get(resource, id)
    }

    fn get_many(&self, resource: usize, ids: Vec<Box<str>>) -> Answer<'_, Result<View<Several>>> {
        self.memory.get_many(resource, ids)
    }

    fn find(&self, resource: usize, query: Query) -> Answer<'_, Result<View<Found>>> {
        self.asked.fetch_add(1, Relaxed);
        later(async move {
            // Not even a list that is granted is there at once.
            tokio::task::yield_now().await;
            self.lists.acquire().await.expect("never closed").forget();
            self.memory.find(resource, query).await
        })
    }

    fn count(&self, resource: usize, filter: Filter) -> Answer<'_, Result<View<Counted>>> {
        self.memory.count(resource, filter)
    }

    fn snapshot(&self, resources: &[usize]) -> Answer<'_, Result<Arc<dyn Snapshot>>> {
        self.memory.snapshot(resources)
    }

    fn completed(&self, caller: &str, key: Uuid) -> Answer<'_, Result<Lookup>> {
        self.memory.completed(caller, key)
    }

    fn commit(&self, commit: Commit) -> Answer<'_, Result<Arc<Committed>, Rejected>> {
        later(async {
            self.commits.acquire().await.expect("never closed").forget();
            self.memory.commit(commit).await
        })
    }

    fn log(&self, after: u64, max: usize) -> Answer<'_, Result<Vec<Arc<Committed>>, Expired>> {
        self.memory.log(after, max)
    }
}

type Client = WebSocketStream<DuplexStream>;

struct Server {
    app: Arc<App>,
    shutdown: shutdown::Shutdown,
    _trigger: shutdown::Trigger,
    commits: Arc<Semaphore>,
    lists: Arc<Semaphore>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    async fn start() -> Self {
        Self::with(Config::default()).await
    }

    async fn with(config: Config) -> Self {
        let commits = Arc::new(Semaphore::new(0));
        let lists = Arc::new(Semaphore::new(0));
        let asked = Arc::new(AtomicUsize::new(0));
        let store = Slow {
            memory: Memory::new(),
            commits: commits.clone(),
            lists: lists.clone(),
            asked: asked.clone(),
        };
        let app = App::new(SAMPLES, Arc::new(store), States::default(), config);
        let app = app.await.expect("memory opens");
        let (trigger, shutdown) = shutdown::channel();
        Self {
            app,
            shutdown,
            _trigger: trigger,
            commits,
            lists,
            asked,
        }
    }

    async fn client(&self) -> Client {
        self.client_with(64 * 1024).await
    }

    /// A client with so much room for bytes on their way.
    async fn client_with(&self, room: usize) -> Client {
        let (near, far) = duplex(room);
        let session = Session::new(self.app.clone(), None);
        tokio::spawn(run(session, near, Vec::new(), self.shutdown.clone()));
        let mut client = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
        receive(&mut client).await;
        client
    }
}

async fn send(client: &mut Client, action: &str, payload: Value, ack_id: u64) {
    let frame = json!(["sample", action, payload, ack_id]);
    client
        .send(Message::text(frame.to_string()))
        .await
        .expect("it goes out");
}

/// The payload and the id of the next text frame.
async fn receive(client: &mut Client) -> (Value, Value) {
    loop {
        let message = client.next().await.expect("a frame").expect("well");
        if let Message::Text(text) = message {
            let mut frame: Value = serde_json::from_str(&text).expect("JSON");
            return (frame[2].take(), frame[3].take());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_takes_too_long_is_of_unknown_outcome_and_the_next_waits_for_it() {
    let server = Server::start().await;
    let mut client = server.client().await;
    send(&mut client, "create", json!({"id": "bob", "life": 1}), 1).await;
    let (reply, ack_id) = receive(&mut client).await;
    assert_eq!(
        (&reply["err"]["code"], &ack_id),
        (&json!("timeout"), &json!(1))
    );
    assert_eq!(reply["err"]["outcome"], "unknown");

    // It is the store's to say that there is a bob; until then nobody may write one.
    send(&mut client, "update", json!({"id": "bob", "life": 2}), 2).await;
    tokio::task::yield_now().await;
    server.commits.add_permits(2);
    let (reply, ack_id) = receive(&mut client).await;
    assert_eq!(
        (&reply["ok"]["life"], &ack_id),
        (&json!(2), &json!(2)),
        "{reply}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_its_lane_too_long_has_not_taken_effect() {
    let server = Server::start().await;
    let (mut first, mut second) = (server.client().await, server.client().await);
    send(&mut first, "create", json!({"id": "bob"}), 1).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    send(&mut second, "save", json!({"id": "bob", "life": 2}), 2).await;
    assert_eq!(receive(&mut first).await.0["err"]["outcome"], "unknown");
    assert_eq!(receive(&mut second).await.0["err"]["outcome"], "none");
}

#[tokio::test(start_paused = true)]
async fn a_commit_goes_on_after_its_connection_has_ended() {
    let server = Server::start().await;
    let mut gone = server.client().await;
    send(&mut gone, "create", json!({"id": "bob", "life": 1}), 1).await;
    gone.close(None).await.expect("it goes out");
    while gone.next().await.is_some() {}

    let mut client = server.client().await;
    send(&mut client, "update", json!({"id": "bob", "life": 2}), 2).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    server.commits.add_permits(2);
    let (reply, _) = receive(&mut client).await;
    assert_eq!(reply["ok"]["life"], 2, "{reply}");
}

#[tokio::test(start_paused = true)]
async fn requests_of_one_record_take_effect_in_the_order_sent_and_others_overtake() {
    let server = Server::start().await;
    let mut client = server.client().await;
    send(&mut client, "create", json!({"id": "bob", "life": 1}), 1).await;
    send(&mut client, "get", json!({"id": "bob"}), 2).await;
    send(&mut client, "get", json!({"id": "larry"}), 3).await;
    assert_eq!(receive(&mut client).await.1, 3);
    server.commits.add_permits(1);
    assert_eq!(receive(&mut client).await.1, 1);
    let (reply, ack_id) = receive(&mut client).await;
    assert_eq!(
        (&reply["ok"]["life"], &ack_id),
        (&json!(1), &json!(2)),
        "{reply}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_read_behind_a_write_of_unknown_outcome_waits_until_it_is_known() {
    let server = Server::start().await;
    let mut client = server.client().await;
    send(&mut client, "create", json!({"id": "bob", "life": 1}), 1).await;
    assert_eq!(receive(&mut client).await.0["err"]["outcome"], "unknown");
    send(&mut client, "get", json!({"id": "bob"}), 2).await;
    send(&mut client, "get", json!({"id": "larry"}), 3).await;
    assert_eq!(receive(&mut client).await.1, 3);
    server.commits.add_permits(1);
    let (reply, ack_id) = receive(&mut client).await;
    assert_eq!((&reply["ok"]["life"], &ack_id), (&json!(1), &json!(2)));
}

#[tokio::test(start_paused = true)]
async fn lists_beyond_max_lists_wait_and_other_requests_do_not() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for ack_id in 1..=6 {
        send(&mut client, "find", json!({}), ack_id).await;
    }
    send(&mut client, "get", json!({"id": "bob"}), 7).await;
    assert_eq!(receive(&mut client).await.1, 7);
    assert_eq!(server.asked.load(Relaxed), 4);
    server.lists.add_permits(1);
    receive(&mut client).await;
    tokio::task::yield_now().await;
    assert_eq!(server.asked.load(Relaxed), 5);
    server.lists.add_permits(5);
    for _ in 0..5 {
        receive(&mut client).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_full_of_replies_reads_on_when_they_have_gone_out() {
    let config = Config {
        max_outgoing: 1,
        ..Config::default()
    };
    let server = Server::with(config).await;
    let mut client = server.client_with(64).await;
    server.commits.add_permits(1);
    let bob = json!({"id": "bob", "name": "x".repeat(20)});
    send(&mut client, "create", bob, 1).await;
    receive(&mut client).await;
    // The reply to the list is there just when nothing more is to be read, and does not go out
    // before the next request has come.
    server.lists.add_permits(1);
    send(&mut client, "find", json!({}), 2).await;
    tokio::task::yield_now().await;
    send(&mut client, "get", json!({"id": "bob"}), 3).await;
    tokio::task::yield_now().await;
    assert_eq!(receive(&mut client).await.1, 2);
    let began = tokio::time::Instant::now();
    assert_eq!(receive(&mut client).await.1, 3);
    assert!(began.elapsed().as_secs() < 1, "{:?}", began.elapsed());
}
