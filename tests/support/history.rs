//! What subscribers were told, judged by the log: nothing missing, nothing twice, nothing else.

use serde_json::{Value, json};
use sockful::ServerHandle;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinHandle;

/// Records by their ids.
pub(crate) type Records = BTreeMap<String, Value>;

/// One record in a commit, as clients see it.
#[derive(Clone, Debug)]
pub(crate) struct Changed {
    pub(crate) id: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

/// All commits, the first is number 1.
pub(crate) type Log = Vec<Vec<Changed>>;

/// Reads the log of a server's first resource from now on, which is from its beginning.
pub(crate) struct Recorder {
    log: Arc<Mutex<Log>>,
    reading: JoinHandle<()>,
}

impl Recorder {
    pub(crate) fn start(server: &ServerHandle) -> Self {
        let log = Arc::<Mutex<Log>>::default();
        let (server, written) = (server.clone(), log.clone());
        let reading = tokio::spawn(async move {
            let mut head = server.store().watch();
            let mut at = 0;
            loop {
                let commits = server.store().log(at, 1_000).await;
                for committed in commits.expect("the log is read faster than it is forgotten") {
                    at = committed.seq;
                    let own = committed.changes.iter().filter(|it| it.resource == 0);
                    let json = |text: &str| serde_json::from_str(text).expect("JSON");
                    let changed = own.map(|change| {
                        let one = change.after.as_ref().or(change.before.as_ref());
                        Changed {
                            id: one.expect("a record").id().to_owned(),
                            before: change.before.as_ref().map(|it| json(it.sent())),
                            after: change.after.as_ref().map(|it| json(it.sent())),
                        }
                    });
                    let changed = changed.collect();
                    let mut log = written.lock().unwrap_or_else(PoisonError::into_inner);
                    log.push(changed);
                }
                if head.wait_for(|&newest| newest > at).await.is_err() {
                    return;
                }
            }
        });
        Self { log, reading }
    }

    /// The log up to commit `head`.
    pub(crate) async fn up_to(self, head: u64) -> Log {
        let head = usize::try_from(head).expect("a small number");
        loop {
            assert!(!self.reading.is_finished(), "the log is read to its end");
            if let Some(log) = self.get(head) {
                return log;
            }
            tokio::task::yield_now().await;
        }
    }

    fn get(&self, head: usize) -> Option<Log> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.get(..head).map(<[_]>::to_vec)
    }
}

/// What a subscriber saw of one subscription, over all of its connections.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// The payload of a reply to `subscribe`.
    Reply(Value),
    /// An event: its name and its payload.
    Event(String, Value),
    /// The connection was cut.
    Cut,
}

/// Judges what was seen of a subscription to these conditions, up to the last commit of the log.
pub(crate) fn judge(conditions: &Value, seen: &[Seen], log: &Log) -> Result<(), String> {
    let mut judge = Judge {
        conditions,
        log,
        truth: Records::new(),
        at: 0,
        known: Records::new(),
        parts: Vec::new(),
    };
    for seen in seen {
        match seen {
            Seen::Reply(payload) => judge.reply(payload)?,
            Seen::Event(name, payload) => judge.part(name, payload)?,
            // Nothing counts of what was not whole.
            Seen::Cut => judge.parts.clear(),
        }
    }
    judge.end()
}

struct Judge<'a> {
    conditions: &'a Value,
    log: &'a Log,
    /// All records as of commit `at`.
    truth: Records,
    at: u64,
    /// What the subscriber knows, which it was told up to commit `at`.
    known: Records,
    /// What came so far of one commit, or of one list.
    parts: Vec<(String, Value)>,
}

