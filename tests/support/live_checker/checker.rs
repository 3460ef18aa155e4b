//! Checks the observations of one subscription.

use super::counts::{Counts, same};
use super::live_query::{Frame, LiveQuery};
use super::replica::Replica;
use super::{Commits, Observation, window_checker};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Checks the observations of a subscription that received events up to commit `head`.
pub(crate) fn check(
    query: &LiveQuery,
    seen: &[Observation],
    log: &Commits,
    head: u64,
    fold_after: usize,
) -> Result<Counts, String> {
    if query.window.is_some() {
        return window_checker::check(query, seen, log, head);
    }
    let mut history = History {
        query,
        log,
        fold_after,
        state: State::Off,
        at: 0,
        expected: BTreeMap::new(),
        replica: Replica::default(),
        counts: Counts::default(),
    };
    for (nth, seen) in seen.iter().enumerate() {
        let checked = history.observe(seen);
        checked.map_err(|fault| format!("step {nth}, at {}: {fault}", history.at))?;
    }
    history.end(head)?;
    Ok(history.counts)
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    /// No frame is expected.
    Off,
    /// The request was sent.
    Requested {
        ack: Value,
        from: Option<u64>,
        reached: bool,
    },
    /// The reply was received.
    On { ack: Value },
}

struct History<'a> {
    query: &'a LiveQuery,
    log: &'a Commits,
    fold_after: usize,
    state: State,
    /// The position that the subscriber claims to have reached.
    at: u64,
    /// The records that it must have at that position.
    expected: BTreeMap<String, Value>,
    replica: Replica,
    counts: Counts,
}

