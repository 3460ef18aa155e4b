//! Live queries under load, judged by the log.

mod cuts;
mod storm;

use crate::support::history::{Seen, judge};
use crate::support::{Client, Running};
use serde_json::{Value, json};

/// One who follows a subscription over many connections.
struct Follower {
    conditions: Value,
    client: Option<Client>,
    seen: Vec<Seen>,
    token: Value,
    /// The last commit that was told whole.
    position: u64,
}

impl Follower {
    fn new(conditions: Value) -> Self {
        Self {
            conditions,
            client: None,
            seen: Vec::new(),
            token: Value::Null,
            position: 0,
        }
    }

    /// Connects, and goes on where it was.
    async fn begin(&mut self, server: &Running) {
        let mut client = server.client().await;
        let mut payload = self.conditions.clone();
        if !self.token.is_null() {
            payload["$from"] = json!({"resume": self.token, "seq": self.position});
        }
        let frame = client
            .ask(json!(["creature", "subscribe", payload, 7]))
            .await;
        let reply = frame[2].clone();
        assert!(reply["ok"].is_object(), "{reply}");
        self.token = reply["resume"].clone();
        self.note(&reply);
        self.seen.push(Seen::Reply(reply));
        self.client = Some(client);
    }

    /// Takes the next event in.
    async fn read(&mut self) {
        let client = self.client.as_mut().expect("it is connected");
        let frame = client.recv().await;
        self.take(&frame);
    }

    /// Cuts the connection.
    fn cut(&mut self) {
        self.client = None;
        self.seen.push(Seen::Cut);
    }

    /// Reads until it has been told of commit `head`.
    async fn read_up_to(&mut self, head: u64) {
        let client = self.client.as_mut().expect("it is connected");
        client.send(json!(["sockful", "ping", null, "ping"])).await;
        loop {
            let client = self.client.as_mut().expect("it is connected");
            let frame = client.recv().await;
            if frame[3] != "ping" {
                self.take(&frame);
            } else if frame[2]["ok"]["seq"].as_u64() >= Some(head) {
                return;
            } else {
                client.send(json!(["sockful", "ping", null, "ping"])).await;
            }
        }
    }

    fn take(&mut self, frame: &Value) {
        assert_eq!(
            (&frame[0], &frame[3]),
            (&json!("creature"), &json!(7)),
            "{frame}"
        );
        self.note(&frame[2]);
        let name = frame[1].as_str().expect("a name").to_owned();
        self.seen.push(Seen::Event(name, frame[2].clone()));
    }

    fn note(&mut self, payload: &Value) {
        if payload["more"] != true {
            self.position = payload["seq"].as_u64().expect("a number");
        }
    }

    /// Judges all that it has seen.
    fn judge(&self, log: &crate::support::history::Log) {
        if let Err(fault) = judge(&self.conditions, &self.seen, log) {
            let seen = self.seen.iter().map(|seen| match seen {
                Seen::Reply(payload) => format!("reply {} {}", payload["seq"], payload["ok"]),
                Seen::Event(name, payload) => format!("{name} {payload}"),
                Seen::Cut => "cut".to_owned(),
            });
            let seen: Vec<_> = seen.collect();
            panic!("{}: {fault}; it saw:\n{}", self.conditions, seen.join("\n"));
        }
    }
}