impl Judge<'_> {
    fn reply(&mut self, payload: &Value) -> Result<(), String> {
        if payload["ok"]["resumed"] == true {
            return same("where it goes on", &payload["seq"], &json!(self.at));
        }
        let list = json!({"records": payload["ok"]["records"], "seq": payload["seq"], "more": payload["more"]});
        self.part("reset", &list)
    }

    fn part(&mut self, name: &str, payload: &Value) -> Result<(), String> {
        let mut payload = payload.clone();
        let more = payload["more"].take() == true;
        self.parts.push((name.to_owned(), payload));
        if more { Ok(()) } else { self.whole() }
    }

    /// Judges what came of one commit, or of one list.
    fn whole(&mut self) -> Result<(), String> {
        let parts = std::mem::take(&mut self.parts);
        let seqs: Vec<_> = parts
            .iter()
            .map(|(_, payload)| payload["seq"].as_u64())
            .collect();
        let Some(seq) = seqs[0].filter(|_| seqs.iter().all(|seq| *seq == seqs[0])) else {
            return Err(format!("frames of several commits, or of none: {parts:?}"));
        };
        if parts[0].0 == "reset" {
            if seq < self.at {
                return Err(format!("back to {seq} from {}", self.at));
            }
            let names = parts[1..].iter().all(|(name, _)| name == "records");
            let records = parts
                .iter()
                .filter_map(|(_, payload)| payload["records"].as_array());
            let records = records.flatten().map(|it| (text(&it["id"]), it.clone()));
            self.known = records.collect();
            self.pass(seq, |_, _| Ok(()))?;
            return if names {
                self.check()
            } else {
                Err(format!("between records: {parts:?}"))
            };
        }
        if seq <= self.at {
            return Err(format!("{seq} comes after {}: {parts:?}", self.at));
        }
        if parts[0].1["folded"] == true {
            let before = self.matching();
            self.pass(seq, |_, _| Ok(()))?;
            let mut expected = difference(&before, &self.matching(), &self.truth);
            let mut told = parts.clone();
            // A fold of nothing says so.
            told.retain(|(name, payload)| name != "records" || payload["records"] != json!([]));
            for (_, payload) in &mut told {
                same("a frame of a fold", &payload["folded"].take(), &true.into())?;
            }
            expected.sort_by_key(|(_, payload)| payload["id"].to_string());
            told.sort_by_key(|(_, payload)| payload["id"].to_string());
            same_frames(seq, &told, &expected)?;
        } else {
            self.pass(seq - 1, none_told)?;
            self.pass(seq, |_, expected| same_frames(seq, &parts, expected))?;
        }
        for (name, payload) in &parts {
            match &**name {
                "records" => None,
                "destroyed" => self.known.remove(&text(&payload["id"])),
                _ => self
                    .known
                    .insert(text(&payload["id"]), payload["record"].clone()),
            };
        }
        self.check()
    }

    /// Goes on to commit `seq`, and has `judge` judge what each commit on the way tells.
    fn pass(
        &mut self,
        seq: u64,
        judge: impl Fn(u64, &[(String, Value)]) -> Result<(), String>,
    ) -> Result<(), String> {
        while self.at < seq {
            let place = usize::try_from(self.at).map_err(|error| error.to_string())?;
            let changes = self
                .log
                .get(place)
                .ok_or(format!("there is no commit {seq}"))?;
            let mut expected = Vec::new();
            for Changed { id, before, after } in changes {
                same("the log", &self.truth.get(id), &before.as_ref())?;
                match after {
                    Some(after) => self.truth.insert(id.clone(), after.clone()),
                    None => self.truth.remove(id),
                };
                let is_in = |it: &&Value| meets(self.conditions, it);
                let (was, is) = (before.as_ref().filter(is_in), after.as_ref().filter(is_in));
                expected.extend(event(id, was, is, after.is_some()));
            }
            self.at += 1;
            judge(self.at, &expected)?;
        }
        Ok(())
    }

    fn matching(&self) -> Records {
        let all = self
            .truth
            .iter()
            .filter(|(_, it)| meets(self.conditions, it));
        all.map(|(id, it)| (id.clone(), it.clone())).collect()
    }

    fn check(&self) -> Result<(), String> {
        let is_in = |it: &&Value| meets(self.conditions, it);
        let all = self.truth.iter().filter(|(_, it)| is_in(it));
        if all.clone().count() == self.known.len()
            && all.clone().all(|(id, it)| self.known.get(id) == Some(it))
        {
            return Ok(());
        }
        same(
            &format!("what is known as of {}", self.at),
            &self.known,
            &self.matching(),
        )
    }

    fn end(&mut self) -> Result<(), String> {
        if !self.parts.is_empty() {
            return Err(format!("only a part came: {:?}", self.parts));
        }
        self.pass(self.log.len() as u64, none_told)?;
        self.check()
    }
}

