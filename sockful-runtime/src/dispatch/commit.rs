//! `["sockful", "commit", …]`: several writes in one atomic commit.

use crate::core::config::MAX_WRITES;
use crate::core::error::{Error, ErrorKind, Fault, Result};
use crate::core::json;
use crate::core::json::object::Object;
use crate::engine::call::after_hooks;
use crate::engine::call::commit;
use crate::engine::call::context::Context;
use crate::engine::call::rerun;
use crate::engine::call::response_draft::{BatchRecord, ResponseDraft};
use crate::engine::call::stage::Staged;
use crate::engine::call::write::{Write, WriteKind};
use crate::engine::session::Session;
use crate::engine::table::{Action, CoreAction};
use crate::model::definition::Relation;
use crate::model::reader::Origin;
use crate::model::relation::RelationLink;
use crate::model::resource_model::Model;
use crate::protocol::payload::Payload;
use crate::protocol::reply;
use crate::protocol::reply::{Body, Done, Reply};
use serde_json::value::RawValue;
use std::borrow::Cow;
use tokio::task::yield_now;

/// A write of the batch, with its part of the payload.
struct BatchWrite<'a> {
    model: &'a Model,
    kind: WriteKind,
    through: Option<&'a RelationLink>,
    payload: Payload,
}

impl BatchWrite<'_> {
    fn write(&self) -> Write<'_> {
        Write {
            through: self.through,
            ..Write::new(self.model, self.kind, &self.payload, Origin::Client)
        }
    }
}

/// Performs all writes of the payload in order, or none of them.
pub(super) async fn run(session: &Session, context: &Context, payload: &Payload) -> Reply {
    let batch = parse(session, payload)?;
    let writes: Vec<_> = batch.iter().map(BatchWrite::write).collect();
    for (at, write) in writes.iter().enumerate() {
        let within = |error: Error| error.within(&place(at));
        context.admit(write.model.index).map_err(within)?;
        write.parse().map_err(within)?;
        // If there are several writes, the hooks of the others have not run yet.
        if writes.len() > 1 {
            write.authorize_user(context).map_err(within)?;
        }
    }
    let leads_to_hooks = |write: &Write<'_>| {
        let resource = Some(write.model.index);
        context.app().may_run_after_hooks(resource)
    };
    if let Some(write) = writes.iter().find(|write| leads_to_hooks(write)) {
        after_hooks::wait_for_room(context, Some(write.model.index)).await;
    }
    let call = context.begin();
    let _escalation = call.transaction()?.escalation_scope();
    loop {
        call.transaction()?.clear();
        let written = match stage_all(context, &call, &writes).await {
            Ok(written) => written,
            Err(error) => {
                rerun::after_error(&call, error).await?;
                continue;
            }
        };
        let Some(outcome) = commit::commit(&call, ResponseDraft::Records(&written), None).await?
        else {
            continue;
        };
        let shown = written.into_iter().map(|one| {
            let model = context.model(one.resource);
            context.shown(model, one.settled(&outcome))
        });
        return Ok(Done {
            seq: outcome.seq(),
            ..Done::bare(Body::List(shown.collect::<Result<_>>()?))
        });
    }
}

