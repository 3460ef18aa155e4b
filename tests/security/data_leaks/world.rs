//! A server, its clients, and what each of them may know.

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
    seats: Vec<Seat>,
    records: Records,
    /// Tokens that any client was given to go on with, whoever takes them.
    tokens: Vec<String>,
    /// The proofs of positions that any client was given.
    proofs: HashMap<u64, Value>,
}

/// One client.
struct Seat {
    client: Client,
    /// Who it is, by its place.
    who: Option<usize>,
    /// What it may know.
    knows: Knowledge,
    /// Its last request that had a key.
    keyed: Option<Value>,
    subscriptions: u64,
}

impl World {
    pub(super) async fn begin(users: Vec<User>) -> Self {
        let mut config = Config::default();
        // What is resumed is told one by one, or as one, or from the beginning.
        config.live.fold_after = 3;
        config.live.ring_capacity = 4_096;
        let server = Server::new(app::RESOURCES).authenticate(app::who);
        let handle = server.config(config).open().await.expect("memory opens");
        let server = TestServer::from_handle(handle.clone(), Checkpoints::default()).await;
        let mut seats = Vec::new();
        for _ in 0..4 {
            seats.push(Seat {
                client: server.client().await,
                who: None,
                knows: Knowledge::default(),
                keyed: None,
                subscriptions: 0,
            });
        }
        app::fill(&handle, &users)
            .await
            .expect("it keeps to the rules");
        let mut world = Self {
            handle,
            server,
            users,
            seats,
            records: Records::default(),
            tokens: Vec::new(),
            proofs: HashMap::new(),
        };
        for nth in 0..world.seats.len() {
            let signed_in = world.sign_in(nth, Some(nth % world.users.len())).await;
            signed_in.expect("nothing is told yet");
        }
        world
    }

    async fn sign_in(&mut self, nth: usize, who: Option<usize>) -> Result<(), TestCaseError> {
        let token =
            who.map(|who| json!(serde_json::to_string(&self.users[who]).expect("plain values")));
        self.seats[nth].who = who;
        let request = json!(["sockful", "authenticate", {"token": token}, 1]);
        self.ask(nth, request).await.map(drop)
    }

    /// Has a client do something, and asks of all of them that they were told nothing else.
    pub(super) async fn take(
        &mut self,
        nth: usize,
        over_http: bool,
        step: &Step,
    ) -> Result<(), TestCaseError> {
        let seat = &mut self.seats[nth];
        match step {
            Step::SignIn(who) => self.sign_in(nth, *who).await?,
            Step::Revoke(who) => {
                let name = &self.users[*who].name;
                self.handle.revoke(name);
                let known = self.seats.iter_mut().filter(|seat| seat.who == Some(*who));
                known.for_each(|seat| seat.who = None);
            }
            Step::Reconnect => {
                seat.client = self.server.client().await;
                seat.subscriptions = 0;
                let who = seat.who.take();
                self.sign_in(nth, who).await?;
            }
            Step::Retry => {
                if let Some(request) = seat.keyed.clone() {
                    self.ask_either_way(nth, over_http, request).await?;
                }
            }
            Step::Write(writes) => {
                let request = requests::write(&self.records, &self.users, writes);
                seat.knows.note_said(&request);
                if request.get(4).is_some() {
                    seat.keyed = Some(request.clone());
                }
                self.ask_either_way(nth, over_http, request).await?;
            }
            Step::Read(read) => {
                let request = requests::read(&self.records, read);
                let reply = self.ask_either_way(nth, over_http, request.clone());
                let reply = reply.await?;
                self.check_whole(nth, &request, &reply)?;
            }
            Step::Subscribe(subscribe) => {
                seat.subscriptions += 1;
                let ack = 100 + seat.subscriptions;
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
                let ack = 100 + seat.subscriptions;
                let request = json!(["note", "unsubscribe", {"subscription": ack}, 1]);
                self.ask(nth, request).await?;
            }
        }
        self.settle().await
    }