impl History<'_> {
    fn observe(&mut self, seen: &Observation) -> Result<(), String> {
        match seen {
            Observation::Requested { ack, from, reached } => {
                let state = State::Requested {
                    ack: ack.clone(),
                    from: *from,
                    reached: *reached,
                };
                let before = std::mem::replace(&mut self.state, state);
                same("the state before the request", &before, &State::Off)
            }
            Observation::Frame { text, reaches } => {
                let frame = serde_json::from_str::<Value>(text).map_err(|it| it.to_string())?;
                let checked = self.frame(&frame, *reaches);
                checked.map_err(|fault| format!("{fault}, in {text}"))
            }
            Observation::Pong(seq) => self.pong(*seq),
            Observation::Unsubscribed | Observation::Cut => {
                // An incomplete commit does not count.
                self.replica.cut();
                self.state = State::Off;
                Ok(())
            }
        }
    }

    fn frame(&mut self, frame: &Value, reaches: bool) -> Result<(), String> {
        let (name, payload) = (frame[1].as_str().unwrap_or_default(), &frame[2]);
        let is_reply = payload.get("ok").is_some() || payload.get("err").is_some();
        match self.state.clone() {
            State::Off => Err("a frame of an inactive subscription".to_owned()),
            State::Requested { ack, from, reached } if is_reply => {
                let (resource, action) = self.query.route();
                let slots = json!([resource, action, payload, ack]);
                same("the slots of the reply", frame, &slots)?;
                self.state = State::On { ack };
                self.reply(payload, from, reached, reaches)
            }
            State::Requested { .. } => Err("an event before the reply".to_owned()),
            State::On { .. } if is_reply => Err("a second reply".to_owned()),
            State::On { ack } => {
                let slots = json!([self.query.resource, name, payload, ack]);
                same("the slots of the event", frame, &slots)?;
                self.event(name, payload, reaches)
            }
        }
    }

    fn reply(
        &mut self,
        payload: &Value,
        from: Option<u64>,
        reached: bool,
        log_reaches_back: bool,
    ) -> Result<(), String> {
        let frames = self.replica.reply(self.query, payload)?;
        if payload["ok"].get("resumed").is_some() {
            same(
                "the position of the resumed subscription",
                &payload["seq"].as_u64(),
                &from,
            )?;
            same(
                "the position of the resumed subscription",
                &payload["seq"],
                &json!(self.at),
            )?;
            same("whether it was resumable at the request", &reached, &true)?;
            self.counts.resumed += 1;
            return Ok(());
        }
        if from.is_some() && log_reaches_back {
            return Err("an initial result although the log reaches back".to_owned());
        }
        self.counts.initial_results += 1;
        self.complete(frames)
    }

    fn event(&mut self, name: &str, payload: &Value, reaches: bool) -> Result<(), String> {
        if payload.get("seq").is_none() && self.query.events.contains(&name) {
            // A broadcast event is in no commit and may come between commits.
            return same(
                "the frames of an incomplete commit",
                &self.replica.parts,
                &Vec::new(),
            );
        }
        let seq = payload["seq"].as_u64().ok_or("there is no `seq`")?;
        if let Some((_, part)) = self.replica.parts.first() {
            same(
                "the sequence number within a commit",
                &json!(seq),
                &part["seq"],
            )?;
        } else if seq < self.at || seq == self.at && name != "reset" && name != "ended" {
            return Err("the sequence number precedes the position".to_owned());
        }
        if name == "ended" {
            same(
                "the frames of an incomplete commit",
                &self.replica.parts,
                &Vec::new(),
            )?;
            let error = payload["error"]["code"].as_str();
            error.ok_or("the subscription ended without an error code")?;
            self.state = State::Off;
            return Ok(());
        }
        if name == "reset" {
            same(
                "the frames of an incomplete commit",
                &self.replica.parts,
                &Vec::new(),
            )?;
            if reaches {
                return Err("a reset although the log reaches back".to_owned());
            }
            self.counts.resets += 1;
        }
        let frames = self.replica.part(name, payload.clone());
        self.complete(frames)
    }

    fn pong(&mut self, seq: u64) -> Result<(), String> {
        if !matches!(self.state, State::On { .. }) {
            return Ok(());
        }
        if let Some((name, part)) = self.replica.parts.first() {
            if part["seq"].as_u64() <= Some(seq) {
                return Err(format!("a pong before commit {seq} is complete"));
            }
            if name == "reset" {
                return Ok(());
            }
        }
        self.pass(seq, <[_]>::is_empty)?;
        self.replica.pong(seq, None);
        Ok(())
    }

    /// Checks the frames of one commit, of a fold of commits, or of an initial result.
    fn complete(&mut self, frames: Option<Vec<Frame>>) -> Result<(), String> {
        let Some(frames) = frames else {
            return Ok(());
        };
        let first = &frames[0].1;
        let seq = first["seq"].as_u64().ok_or("there is no `seq`")?;
        if seq < self.at || seq > self.log.len() as u64 {
            return Err(format!(
                "the sequence number {seq} is not that of a new commit"
            ));
        }
        if frames[0].0 == "reset" {
            self.list(seq, &frames)?;
        } else if first["folded"] == true {
            self.fold(seq, &frames)?;
        } else {
            self.pass(seq - 1, <[_]>::is_empty)?;
            self.pass(seq, |sent| sent == frames)?;
            self.counts.commits += 1;
        }
        self.replica.apply(self.query, &frames);
        same("the records", &self.replica.records, &self.expected)
    }

    fn list(&mut self, seq: u64, frames: &[Frame]) -> Result<(), String> {
        let mut ids = Vec::new();
        let last = frames.len() - 1;
        for (nth, (name, payload)) in frames.iter().enumerate() {
            let mut expected = json!({"records": payload["records"], "seq": seq});
            if nth < last {
                expected["more"] = true.into();
            }
            same("a part of an initial result", payload, &expected)?;
            let expected_name = if nth == 0 { "reset" } else { "records" };
            same(
                "the name of a part of an initial result",
                &&**name,
                &expected_name,
            )?;
            let records = payload["records"].as_array().ok_or("there is no list")?;
            ids.extend(records.iter().map(|it| it[self.query.id].to_string()));
        }
        let count = ids.len();
        ids.sort();
        ids.dedup();
        same("the number of distinct records", &count, &ids.len())?;
        self.pass(seq, |_| true)
    }

    fn fold(&mut self, seq: u64, frames: &[Frame]) -> Result<(), String> {
        let [from, to] = [self.at, seq].map(|it| usize::try_from(it).unwrap_or(usize::MAX));
        let fold = self.query.folded(seq, &self.log[from..to]);
        if fold.relevant <= self.fold_after {
            return Err(format!("{} commits were folded", fold.relevant));
        }
        let mut sent = frames.to_vec();
        if let Some((_, payload)) = sent.last_mut()
            && fold.dropped > 0
        {
            let dropped = payload.as_object_mut().and_then(|it| it.remove("dropped"));
            same(
                "the number of dropped events",
                &dropped,
                &Some(fold.dropped.into()),
            )?;
        }
        for payload in sent.iter_mut().filter_map(|(_, it)| it.as_object_mut()) {
            payload.remove("more");
        }
        let mut expected = fold.frames;
        if expected.is_empty() {
            let nothing = json!({"records": [], "seq": seq, "folded": true});
            expected.push(("records".to_owned(), nothing));
        }
        sent.sort_by_key(|(_, payload)| payload["id"].to_string());
        expected.sort_by_key(|(_, payload)| payload["id"].to_string());
        same("the folded frames", &sent, &expected)?;
        self.counts.folds += 1;
        self.pass(seq, |_| true)
    }

    /// Advances to commit `seq` and calls `is_right` with the expected frames of each commit.
    fn pass(&mut self, seq: u64, is_right: impl Fn(&[Frame]) -> bool) -> Result<(), String> {
        while self.at < seq {
            let place = usize::try_from(self.at).map_err(|error| error.to_string())?;
            let commit = self.log.get(place);
            let commit = commit.ok_or(format!("there is no commit {seq}"))?;
            self.at += 1;
            let expected = self.query.expected_frames(self.at, commit);
            if !is_right(&expected) {
                return Err(format!(
                    "commit {} requires the frames {expected:?}",
                    self.at
                ));
            }
            for (name, payload) in &expected {
                let id = payload["id"].to_string();
                match (&**name, payload.get("record")) {
                    ("destroyed", _) => self.expected.remove(&id),
                    (_, Some(record)) => self.expected.insert(id, record.clone()),
                    _ => None,
                };
            }
        }
        Ok(())
    }

    fn end(&mut self, head: u64) -> Result<(), String> {
        same(
            "the frames of an incomplete commit at the end",
            &self.replica.parts,
            &Vec::new(),
        )?;
        if !matches!(self.state, State::On { .. }) {
            return Ok(());
        }
        self.pass(head, <[_]>::is_empty)?;
        same(
            "the records at the end",
            &self.replica.records,
            &self.expected,
        )
    }
}