/// Stages all writes in the transaction of `call`.
async fn stage_all(
    context: &Context,
    call: &Context,
    writes: &[Write<'_>],
) -> Result<Vec<BatchRecord>> {
    let max_reply = context.app().config.request.max_reply;
    let mut staged_records = StagedRecords::new(max_reply);
    for (at, write) in writes.iter().enumerate() {
        let within = |error: Error| error.within(&place(at));
        let (given, id) = write.parse().map_err(within)?;
        let staged = write
            .stage(call, given, id.as_deref())
            .await
            .map_err(within)?;
        staged_records.add(BatchRecord {
            resource: write.model.index,
            is_gone: matches!(staged, Staged::Gone(_)),
            record: staged.record(call, write.model).await?,
        })?;
        if staged_records.must_yield() {
            yield_now().await;
        }
    }
    let mut written = staged_records.records;
    // A record that is written several times occurs as often in the result, each time in its final
    // state if it still exists.
    for (one, write) in written.iter_mut().zip(writes) {
        if !one.is_gone
            && let Some(last) = call.get(write.model, one.record.id()).await?
        {
            one.record = last;
        }
    }
    let bytes = written.iter().map(|one| one.record.sent().len() + 1).sum();
    reply::check_room("the result", bytes, max_reply)?;
    Ok(written)
}

/// How many bytes of records are staged before the task yields.
const BYTES_PER_YIELD: usize = 64 * 1024;

/// The limit for the records of a batch while it is staged, as a multiple of the reply limit: a
/// later write may make them smaller.
const STAGED_FACTOR: usize = 4;

/// The records of a batch while it is staged, in the order of the writes.
struct StagedRecords {
    records: Vec<BatchRecord>,
    bytes: usize,
    max_reply: usize,
    since_yield: usize,
}

impl StagedRecords {
    fn new(max_reply: usize) -> Self {
        Self {
            records: Vec::new(),
            bytes: 0,
            max_reply,
            since_yield: 0,
        }
    }

    /// Adds a written record.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`] if the records exceed [`STAGED_FACTOR`] times the limit of the
    /// result.
    fn add(&mut self, written: BatchRecord) -> Result<()> {
        let size = written.record.sent().len() + 1;
        self.since_yield += size;
        self.bytes += size;
        self.records.push(written);
        if self.bytes <= self.max_reply.saturating_mul(STAGED_FACTOR) {
            return Ok(());
        }
        let message = format!(
            "the records before the last writes are larger than {STAGED_FACTOR} times \
                `max_reply`"
        );
        Err(Error::new(ErrorKind::TooLarge, message).with_limit("max_reply", self.max_reply))
    }

    /// Whether the task must yield before the next write.
    fn must_yield(&mut self) -> bool {
        let is_due = self.since_yield >= BYTES_PER_YIELD;
        if is_due {
            self.since_yield = 0;
        }
        is_due
    }
}

fn parse<'a>(session: &'a Session, payload: &Payload) -> Result<Vec<BatchWrite<'a>>> {
    let shape = |path: String| {
        let message = "is not a list of writes, each [resource, action, payload]";
        Error::invalid(vec![Fault::new(path, "type", message)])
    };
    let text = payload.text();
    if !text.starts_with('[') {
        return Err(shape(String::new()));
    }
    let listed = json::list(text).map_err(|error| Error::bad_frame(&error))?;
    if listed.len() > MAX_WRITES {
        let message = "too many writes in one commit";
        return Err(Error::new(ErrorKind::TooMany, message).with_limit("max_writes", MAX_WRITES));
    }
    let writes = listed.iter().enumerate().map(|(at, raw)| {
        let parts = json::list(raw.get()).map_err(|_| shape(place(at)))?;
        let (resource, action, part) = match *parts.as_slice() {
            [resource, action] => (resource, action, ""),
            [resource, action, part] => (resource, action, part.get()),
            _ => return Err(shape(place(at))),
        };
        let name = |raw: &RawValue| {
            json::string(raw.get())
                .map(Cow::into_owned)
                .ok_or_else(|| shape(place(at)))
        };
        let (resource, action) = (name(resource)?, name(action)?);
        write(session, &resource, &action, payload.part(part))
            .map_err(|error| error.within(&place(at)))
    });
    writes.collect()
}

fn write<'a>(
    session: &'a Session,
    resource: &str,
    action: &str,
    payload: Payload,
) -> Result<BatchWrite<'a>> {
    let route = session.app.route(resource, action)?;
    let model = session.app.model(route.resource);
    let (kind, through) = match route.action {
        Action::Core(CoreAction::Create) => (WriteKind::Create, None),
        Action::Core(CoreAction::Update) => (WriteKind::Update, None),
        Action::Core(CoreAction::Save) => (WriteKind::Save, None),
        Action::Core(CoreAction::Destroy) => (WriteKind::Destroy, None),
        Action::Relation(Relation::Create, parent) => (WriteKind::Create, Some(parent)),
        Action::Relation(Relation::Update, parent) => (WriteKind::Update, Some(parent)),
        Action::Relation(Relation::Destroy, parent) => (WriteKind::Destroy, Some(parent)),
        _ => {
            let message =
                "is not a write; a commit accepts `create`, `update`, `save` and `destroy`";
            return Err(Error::invalid(vec![Fault::new("[1]", "action", message)]));
        }
    };
    let relations = &session.app.relations;
    let through = through.map(|parent| relations.link(model.index, parent));
    Ok(BatchWrite {
        model,
        kind,
        through: through.transpose()?,
        payload,
    })
}