fn none_told(seq: u64, expected: &[(String, Value)]) -> Result<(), String> {
    if expected.is_empty() {
        return Ok(());
    }
    Err(format!("{seq} was not told: {expected:?}"))
}

/// The event of a record that was in like this, and is now like that.
fn event(
    id: &str,
    before: Option<&Value>,
    now: Option<&Value>,
    lives: bool,
) -> Option<(String, Value)> {
    let (name, payload) = match (before, now) {
        (None, None) => return None,
        (None, Some(now)) => ("created", json!({"id": id, "record": now})),
        (Some(_), Some(now)) => ("updated", json!({"id": id, "record": now})),
        (Some(_), None) if lives => ("destroyed", json!({"id": id, "left": true})),
        (Some(_), None) => ("destroyed", json!({"id": id})),
    };
    Some((name.to_owned(), payload))
}

/// What leads from `before` to `after`; a record that is the same in the end may have changed between.
fn difference(before: &Records, after: &Records, truth: &Records) -> Vec<(String, Value)> {
    let gone = before.keys().filter(|id| !after.contains_key(*id));
    let ids = gone.chain(after.keys());
    let lives = |id: &String| truth.contains_key(id);
    let events = ids.filter_map(|id| event(id, before.get(id), after.get(id), lives(id)));
    events.collect()
}

fn same_frames(
    seq: u64,
    told: &[(String, Value)],
    expected: &[(String, Value)],
) -> Result<(), String> {
    let bare = |(name, payload): &(String, Value)| {
        let Value::Object(mut payload) = payload.clone() else {
            return (name.clone(), payload.clone());
        };
        payload.remove("seq");
        payload.retain(|_, value| !value.is_null() || value.is_object());
        (name.clone(), payload.into())
    };
    let is_fold = told
        .iter()
        .any(|(_, payload)| payload.get("folded").is_some());
    let told: Vec<_> = told.iter().map(bare).collect();
    // A fold need not tell of a record that is as it was.
    let is_needed = |it: &&(String, Value)| !is_fold || it.0 != "updated" || told.contains(it);
    let expected: Vec<_> = expected.iter().filter(is_needed).cloned().collect();
    same(&format!("what is told of {seq}"), &told, &expected)
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, told: &T, expected: &T) -> Result<(), String> {
    if told == expected {
        return Ok(());
    }
    Err(format!("{what}: told {told:?}, expected {expected:?}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Whether a record meets conditions: in the plainest way, and not the library's.
fn meets(conditions: &Value, record: &Value) -> bool {
    let object = conditions.as_object().expect("conditions are an object");
    object.iter().all(|(key, wanted)| match &**key {
        "$or" => wanted
            .as_array()
            .is_some_and(|any| any.iter().any(|it| meets(it, record))),
        "$not" => !meets(wanted, record),
        _ => match wanted.as_object() {
            None => record[key] == *wanted,
            Some(operators) => operators.iter().all(|(word, value)| {
                let (is, than) = (record[key].as_i64(), value.as_i64());
                match &**word {
                    "$gt" => is > than,
                    "$lte" => is <= than,
                    "$ne" => record[key] != *value,
                    "$in" => value
                        .as_array()
                        .is_some_and(|any| any.contains(&record[key])),
                    _ => panic!("{word} is not known here"),
                }
            }),
        },
    })
}

#[cfg(test)]
mod tests;