    /// Whatever was told by then is looked at once more, with the description and the page.
    pub(super) async fn end(&mut self) -> Result<(), TestCaseError> {
        for nth in 0..self.seats.len() {
            let schema = json!(["sockful", "schema", null, 1]);
            self.ask(nth, schema).await?;
        }
        self.settle().await
    }

    /// Sends a request and reads up to its reply.
    async fn ask(&mut self, nth: usize, request: Value) -> Result<Value, TestCaseError> {
        let ack = request[3].clone();
        self.seats[nth].client.send(request).await;
        self.read_up_to(nth, &ack).await
    }

    async fn ask_either_way(
        &mut self,
        nth: usize,
        over_http: bool,
        request: Value,
    ) -> Result<Value, TestCaseError> {
        if !over_http {
            return self.ask(nth, request).await;
        }
        let token = |who: usize| serde_json::to_string(&self.users[who]).expect("plain values");
        let who = self.seats[nth].who.map(token);
        let headers = who.map_or_else(String::new, |token| {
            format!("Authorization: Bearer {token}\r\n")
        });
        let mut http = HttpClient::new(self.server.raw_connection().await, headers).await;
        let reply = http.ask(request).await;
        self.check(nth, &reply).await?;
        Ok(reply)
    }

    /// Reads all that everybody is told of what has happened.
    async fn settle(&mut self) -> Result<(), TestCaseError> {
        for nth in 0..self.seats.len() {
            self.ask(nth, json!(["sockful", "ping", null, 2])).await?;
        }
        Ok(())
    }

    /// Asks that nothing of a frame is kept from the client that has got it.
    async fn check(&mut self, nth: usize, frame: &Value) -> Result<(), TestCaseError> {
        // By then it was committed.
        let images = self.records.follow(self.handle.store()).await;
        for seat in &mut self.seats {
            let who = seat.who.map(|who| &self.users[who]);
            seat.knows.note_seen(who, &images, &self.records);
        }
        let seat = &mut self.seats[nth];
        if frame[1] == "commit" {
            let who = seat.who.map(|who| &self.users[who]);
            seat.knows.note_transient(who, frame, &self.records);
        }
        let seat = &self.seats[nth];
        let unknown = seat.knows.unknown(frame);
        prop_assert!(
            unknown.is_empty(),
            "{:?} got {unknown:?} in {frame}",
            seat.who.map(|who| &self.users[who])
        );
        Ok(())
    }

    /// Reads up to the reply of this id, and asks that nothing of it is kept from the client.
    async fn read_up_to(&mut self, nth: usize, ack: &Value) -> Result<Value, TestCaseError> {
        loop {
            let frame = self.seats[nth].client.recv().await;
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

    /// Asks that a list that was asked for whole is whole, and a number that of its records.
    fn check_whole(&self, nth: usize, request: &Value, reply: &Value) -> Result<(), TestCaseError> {
        let Some(who) = self.seats[nth].who else {
            prop_assert_eq!(&reply[2]["err"]["code"], "unauthenticated", "{}", reply);
            return Ok(());
        };
        let payload = &request[2];
        if payload.get("$limit").is_some() || reply[2].get("err").is_some() {
            return Ok(());
        }
        let resource = request[0].as_str().unwrap_or_default();
        let seen = self
            .records
            .seen(&self.users[who], resource, payload.get("level"));
        match request[1].as_str() {
            Some("count") => prop_assert_eq!(&reply[2]["ok"], seen.len(), "{}", request),
            Some("find") => {
                let records = reply[2]["ok"].as_array().expect("a list");
                let mut ids: Vec<_> = records.iter().filter_map(|it| it["id"].as_str()).collect();
                ids.sort_unstable();
                prop_assert_eq!(ids, seen, "{}", request);
            }
            _ => {}
        }
        Ok(())
    }
}
