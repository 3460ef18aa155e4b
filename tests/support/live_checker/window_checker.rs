//! Checks the observations of a live window: at every position the client has exactly the first records in the
//! order, found by filtering and sorting all of them.

use super::commit_history::Commit;
use super::counts::{Counts, same};
use super::filter_model::compare;
use super::live_query::{Frame, LiveQuery};
use super::replica::Replica;
use super::{Commits, Observation};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Checks the observations of a window that received events up to commit `head`.
pub(super) fn check(
    query: &LiveQuery,
    seen: &[Observation],
    log: &Commits,
    head: u64,
) -> Result<Counts, String> {
    let mut history = WindowHistory {
        query,
        log,
        ack: None,
        is_on: false,
        at: 0,
        stored: BTreeMap::new(),
        window: BTreeMap::new(),
        last: None,
        replica: Replica::default(),
        counts: Counts::default(),
    };
    for (nth, seen) in seen.iter().enumerate() {
        let checked = history.take(seen);
        checked.map_err(|fault| format!("step {nth}, at {}: {fault}", history.at))?;
    }
    same("what is not whole", &history.replica.parts, &Vec::new())?;
    if history.is_on {
        history.pass(head)?;
        same(
            "what is known at last",
            &history.replica.records,
            &history.shown(),
        )?;
    }
    Ok(history.counts)
}

/// The records of a window with all properties, by the JSON of their id.
type Records = BTreeMap<String, Arc<Value>>;

struct WindowHistory<'a> {
    query: &'a LiveQuery,
    log: &'a Commits,
    ack: Option<Value>,
    is_on: bool,
    /// The position that the subscriber claims to have reached.
    at: u64,
    /// All records of the resource at that position.
    stored: BTreeMap<String, Arc<Value>>,
    /// The window at that position.
    window: Records,
    /// Its last record, if it is full.
    last: Option<Arc<Value>>,
    replica: Replica,
    counts: Counts,
}