/// Hides the parts of a stored result that the caller may no longer read at a retry.
///
/// A record that did not exist at the end of the commit may have been stored as JSON. The policies
/// cannot be evaluated without the complete record, so a caller whose reads are filtered only gets
/// its id.
pub(super) fn hide_stored(
    session: &Session,
    context: &Context,
    payload: &Payload,
    mut done: Done,
) -> Reply {
    let Body::List(list) = &mut done.body else {
        return Ok(done);
    };
    if list.iter().all(|one| !matches!(one, Body::Json(_))) {
        return Ok(done);
    }
    for (one, write) in list.iter_mut().zip(parse(session, payload)?) {
        let Body::Json(json) = one else { continue };
        let model = write.model;
        if context.read_filter(model.index)?.filter().is_none() {
            continue;
        }
        let text = String::from_utf8_lossy(json).into_owned();
        let record = Object::parse(&text)?;
        let id = record.take(model.id_name()).unwrap_or("null");
        let name = serde_json::Value::from(model.id_name());
        *json = format!("{{{name}:{id}}}").into_bytes();
    }
    Ok(done)
}

/// The path of a write in the payload.
fn place(at: usize) -> String {
    format!("[{at}]")
}

#[cfg(test)]
mod tests {
    use crate::core::config::Config;
    use crate::store::conformance::sample::{Serving, TOYS};
    use serde_json::{Value, json};

    const MAX_REPLY: usize = 8 * 1024;

    async fn commit(writes: Vec<Value>) -> Value {
        let mut config = Config::default();
        config.request.max_reply = MAX_REPLY;
        let serving = Serving::start(TOYS, config).await;
        serving.ask(json!(["sockful", "commit", writes, 1])).await
    }

    fn save(id: &str, size: usize) -> Value {
        json!(["toy", "save", {"id": id, "note": "n".repeat(size)}])
    }

    #[tokio::test]
    async fn batch_is_checked_in_its_final_state() {
        let reply = commit(vec![
            save("a", MAX_REPLY),
            save("b", MAX_REPLY),
            save("a", 1),
            save("b", 1),
        ])
        .await;
        assert_eq!(reply["ok"].as_array().map(Vec::len), Some(4), "{reply}");
        assert_eq!(reply["ok"][0], reply["ok"][2], "{reply}");
        for too_large in [
            vec![save("a", 1), save("a", MAX_REPLY)],
            vec![save("a", 1), save("a", 1), save("a", MAX_REPLY / 2)],
            vec![save("a", MAX_REPLY), json!(["toy", "destroy", {"id": "a"}])],
        ] {
            let reply = commit(too_large).await;
            assert_eq!(reply["err"]["code"], "too_large", "{reply}");
        }
    }

    #[tokio::test]
    async fn staged_batch_is_bounded() {
        let ids: Vec<_> = (0..10).map(|n| n.to_string()).collect();
        let large = ids.iter().map(|id| save(id, MAX_REPLY));
        let small = ids.iter().map(|id| save(id, 1));
        let reply = commit(large.chain(small).collect()).await;
        assert_eq!(reply["err"]["code"], "too_large", "{reply}");
        // Each version counts, also if all are of one record.
        let versions = |count| {
            let each = 0..count;
            each.flat_map(|_| [save("a", MAX_REPLY), save("a", 1)])
                .collect()
        };
        let reply = commit(versions(3)).await;
        assert!(reply["ok"].is_array(), "{reply}");
        let reply = commit(versions(5)).await;
        assert_eq!(reply["err"]["code"], "too_large", "{reply}");
    }
}
