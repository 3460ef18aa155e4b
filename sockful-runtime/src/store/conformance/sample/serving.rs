//! Serves samples and toys without a socket.

use super::{Sample, Toy};
use crate::core::config::Config;
use crate::dispatch::Request;
use crate::engine::app::App;
use crate::engine::app_state::AppState;
use crate::engine::auth::caller::Caller;
use crate::engine::call::context::Context;
use crate::engine::call::hook::Hook;
use crate::engine::session::Session;
use crate::engine::table::{ResourceEntry, Resources, Table, buckets, count, slots};
use crate::model::resource::Resource;
use crate::model::resource_model::Shape;
use crate::protocol::frame;
use crate::protocol::reply;
use crate::protocol::reply::Reply;
use crate::store::testing::{Intercept, StoreCall};
use crate::store::{Memory, boxed, ready};
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// The number of routes of samples and toys.
pub(crate) const ROUTES: usize = count(ENTRIES);
const ENTRIES: &[ResourceEntry] = &[entry::<Sample>("Sample", &[]), entry::<Toy>("Toy", &[])];
/// The resources of samples and toys.
pub(crate) const TOYS: Resources = Resources::new(ENTRIES, &table(ENTRIES));

/// A resource without remote methods.
pub(crate) const fn entry<R: Resource>(
    path: &'static str,
    hooks: &'static [Hook],
) -> ResourceEntry {
    ResourceEntry {
        path,
        shape: Shape::of::<R>(),
        remotes: &[],
        hooks,
        policies: &[],
    }
}

/// The dispatch table of samples and toys, with any hooks.
pub(crate) const fn table(
    entries: &'static [ResourceEntry],
) -> Table<ROUTES, { buckets(ROUTES) }, { slots(ROUTES) }> {
    Table::new(entries)
}

/// A server without sockets that records the operations on its store.
#[derive(Debug)]
pub(crate) struct Serving {
    session: Arc<Session>,
    pub(crate) store: Arc<Intercept>,
    calls: Arc<Mutex<Vec<&'static str>>>,
}

impl Serving {
    pub(crate) async fn start(resources: Resources, config: Config) -> Self {
        let calls = Arc::<Mutex<Vec<_>>>::default();
        let recorded = Arc::clone(&calls);
        let store = Intercept::new(Memory::new()).before(move |call| {
            recorded
                .lock()
                .expect("the lock is not poisoned")
                .push(call.name());
            match call {
                // Makes neither available immediately.
                StoreCall::Get | StoreCall::Snapshot => boxed(async {
                    tokio::task::yield_now().await;
                    Ok(())
                }),
                _ => ready(Ok(())),
            }
        });
        let store = Arc::new(store);
        let app = App::new(resources, store.clone(), AppState::default(), config);
        let app = app.await.expect("the memory store opens");
        Self {
            session: Session::new(app, None),
            store,
            calls,
        }
    }

    /// Returns the names of the store's operations since the previous call.
    pub(crate) fn take_calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.calls.lock().expect("the lock is not poisoned"))
    }

    /// Returns a context of the application's own code, without a transaction.
    pub(crate) fn context(&self) -> Context {
        Context::new(self.session.peer.clone(), Caller::Application, 1)
    }

    /// Returns the payload of the reply to a request.
    pub(crate) async fn ask(&self, request: Value) -> Value {
        let message = request.to_string();
        let request = Request::from_frame(&self.session, message.as_str().into());
        let request = request.expect("the route exists");
        let outcome = request.run(&self.session, 1).await;
        payload(&message, &outcome.reply)
    }
}

fn payload(message: &str, reply: &Reply) -> Value {
    let request = frame::parse(message).expect("a frame");
    let mut out = Vec::new();
    reply::write(&mut out, &request.head, reply, usize::MAX);
    let mut frame: Value = serde_json::from_slice(&out).expect("JSON");
    frame[2].take()
}
