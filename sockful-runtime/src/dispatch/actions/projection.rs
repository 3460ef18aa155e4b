//! Projections: which properties and related records of each record are requested.

use crate::core::bounded_text::{BoundedText, Full};
use crate::core::error::{Error, Result};
use crate::core::json::object::Object;
use crate::engine::app::App;
use crate::engine::call::context::Context;
use crate::engine::call::include::{
    CutList, HiddenRoom, IncludeRoom, Includes, LoadedIncludes, OverRoom,
};
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::model::resource_model::Model;
use crate::protocol::reply;
use crate::protocol::reply::{Body, Continuation, Done, Reply, Selection};
use crate::query;
use crate::store::Snapshot;
use std::sync::Arc;

/// The properties and related records of a request.
#[derive(Debug)]
pub(super) struct Projection {
    pub(super) selection: Selection,
    pub(super) includes: Includes,
}

/// A list of records with their included records as JSON: as many as fit in the reply.
#[derive(Debug)]
pub(super) struct Rendered {
    /// The list without its closing bracket.
    text: Vec<u8>,
    room: usize,
    hidden: HiddenRoom,
    /// The end of each record in the text, and the number of `cuts` up to that record.
    ends: Vec<(usize, usize)>,
    /// The included lists that were cut.
    cuts: Vec<CutList>,
}

impl Projection {
    /// Takes `$select` and `$with` out of a payload.
    pub(super) fn take(app: &App, model: &Model, given: &Object<'_>) -> Result<Self> {
        let select = given.take("$select");
        let select = select.map(|raw| query::select(model, raw)).transpose()?;
        Ok(Self {
            selection: Selection::of(model.definition, select),
            includes: Includes::parse(app, model.index, given.take("$with"))?,
        })
    }

    /// Reads one record by its id, if it satisfies `is_meant`.
    pub(super) async fn one(
        self,
        context: &Context,
        model: &Model,
        id: &str,
        is_meant: impl Fn(&Record) -> bool + Send,
    ) -> Reply {
        let not_found = || Error::not_found(model.definition.name);
        let read_filter = context.read_filter(model.index)?;
        let is_meant = |record: &Record| is_meant(record) && read_filter.allows(record);
        if self.includes.is_empty() {
            let view = context.store().get(model.index, id).await?;
            let record = view.value.filter(|record| is_meant(record));
            let body = Body::Record(record.ok_or_else(not_found)?, self.selection);
            return Ok(Done::new(body, view.seq));
        }
        let snapshot = self.snapshot(context, model, &[]).await?;
        let found = snapshot.get_many(model.index, vec![id.into()], usize::MAX);
        let mut found = found.await?;
        let record = found.pop().flatten().filter(|record| is_meant(record));
        let record = record.ok_or_else(not_found)?;
        let (rev, only) = (record.shown_rev(), [Some(record)]);
        let mut written = Rendered::new(context);
        self.write(context, &*snapshot, &only, &mut written).await?;
        let (mut text, cut) = written.complete(context, 1)?;
        text.remove(0);
        let done = Done {
            rev,
            ..Done::new(Body::Json(text), snapshot.seq())
        };
        Ok(done.with(Continuation {
            cut,
            ..Continuation::default()
        }))
    }

