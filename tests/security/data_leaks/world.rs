//! A server, its clients, and the data that each client may receive.

mod knowledge;
mod requests;

use super::app::{self, User};
use super::random_steps::Step;
use crate::support::{Checkpoints, Client, HttpClient, TestServer};
use knowledge::{Knowledge, Records};
use proptest::prelude::*;
use serde_json::{Value, json};
use sockful::{Config, Server, ServerHandle};
use std::collections::HashMap;

pub(super) struct World {
    handle: ServerHandle,
    server: TestServer,
    users: Vec<User>,
    clients: Vec<TestClient>,
    records: Records,
    /// The resume tokens of all clients. Every client tries them.
    tokens: Vec<String>,
    /// The proofs of positions that any client received.
    proofs: HashMap<u64, Value>,
}

/// A client and the data that it may receive.
struct TestClient {
    socket: Client,
    /// The index of the authenticated user.
    user: Option<usize>,
    /// The marks that it may receive.
    knowledge: Knowledge,
    /// Its last request with an idempotency key.
    keyed: Option<Value>,
    subscriptions: u64,
}

impl World {
    pub(super) async fn begin(users: Vec<User>) -> Self {
        let mut config = Config::default();
        // A resumed subscription receives separate commits, folded commits or all records.
        config.live.fold_after = 3;
        config.live.ring_capacity = 4_096;
        let server = Server::new(app::RESOURCES).authenticate(app::authenticate);
        let handle = server
            .config(config)
            .open()
            .await
            .expect("a memory store opens");
        let server = TestServer::from_handle(handle.clone(), Checkpoints::default()).await;
        let mut clients = Vec::new();
        for _ in 0..4 {
            clients.push(TestClient {
                socket: server.client().await,
                user: None,
                knowledge: Knowledge::default(),
                keyed: None,
                subscriptions: 0,
            });
        }
        app::fill(&handle, &users)
            .await
            .expect("the records are valid");
        let mut world = Self {
            handle,
            server,
            users,
            clients,
            records: Records::default(),
            tokens: Vec::new(),
            proofs: HashMap::new(),
        };
        for nth in 0..world.clients.len() {
            let signed_in = world.sign_in(nth, Some(nth % world.users.len())).await;
            signed_in.expect("no hidden data is sent");
        }
        world
    }

    async fn sign_in(&mut self, nth: usize, user: Option<usize>) -> Result<(), TestCaseError> {
        let token =
            user.map(|user| json!(serde_json::to_string(&self.users[user]).expect("plain values")));
        self.clients[nth].user = user;
        let request = json!(["sockful", "authenticate", {"token": token}, 1]);
        self.ask(nth, request).await.map(drop)
    }

    /// Runs a step of one client, and checks all frames that the clients receive.
    pub(super) async fn run_step(
        &mut self,
        nth: usize,
        over_http: bool,
        step: &Step,
    ) -> Result<(), TestCaseError> {
        let client = &mut self.clients[nth];
        match step {
            Step::SignIn(user) => self.sign_in(nth, *user).await?,
            Step::Revoke(user) => {
                let name = &self.users[*user].name;
                self.handle.revoke(name);
                let known = self
                    .clients
                    .iter_mut()
                    .filter(|client| client.user == Some(*user));
                known.for_each(|client| client.user = None);
            }
            Step::Reconnect => {
                client.socket = self.server.client().await;
                client.subscriptions = 0;
                let user = client.user.take();
                self.sign_in(nth, user).await?;
            }
            Step::Retry => {
                if let Some(request) = client.keyed.clone() {
                    self.ask_over_either(nth, over_http, request).await?;
                }
            }
            Step::Write(writes) => {
                let request = requests::write(&self.records, &self.users, writes);
                client.knowledge.add_request(&request);
                if request.get(4).is_some() {
                    client.keyed = Some(request.clone());
                }
                self.ask_over_either(nth, over_http, request).await?;
            }
            Step::Read(read) => {
                let request = requests::read(&self.records, read);
                let reply = self.ask_over_either(nth, over_http, request.clone());
                let reply = reply.await?;
                self.check_result(nth, &request, &reply)?;
            }
            Step::Subscribe(subscribe) => {
                client.subscriptions += 1;
                let ack = 100 + client.subscriptions;
                let request = requests::subscribe(
                    &self.records,
                    (&self.tokens, &self.proofs),
                    subscribe,
                    ack,
                );
                let reply = self.ask(nth, request).await?;
                let token = reply[2]["resume"].as_str().map(str::to_owned);
                self.tokens.extend(token);
            }
            Step::Unsubscribe => {
                let ack = 100 + client.subscriptions;
                let request = json!(["note", "unsubscribe", {"subscription": ack}, 1]);
                self.ask(nth, request).await?;
            }
        }
        self.settle().await
    }