impl WindowHistory<'_> {
    fn take(&mut self, seen: &Observation) -> Result<(), String> {
        match seen {
            Observation::Requested { ack, from, .. } => {
                same("the position to resume from", from, &None)?;
                self.ack = Some(ack.clone());
                Ok(())
            }
            Observation::Frame { text, .. } => {
                let frame = serde_json::from_str::<Value>(text).map_err(|it| it.to_string())?;
                let checked = self.frame(&frame);
                checked.map_err(|fault| format!("{fault}, by {text}"))
            }
            Observation::Pong(seq) => {
                let is_complete = self.replica.parts.is_empty();
                if self.is_on && is_complete {
                    self.pass(*seq)?;
                }
                Ok(())
            }
            Observation::Unsubscribed | Observation::Cut => {
                self.replica.cut();
                (self.ack, self.is_on) = (None, false);
                Ok(())
            }
        }
    }

    fn frame(&mut self, frame: &Value) -> Result<(), String> {
        let ack = self
            .ack
            .clone()
            .ok_or("something comes of no subscription")?;
        let (name, payload) = (frame[1].as_str().unwrap_or_default(), &frame[2]);
        if payload.get("ok").is_some() {
            same("a second reply", &self.is_on, &false)?;
            self.is_on = true;
            self.counts.initial_results += 1;
            let whole = self.replica.reply(self.query, payload)?;
            return self.whole(whole);
        }
        same("an event before the reply", &self.is_on, &true)?;
        same(
            "the slots",
            frame,
            &json!([self.query.resource, name, payload, ack]),
        )?;
        let Some(seq) = payload["seq"].as_u64() else {
            return Ok(());
        };
        same("a position that is proven", &payload.get("at"), &None)?;
        if name == "ended" {
            self.is_on = false;
            return Ok(());
        }
        if seq < self.at {
            return Err("the sequence number decreases".to_owned());
        }
        self.counts.resets += usize::from(name == "reset");
        let whole = self.replica.part(name, payload.clone());
        self.whole(whole)
    }

    /// Checks the frames of one commit, of several as one, or of all records.
    fn whole(&mut self, whole: Option<Vec<Frame>>) -> Result<(), String> {
        let Some(whole) = whole else {
            return Ok(());
        };
        let first = &whole[0].1;
        let seq = first["seq"].as_u64().ok_or("there is no `seq`")?;
        let is_same = |(_, it): &Frame| it["seq"] == first["seq"];
        same("the reported commit", &whole.iter().all(is_same), &true)?;
        if whole[0].0 == "reset" {
            self.advance(seq)?;
        } else if first["folded"] == true {
            self.fold(seq, &whole)?;
        } else {
            if seq == self.at {
                return Err("the commit is reported twice".to_owned());
            }
            self.pass(seq - 1)?;
            let before = self.window.clone();
            let commit = self.step()?;
            let mut reported = without_more(&whole);
            let mut expected = self.changes(&before, Some(&commit), seq);
            let emitted = self.emitted(&commit, &before, seq);
            self.check_order(&reported, &commit)?;
            expected.extend(emitted);
            sort(&mut reported);
            sort(&mut expected);
            same("the reported events", &reported, &expected)?;
            self.counts.commits += 1;
        }
        self.replica.apply(self.query, &whole);
        same(
            "the records of the window",
            &self.replica.records,
            &self.shown(),
        )
    }

    fn fold(&mut self, seq: u64, whole: &[Frame]) -> Result<(), String> {
        let before = self.window.clone();
        let mut dropped = Vec::new();
        while self.at < seq {
            let commit = self.step()?;
            let own = commit
                .emitted
                .iter()
                .filter(|it| it.place == self.query.place);
            let own = own.filter(|it| self.query.has(&it.record));
            dropped.extend(own.map(|it| it.record[self.query.id].to_string()));
        }
        let of_client = dropped.iter().filter(|it| before.contains_key(*it)).count();
        let of_both = dropped.iter();
        let of_both =
            of_both.filter(|it| before.contains_key(*it) || self.window.contains_key(*it));
        let range = of_client..=of_both.count();
        let mut reported = without_more(whole);
        let last = reported.last_mut().and_then(|(_, it)| it.as_object_mut());
        let count = last.and_then(|it| it.remove("dropped"));
        let count = count.and_then(|it| it.as_u64()).unwrap_or_default();
        if !usize::try_from(count).is_ok_and(|count| range.contains(&count)) {
            return Err(format!("{count} events are left out, not {range:?}"));
        }
        reported.retain(|(name, _)| name != "records");
        let mut expected = self.changes(&before, None, seq);
        for (_, payload) in &mut expected {
            payload["folded"] = true.into();
        }
        sort(&mut reported);
        sort(&mut expected);
        self.counts.folds += 1;
        same("what is reported as one", &reported, &expected)
    }

    /// Declared events of records that a commit destroys precede everything else.
    fn check_order(&self, reported: &[Frame], commit: &Commit) -> Result<(), String> {
        let is_change = |(_, it): &Frame| it.get("data").is_none();
        let first = reported.iter().take_while(|it| !is_change(it)).count();
        let last = reported
            .iter()
            .rev()
            .take_while(|it| !is_change(it))
            .count();
        let emitted = |is_last| {
            let own = commit.emitted.iter();
            let own = own.filter(|it| it.place == self.query.place && it.is_last == is_last);
            let ids = own.map(|it| it.record[self.query.id].to_string());
            ids.collect::<BTreeSet<_>>()
        };
        let ids = |frames: &[Frame]| {
            let ids = frames.iter().map(|(_, it)| it["id"].to_string());
            ids.collect::<BTreeSet<_>>()
        };
        if first + last >= reported.len() {
            return Ok(());
        }
        let is_right = ids(&reported[..first]).is_subset(&emitted(true))
            && ids(&reported[reported.len() - last..]).is_subset(&emitted(false));
        let middle = &reported[first..reported.len() - last];
        same(
            "the order of what is reported",
            &(is_right && middle.iter().all(is_change)),
            &true,
        )
    }

    /// Advances to commit `seq`, given that nothing is reported of the commits up to it.
    fn pass(&mut self, seq: u64) -> Result<(), String> {
        while self.at < seq {
            let before = self.window.clone();
            let commit = self.step()?;
            let mut missing = self.changes(&before, Some(&commit), self.at);
            missing.extend(self.emitted(&commit, &before, self.at));
            if !missing.is_empty() {
                return Err(format!("of {} must be reported {missing:?}", self.at));
            }
        }
        Ok(())
    }

    fn advance(&mut self, seq: u64) -> Result<(), String> {
        while self.at < seq {
            self.step()?;
        }
        Ok(())
    }

    /// Applies the next commit.
    fn step(&mut self) -> Result<Commit, String> {
        let at = usize::try_from(self.at).map_err(|error| error.to_string())?;
        self.at += 1;
        let commit = self
            .log
            .get(at)
            .ok_or(format!("there is no commit {}", self.at))?;
        let mut is_concerned = false;
        for change in commit
            .changed
            .iter()
            .filter(|it| it.place == self.query.place)
        {
            let images = [&change.before, &change.after];
            let mut images = images.into_iter().flatten();
            is_concerned |= images.any(|it| self.query.has(it) && !self.is_behind(it));
            match &change.after {
                Some(after) => self.stored.insert(change.id.clone(), after.clone()),
                None => self.stored.remove(&change.id),
            };
        }
        if is_concerned {
            self.find_first();
        }
        Ok(commit.clone())
    }

    /// Whether a record is behind all records of a full window.
    fn is_behind(&self, record: &Value) -> bool {
        let (sort, _) = self.query.window.as_ref().expect("a window");
        let last = self.last.as_ref();
        last.is_some_and(|last| compare(sort, self.query.id, record, last).is_gt())
    }

    /// Finds the first matching records, of all that are stored.
    fn find_first(&mut self) {
        let (sort, limit) = self.query.window.as_ref().expect("a window");
        let matching = self.stored.values().filter(|it| self.query.has(it));
        let mut matching: Vec<Arc<Value>> = matching.cloned().collect();
        matching.sort_by(|a, b| compare(sort, self.query.id, a, b));
        matching.truncate(*limit);
        self.last = matching.get(limit - 1).cloned();
        let keyed = matching
            .into_iter()
            .map(|it| (it[self.query.id].to_string(), it));
        self.window = keyed.collect();
    }

    /// The records that the client must have.
    fn shown(&self) -> BTreeMap<String, Value> {
        let each = self.window.iter();
        each.map(|(key, record)| (key.clone(), self.query.shown(record)))
            .collect()
    }

    /// The frames of the difference between a window and the current one, which `commit` made if it is one commit.
    fn changes(&self, before: &Records, commit: Option<&Commit>, seq: u64) -> Vec<Frame> {
        let changed = commit.map(|commit| {
            let own = commit
                .changed
                .iter()
                .filter(|it| it.place == self.query.place);
            let after = own.filter_map(|it| it.after.as_ref());
            let ids = after.map(|it| it[self.query.id].to_string());
            ids.collect::<BTreeSet<_>>()
        });
        let came = self.window.iter().filter_map(|(key, record)| {
            let name = match before.get(key) {
                None => "created",
                Some(was) => {
                    // A change of a property that is not sent is reported as well.
                    let is_changed = changed
                        .as_ref()
                        .map_or(was != record, |ids| ids.contains(key));
                    is_changed.then_some("updated")?
                }
            };
            let shown = self.query.shown(record);
            let payload = json!({"id": record[self.query.id], "record": shown, "seq": seq});
            Some((name.to_owned(), payload))
        });
        let gone = before
            .iter()
            .filter(|(key, _)| !self.window.contains_key(*key));
        let gone = gone.map(|(_, record)| {
            let id = &record[self.query.id];
            let text = id.as_str().map_or(id.to_string(), str::to_owned);
            let stored = self.stored.get(&text);
            let mut payload = json!({"id": id, "seq": seq});
            if stored.is_some_and(|it| self.query.can_read(it)) {
                payload["left"] = true.into();
            }
            ("destroyed".to_owned(), payload)
        });
        came.chain(gone).collect()
    }

    /// The declared events of the records in the window.
    fn emitted(&self, commit: &Commit, before: &Records, seq: u64) -> Vec<Frame> {
        let own = commit
            .emitted
            .iter()
            .filter(|it| it.place == self.query.place);
        let reported = own.filter_map(|it| {
            let name = *self.query.events.get(it.event)?;
            let key = it.record[self.query.id].to_string();
            let window = if it.is_last { before } else { &self.window };
            let payload = json!({"id": it.record[self.query.id], "data": it.data, "seq": seq});
            (window.contains_key(&key) && self.query.has(&it.record))
                .then(|| (name.to_owned(), payload))
        });
        reported.collect()
    }
}

fn without_more(whole: &[Frame]) -> Vec<Frame> {
    let mut reported = whole.to_vec();
    for payload in reported.iter_mut().filter_map(|(_, it)| it.as_object_mut()) {
        payload.remove("more");
    }
    reported
}

fn sort(frames: &mut [Frame]) {
    frames.sort_by_key(|(name, payload)| (payload["id"].to_string(), name.clone()));
}