    /// A snapshot of all resources that the projection reads, and of `also`.
    pub(super) async fn snapshot(
        &self,
        context: &Context,
        model: &Model,
        also: &[&'static ResourceDef],
    ) -> Result<Arc<dyn Snapshot>> {
        let mut resources = self.includes.resources(model.index);
        for definition in also {
            resources.push(context.app().index_of(definition)?);
        }
        context.store().snapshot(&resources).await
    }

    /// Appends as many of the records as fit, with their included records; missing records are
    /// `null`.
    ///
    /// Reading and writing stop at the limit. If the records are too large to be read together,
    /// they are read in halves.
    pub(super) async fn write(
        &self,
        context: &Context,
        snapshot: &dyn Snapshot,
        records: &[Option<Arc<Record>>],
        rendered: &mut Rendered,
    ) -> Result<()> {
        let start = rendered.len();
        let mut step = records.len();
        while let rest @ [_, ..] = &records[rendered.len() - start..] {
            let some = &rest[..step.min(rest.len())];
            let there = some.iter().flatten().map(|record| &**record).collect();
            let mut room = IncludeRoom::new(rendered.room_left(), rendered.hidden);
            let read = LoadedIncludes::read(context, snapshot, &self.includes, there, &mut room);
            let read = read.await?;
            rendered.hidden = room.hidden();
            match read {
                Ok(mut loaded) => {
                    if rendered.add(&mut loaded, &self.selection, some).is_err() {
                        break;
                    }
                }
                Err(OverRoom) if some.len() == 1 || !rendered.hidden.is_left() => break,
                Err(OverRoom) => step = some.len().div_ceil(2),
            }
        }
        Ok(())
    }
}

impl Rendered {
    pub(super) fn new(context: &Context) -> Self {
        let room = reply::room(context.app().config.request.max_reply);
        Self {
            text: vec![b'['],
            room,
            hidden: HiddenRoom::new(room),
            ends: Vec::new(),
            cuts: Vec::new(),
        }
    }

    /// The number of records that were written.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The number of bytes, including the cursors of the lists that were cut.
    fn size(&self) -> usize {
        self.text.len() + self.cuts.iter().map(CutList::len).sum::<usize>()
    }

    fn room_left(&self) -> usize {
        self.room.saturating_sub(self.size())
    }

    /// Writes further records until one does not fit.
    fn add(
        &mut self,
        loaded: &mut LoadedIncludes<'_>,
        selection: &Selection,
        records: &[Option<Arc<Record>>],
    ) -> Result<(), Full> {
        let mut place = 0;
        let mut cut_bytes: usize = self.cuts.iter().map(CutList::len).sum();
        for record in records {
            let (end, cuts) = (self.text.len(), self.cuts.len());
            // One byte is reserved for the closing bracket.
            let max = self.room.saturating_sub(cut_bytes + 1);
            let mut out = BoundedText::new(&mut self.text, max);
            let comma: &[u8] = if self.ends.is_empty() { b"" } else { b"," };
            let written = out.push(comma).and_then(|()| match record {
                Some(record) => loaded.write(place, record, selection, &mut out, &mut self.cuts),
                None => out.push(b"null"),
            });
            cut_bytes += self.cuts[cuts..].iter().map(CutList::len).sum::<usize>();
            if written.is_err() || self.text.len() + cut_bytes >= self.room {
                self.text.truncate(end);
                self.cuts.truncate(cuts);
                return Err(Full);
            }
            place += usize::from(record.is_some());
            self.ends.push((self.text.len(), self.cuts.len()));
        }
        Ok(())
    }

    /// Replaces the list by one record for each of `places`, the index of the record in the present
    /// list, until one does not fit. The first occurrences of the indices are in ascending order.
    pub(super) fn expand(&mut self, places: &[usize]) {
        if places.len() == self.len() {
            return;
        }
        let ends = std::mem::take(&mut self.ends);
        let once = std::mem::replace(&mut self.text, vec![b'[']);
        let cut_bytes: usize = self.cuts.iter().map(CutList::len).sum();
        let mut cuts = 0;
        for &place in places {
            let Some(&(end, cuts_up_to)) = ends.get(place) else {
                return;
            };
            // In the present list, a comma precedes each record except the first.
            let start = match place.checked_sub(1) {
                Some(before) => ends[before].0 + 1,
                None => 1,
            };
            let comma: &[u8] = if self.ends.is_empty() { b"" } else { b"," };
            // One byte is reserved for the closing bracket.
            let max = self.room.saturating_sub(cut_bytes + 1);
            let length = self.text.len();
            let mut out = BoundedText::new(&mut self.text, max);
            let written = out.push(comma).and_then(|()| out.push(&once[start..end]));
            if written.is_err() {
                self.text.truncate(length);
                return;
            }
            cuts = cuts.max(cuts_up_to);
            self.ends.push((self.text.len(), cuts));
        }
    }

