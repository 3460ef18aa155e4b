//! A store that takes its time, and a server over it.

use crate::core::config::Config;
use crate::core::error::Result;
use crate::core::shutdown;
use crate::engine::app::App;
use crate::engine::app_state::AppState;
use crate::engine::session::Session;
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::query::{Filter, Query};
use crate::store::commit::{Commit, Committed, Rejected};
use crate::store::conformance::sample::TOYS;
use crate::store::idempotency::Lookup;
use crate::store::{
    Counted, Expired, Found, MaybeReady, Memory, Several, Snapshot, Store, View, boxed,
};
use crate::transport::websocket::run;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tokio::io::{DuplexStream, duplex};
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use uuid::Uuid;

/// Memory that commits and lists when it is told to.
#[derive(Debug)]
pub(super) struct Slow {
    pub(super) memory: Memory,
    commits: Arc<Semaphore>,
    /// How many commits were begun.
    pub(super) begun: AtomicUsize,
    lists: Arc<Semaphore>,
    /// How many lists were asked for.
    asked: Arc<AtomicUsize>,
}

impl Store for Slow {
    fn open(&self, resources: &[&'static ResourceDef]) -> MaybeReady<'_, Result<()>> {
        self.memory.open(resources)
    }

    fn epoch(&self) -> &str {
        self.memory.epoch()
    }

    fn head(&self) -> MaybeReady<'_, Result<u64>> {
        self.memory.head()
    }

    fn get(&self, resource: usize, id: &str) -> MaybeReady<'_, Result<View<Option<Arc<Record>>>>> {
        self.memory.get(resource, id)
    }

    fn get_many(
        &self,
        resource: usize,
        ids: Vec<Box<str>>,
    ) -> MaybeReady<'_, Result<View<Several>>> {
        self.memory.get_many(resource, ids)
    }

    fn find(&self, resource: usize, query: Query) -> MaybeReady<'_, Result<View<Found>>> {
        self.asked.fetch_add(1, Relaxed);
        boxed(async move {
            // Not even a list that is granted is there at once.
            tokio::task::yield_now().await;
            self.lists.acquire().await.expect("never closed").forget();
            self.memory.find(resource, query).await
        })
    }

    fn count(&self, resource: usize, filter: Filter) -> MaybeReady<'_, Result<View<Counted>>> {
        self.memory.count(resource, filter)
    }

    fn snapshot(&self, resources: &[usize]) -> MaybeReady<'_, Result<Arc<dyn Snapshot>>> {
        self.memory.snapshot(resources)
    }

    fn completed(&self, caller: &str, key: Uuid) -> MaybeReady<'_, Result<Lookup>> {
        self.memory.completed(caller, key)
    }

    fn commit(&self, commit: Commit) -> MaybeReady<'_, Result<Arc<Committed>, Rejected>> {
        boxed(async {
            self.begun.fetch_add(1, Relaxed);
            self.commits.acquire().await.expect("never closed").forget();
            self.memory.commit(commit).await
        })
    }

    fn log(&self, after: u64, max: usize) -> MaybeReady<'_, Result<Vec<Arc<Committed>>, Expired>> {
        self.memory.log(after, max)
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.memory.watch()
    }
}

pub(super) type Client = WebSocketStream<DuplexStream>;

pub(super) struct Server {
    app: Arc<App>,
    pub(super) store: Arc<Slow>,
    shutdown: shutdown::Shutdown,
    _trigger: shutdown::Trigger,
    pub(super) commits: Arc<Semaphore>,
    pub(super) lists: Arc<Semaphore>,
    pub(super) asked: Arc<AtomicUsize>,
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub(super) async fn with(config: Config) -> Self {
        let commits = Arc::new(Semaphore::new(0));
        let lists = Arc::new(Semaphore::new(0));
        let asked = Arc::new(AtomicUsize::new(0));
        let store = Arc::new(Slow {
            memory: Memory::new(),
            commits: commits.clone(),
            begun: AtomicUsize::new(0),
            lists: lists.clone(),
            asked: asked.clone(),
        });
        let app = App::new(TOYS, store.clone(), AppState::default(), config);
        let app = app.await.expect("memory opens");
        let (trigger, shutdown) = shutdown::channel();
        Self {
            app,
            store,
            shutdown,
            _trigger: trigger,
            commits,
            lists,
            asked,
        }
    }

    /// A client that has not said anything yet.
    pub(super) fn session(&self) -> Arc<Session> {
        Session::new(self.app.clone(), None)
    }

    pub(super) async fn client(&self) -> Client {
        self.client_with(64 * 1024).await
    }

    /// A client with so much room for bytes on their way.
    pub(super) async fn client_with(&self, room: usize) -> Client {
        let (near, far) = duplex(room);
        tokio::spawn(run(self.session(), near, Vec::new(), self.shutdown.clone()));
        let mut client = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
        receive(&mut client).await;
        client
    }
}

/// Sends a request for an action of `sample`.
pub(super) async fn send(client: &mut Client, action: &str, payload: Value, ack_id: u64) {
    send_to(client, "sample", action, payload, ack_id).await;
}

/// The payload of the reply to a request.
pub(super) async fn ask(
    client: &mut Client,
    resource: &str,
    action: &str,
    payload: Value,
) -> Value {
    send_to(client, resource, action, payload, 1).await;
    receive(client).await.0
}

pub(super) async fn send_to(
    client: &mut Client,
    resource: &str,
    action: &str,
    payload: Value,
    ack_id: u64,
) {
    let frame = json!([resource, action, payload, ack_id]);
    client
        .send(Message::text(frame.to_string()))
        .await
        .expect("it goes out");
}

/// The payload and the id of the next text frame.
pub(super) async fn receive(client: &mut Client) -> (Value, Value) {
    loop {
        let message = client.next().await.expect("a frame").expect("well");
        if let Message::Text(text) = message {
            let mut frame: Value = serde_json::from_str(&text).expect("JSON");
            return (frame[2].take(), frame[3].take());
        }
    }
}