    /// Requests the schema on every connection and checks all frames.
    pub(super) async fn end(&mut self) -> Result<(), TestCaseError> {
        for nth in 0..self.clients.len() {
            let schema = json!(["sockful", "schema", null, 1]);
            self.ask(nth, schema).await?;
        }
        self.settle().await
    }

    /// Sends a request and reads up to its reply.
    async fn ask(&mut self, nth: usize, request: Value) -> Result<Value, TestCaseError> {
        let ack = request[3].clone();
        self.clients[nth].socket.send(request).await;
        self.read_up_to(nth, &ack).await
    }

    async fn ask_over_either(
        &mut self,
        nth: usize,
        over_http: bool,
        request: Value,
    ) -> Result<Value, TestCaseError> {
        if !over_http {
            return self.ask(nth, request).await;
        }
        let token = |user: usize| serde_json::to_string(&self.users[user]).expect("plain values");
        let user = self.clients[nth].user.map(token);
        let headers = user.map_or_else(String::new, |token| {
            format!("Authorization: Bearer {token}\r\n")
        });
        let mut http = HttpClient::new(self.server.raw_connection().await, headers).await;
        let reply = http.ask(request).await;
        self.check(nth, &reply).await?;
        Ok(reply)
    }

    /// Reads all pending frames of all clients.
    async fn settle(&mut self) -> Result<(), TestCaseError> {
        for nth in 0..self.clients.len() {
            self.ask(nth, json!(["sockful", "ping", null, 2])).await?;
        }
        Ok(())
    }

    /// Checks that a frame has no mark that is hidden from the client.
    async fn check(&mut self, nth: usize, frame: &Value) -> Result<(), TestCaseError> {
        // The commits of the frame are in the log.
        let versions = self.records.follow(self.handle.store()).await;
        for client in &mut self.clients {
            let user = client.user.map(|user| &self.users[user]);
            client
                .knowledge
                .add_readable(user, &versions, &self.records);
        }
        let client = &mut self.clients[nth];
        if frame[1] == "commit" {
            let user = client.user.map(|user| &self.users[user]);
            client.knowledge.add_transient(user, frame, &self.records);
        }
        let client = &self.clients[nth];
        let unknown = client.knowledge.unknown(frame);
        prop_assert!(
            unknown.is_empty(),
            "{:?} received {unknown:?} in {frame}",
            client.user.map(|user| &self.users[user])
        );
        Ok(())
    }

    /// Reads and checks frames up to the reply with this ack id.
    async fn read_up_to(&mut self, nth: usize, ack: &Value) -> Result<Value, TestCaseError> {
        loop {
            let frame = self.clients[nth].socket.recv().await;
            self.check(nth, &frame).await?;
            for position in [&frame[2], &frame[2]["ok"]] {
                if let (Some(seq), Some(at)) = (position["seq"].as_u64(), position.get("at")) {
                    self.proofs.insert(seq, at.clone());
                }
            }
            let is_reply = frame[2].get("ok").or(frame[2].get("err")).is_some();
            if is_reply && frame[3] == *ack {
                return Ok(frame);
            }
        }
    }

    /// Checks that a list without a limit has all readable records, and that a count is their number.
    fn check_result(
        &self,
        nth: usize,
        request: &Value,
        reply: &Value,
    ) -> Result<(), TestCaseError> {
        let Some(user) = self.clients[nth].user else {
            prop_assert_eq!(&reply[2]["err"]["code"], "unauthenticated", "{}", reply);
            return Ok(());
        };
        let payload = &request[2];
        if payload.get("$limit").is_some() || reply[2].get("err").is_some() {
            return Ok(());
        }
        let resource = request[0].as_str().unwrap_or_default();
        let readable = self
            .records
            .readable(&self.users[user], resource, payload.get("level"));
        match request[1].as_str() {
            Some("count") => prop_assert_eq!(&reply[2]["ok"], readable.len(), "{}", request),
            Some("find") => {
                let records = reply[2]["ok"].as_array().expect("a list");
                let mut ids: Vec<_> = records.iter().filter_map(|it| it["id"].as_str()).collect();
                ids.sort_unstable();
                prop_assert_eq!(ids, readable, "{}", request);
            }
            _ => {}
        }
        Ok(())
    }
}