    /// Removes the last record if the members beside the list, which take `bytes`, need its room.
    pub(super) fn make_room(&mut self, bytes: usize) -> bool {
        if self.size() + bytes < self.room || self.ends.pop().is_none() {
            return false;
        }
        let (end, cuts) = self.ends.last().copied().unwrap_or((1, 0));
        self.text.truncate(end);
        self.cuts.truncate(cuts);
        true
    }

    /// The complete list, if it has all `records`, and where included lists that were cut continue.
    pub(super) fn list(self, context: &Context, records: usize) -> Result<(Body, Option<String>)> {
        let (mut text, cut) = self.complete(context, records)?;
        text.push(b']');
        Ok((Body::Json(text), cut))
    }

    fn complete(self, context: &Context, records: usize) -> Result<(Vec<u8>, Option<String>)> {
        if self.len() < records {
            let max_reply = context.app().config.request.max_reply;
            return Err(Error::too_large("the result", "max_reply", max_reply));
        }
        Ok((self.text, CutList::to_json(self.cuts)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::config::Config;
    use crate::store::conformance::sample::{Serving, TOYS};
    use serde_json::json;
    use std::future::poll_fn;
    use std::pin::pin;

    const MAX_REPLY: usize = 16 * 1024;

    /// A sample of 4 KiB with 40 toys of about 512 bytes as its children.
    async fn large() -> Serving {
        let mut config = Config::default();
        config.request.max_reply = MAX_REPLY;
        let serving = Serving::start(TOYS, config).await;
        let sample = json!({"id": "s", "kind": "k".repeat(4 * 1024)});
        let mut writes = vec![json!(["sample", "create", sample, 1])];
        for n in 0..40 {
            let toy = json!({"id": format!("{n:02}"), "owner_id": "s", "note": "n".repeat(500)});
            writes.push(json!(["toy", "create", toy, 1]));
        }
        for write in writes {
            let reply = serving.ask(write).await;
            assert!(reply["ok"].is_object(), "{reply}");
        }
        serving
    }

    #[tokio::test]
    async fn writing_stops_at_max_reply() {
        let serving = large().await;
        let context = serving.context();
        let model = context.model(1);
        for with in [r#"["owner"]"#, r#"["owner.toys.owner"]"#] {
            let projection = Projection {
                selection: Selection::All,
                includes: Includes::parse(context.app(), model.index, Some(with))
                    .expect("relations"),
            };
            let snapshot = projection
                .snapshot(&context, model, &[])
                .await
                .expect("a snapshot");
            let one = snapshot.get_many(model.index, vec!["07".into()], usize::MAX);
            let one = one.await.expect("a toy").pop().expect("one");
            let repeated = vec![one; 1_000];
            let mut written = Rendered::new(&context);
            let write = projection.write(&context, &*snapshot, &repeated, &mut written);
            write.await.expect("a part");
            let size = written.text.capacity();
            assert!(size <= 3 * MAX_REPLY, "{with}: {size} bytes");
            assert!(written.len() <= 4, "{with}: {} records", written.len());
            assert!(written.list(&context, repeated.len()).is_err());
        }
    }

    #[tokio::test]
    async fn list_with_large_includes_is_cut_and_continues() {
        let serving = large().await;
        let mut ids = Vec::new();
        let mut after = serde_json::Value::Null;
        for _ in 0..40 {
            let mut query = json!({"$with": ["owner"], "$limit": 40});
            if !after.is_null() {
                query["$after"] = after;
            }
            let mut reply = serving.ask(json!(["toy", "find", query, 1])).await;
            let page = reply["ok"].as_array().expect("a list");
            assert!((1..=3).contains(&page.len()), "{}", page.len());
            ids.extend(page.iter().map(|toy| toy["id"].as_str().map(str::to_owned)));
            after = reply["next"].take();
            if after.is_null() {
                break;
            }
        }
        let all: Vec<_> = (0..40).map(|n| Some(format!("{n:02}"))).collect();
        assert_eq!(ids, all);
    }

    #[tokio::test]
    async fn reading_included_records_stops_at_max_reply() {
        let serving = large().await;
        serving.take_calls();
        let get = json!({"id": "s", "$with": ["toys.owner", "toys.parts"]});
        let reply = serving.ask(json!(["sample", "get", get, 1])).await;
        assert_eq!(reply["err"]["code"], "too_large", "{reply}");
        // The includes of the toys are not read any more.
        assert_eq!(serving.take_calls(), ["snapshot", "get_many", "related"]);
    }

    #[tokio::test]
    async fn reading_much_lets_other_tasks_run() {
        let mut config = Config::default();
        config.request.max_reply = 1024 * 1024;
        let serving = Serving::start(TOYS, config).await;
        let mut polls = Vec::new();
        for (owner, bytes) in [("small", 10), ("large", 50_000)] {
            let write = json!(["sample", "create", {"id": owner}, 1]);
            serving.ask(write).await;
            for n in 0..10 {
                let note = "n".repeat(bytes);
                let toy = json!({"id": format!("{owner}{n}"), "owner_id": owner, "note": note});
                serving.ask(json!(["toy", "create", toy, 1])).await;
            }
            let get = json!({"id": owner, "$with": ["toys"]});
            let mut reply = pin!(serving.ask(json!(["sample", "get", get, 1])));
            let mut times = 0;
            let reply = poll_fn(|cx| {
                times += 1;
                reply.as_mut().poll(cx)
            });
            assert!(reply.await["ok"].is_object());
            polls.push(times);
        }
        assert!(polls[1] > polls[0], "{polls:?}");
    }

    #[tokio::test]
    async fn repeated_large_records_are_read_once_with_select() {
        let serving = large().await;
        serving.take_calls();
        // The 40 records are larger than a reply, so each `get_many` returns only some of them.
        let once: Vec<_> = (0..40).map(|n| format!("{n:02}")).collect();
        let repeated = |times| [once.as_slice()].repeat(times).concat();
        let ids = repeated(8);
        let get = json!({"id": ids, "$select": ["id", "owner_id"]});
        let reply = serving.ask(json!(["toy", "get", get, 1])).await;
        let toys = reply["ok"].as_array().expect("a list");
        let shown: Vec<_> = toys.iter().map(|toy| toy["id"].as_str()).collect();
        let asked: Vec<_> = ids.iter().map(|id| Some(id.as_str())).collect();
        assert_eq!(shown, asked);
        let calls = serving.take_calls();
        let reads = calls.iter().filter(|&&call| call == "get_many").count();
        assert!(reads <= 3, "{calls:?}");
        // Repeated records count each time that they occur in the reply.
        let get = json!({"id": repeated(25), "$select": ["id", "owner_id"]});
        let reply = serving.ask(json!(["toy", "get", get, 1])).await;
        assert_eq!(reply["err"]["code"], "too_large", "{reply}");
    }

    #[tokio::test]
    async fn repeated_id_is_read_once_and_is_at_each_position() {
        let serving = large().await;
        for with in [json!({}), json!({"$with": ["parts"]})] {
            let mut get = with;
            get["id"] = json!(["01", "gone", "01", "02", "gone"]);
            let reply = serving.ask(json!(["toy", "get", get, 1])).await;
            let ids: Vec<_> = reply["ok"].as_array().expect("a list").iter().collect();
            let ids: Vec<_> = ids.iter().map(|toy| toy["id"].as_str()).collect();
            assert_eq!(ids, [Some("01"), None, Some("01"), Some("02"), None]);
        }
    }
}
