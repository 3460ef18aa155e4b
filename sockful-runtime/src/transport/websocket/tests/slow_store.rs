//! A server whose store commits and lists only when a test permits it.

use crate::core::config::Config;
use crate::core::shutdown;
use crate::engine::app::App;
use crate::engine::app_state::AppState;
use crate::engine::session::Session;
use crate::store::conformance::sample::TOYS;
use crate::store::testing::{Intercept, StoreCall};
use crate::store::{Memory, boxed, ready};
use crate::transport::websocket::run;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tokio::io::{DuplexStream, duplex};
use tokio::sync::Semaphore;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

/// A store in memory whose commits and lists wait for permits.
fn slow(
    commits: &Arc<Semaphore>,
    begun: &Arc<AtomicUsize>,
    lists: &Arc<Semaphore>,
    asked: &Arc<AtomicUsize>,
) -> Intercept {
    let (commits, begun) = (Arc::clone(commits), Arc::clone(begun));
    let (lists, asked) = (Arc::clone(lists), Arc::clone(asked));
    Intercept::new(Memory::new()).before(move |call| match call {
        StoreCall::Find => {
            asked.fetch_add(1, Relaxed);
            let lists = Arc::clone(&lists);
            boxed(async move {
                // Even a list whose permit is available is not ready immediately.
                tokio::task::yield_now().await;
                lists.acquire().await.expect("never closed").forget();
                Ok(())
            })
        }
        StoreCall::Commit => {
            let (commits, begun) = (Arc::clone(&commits), Arc::clone(&begun));
            boxed(async move {
                begun.fetch_add(1, Relaxed);
                commits.acquire().await.expect("never closed").forget();
                Ok(())
            })
        }
        _ => ready(Ok(())),
    })
}

pub(super) type Client = WebSocketStream<DuplexStream>;

pub(super) struct Server {
    app: Arc<App>,
    pub(super) store: Arc<Intercept>,
    /// How many commits have started.
    pub(super) begun: Arc<AtomicUsize>,
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
        let begun = Arc::new(AtomicUsize::new(0));
        let store = Arc::new(slow(&commits, &begun, &lists, &asked));
        let app = App::new(TOYS, store.clone(), AppState::default(), config);
        let app = app.await.expect("the memory store opens");
        let (trigger, shutdown) = shutdown::channel();
        Self {
            app,
            store,
            begun,
            shutdown,
            _trigger: trigger,
            commits,
            lists,
            asked,
        }
    }

    /// A session of a client that has not sent anything yet.
    pub(super) fn session(&self) -> Arc<Session> {
        Session::new(self.app.clone(), None)
    }

    pub(super) async fn client(&self) -> Client {
        self.client_with(64 * 1024).await
    }

    /// A client whose connection buffers `room` bytes in each direction.
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
        .expect("the connection is open");
}

/// The payload and the id of the next text frame.
pub(super) async fn receive(client: &mut Client) -> (Value, Value) {
    loop {
        let message = client.next().await.expect("a frame").expect("no error");
        if let Message::Text(text) = message {
            let mut frame: Value = serde_json::from_str(&text).expect("JSON");
            return (frame[2].take(), frame[3].take());
        }
    }
}
