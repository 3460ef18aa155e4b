//! Writes one record: as part of a transaction or in a separate one.

use crate::core::error::{Error, ErrorKind, Result};
use crate::core::json::merge;
use crate::core::json::object::Object;
use crate::engine::auth::policy::Grant;
use crate::engine::call::after_hooks;
use crate::engine::call::commit::commit_before_hooks;
use crate::engine::call::context::Context;
use crate::engine::call::destroy;
use crate::engine::call::rerun;
use crate::engine::call::response_draft::ResponseDraft;
use crate::engine::call::stage;
use crate::engine::call::stage::Staged;
use crate::model::key;
use crate::model::reader::Origin;
use crate::model::record::Record;
use crate::model::relation::RelationLink;
use crate::model::resource_model::Model;
use crate::protocol::payload::Payload;
use crate::protocol::reply::{Body, Done, Reply, Selection};
use crate::query::ReadFilter;
use futures_util::FutureExt;
use std::borrow::Cow;
use std::sync::Arc;

/// A write of one record, which may be staged several times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write<'a> {
    pub(crate) model: &'a Model,
    pub(crate) kind: WriteKind,
    pub(crate) payload: &'a Payload,
    pub(crate) by: Origin,
    /// The revision that the record is required to have.
    pub(crate) if_rev: Option<u64>,
    /// The relation through which the record is addressed, with the parent's id in the payload.
    pub(crate) through: Option<&'a RelationLink>,
}

/// The kind of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteKind {
    Create,
    Update,
    Save,
    Destroy,
}

impl<'a> Write<'a> {
    /// A write that addresses the record directly, not through a relation.
    pub(crate) fn new(model: &'a Model, kind: WriteKind, payload: &'a Payload, by: Origin) -> Self {
        Self {
            model,
            kind,
            payload,
            by,
            if_rev: None,
            through: None,
        }
    }

    /// Runs the write as part of the current transaction, or in a separate transaction.
    pub(crate) async fn run(self, context: &Context) -> Reply {
        if context.is_in_transaction() {
            let (given, id) = self.parse()?;
            let transaction = context.transaction()?;
            let before = transaction.writes();
            let staged = self.stage(context, given, id.as_deref()).await;
            let staged = staged.inspect_err(|error| {
                if self.has_parts(context) {
                    transaction.poison_beyond(before, error);
                }
            })?;
            let record = staged.record(context, self.model).await?;
            return self.done(context, record, None);
        }
        let (mut given, id) = self.parse()?;
        after_hooks::wait_for_room(context, Some(self.model.index)).await;
        let guard = match &id {
            Some(id) => Some(
                context
                    .app()
                    .record_locks
                    .lock((self.model.index, &**id))
                    .await,
            ),
            None => None,
        };
        let call = context.begin();
        let _escalation = call.transaction()?.escalation_scope();
        loop {
            let staged = match self.stage(&call, given, id.as_deref()).await {
                Ok(staged) => staged,
                Err(error) => {
                    rerun::after_error(&call, error).boxed().await?;
                    call.transaction()?.clear();
                    (given, _) = self.parse()?;
                    continue;
                }
            };
            let draft = ResponseDraft::Record(self.model.index, staged.id());
            if let Some((outcome, after)) = commit_before_hooks(&call, draft, None).await? {
                drop(guard);
                after.run().await;
                let record = staged.settled(self.model, &outcome)?;
                return self.done(context, record, outcome.seq());
            }
            call.transaction()?.clear();
            (given, _) = self.parse()?;
        }
    }

    /// The reply to the write. A client that cannot read the resulting record only receives its id.
    fn done(&self, context: &Context, record: Arc<Record>, seq: Option<u64>) -> Reply {
        let rev = record.shown_rev();
        let body = match self.by {
            Origin::Client => context.shown(self.model, record)?,
            Origin::Server => Body::Record(record, Selection::All),
        };
        Ok(Done {
            seq,
            rev,
            ..Done::bare(body)
        })
    }

    /// The payload, and the id that was taken from it.
    pub(crate) fn parse(&self) -> Result<(Object<'a>, Option<Cow<'a, str>>)> {
        let given = self.payload.object()?;
        let id = self.id(&given)?;
        Ok((given, id))
    }

    /// Stages the write in the transaction of `context`, with the result of [`parse`](Self::parse).
    pub(crate) async fn stage(
        self,
        context: &Context,
        mut given: Object<'_>,
        id: Option<&str>,
    ) -> Result<Staged> {
        let parent = match self.through {
            Some(link) => Some(self.parent(context, link, &mut given).boxed().await?),
            None => None,
        };
        let parent = parent.as_deref();
        let needs_grant = self.by == Origin::Client;
        let read_filter = if needs_grant {
            context.read_filter(self.model.index)?
        } else {
            ReadFilter::ALL
        };
        let grant_of = |grant| needs_grant.then_some(grant);
        loop {
            let stored = match id {
                Some(id) => context.get(self.model, id).await?,
                None => None,
            };
            let stored = stored.filter(|stored| self.is_under(context, parent, stored));
            // The reply cannot hide that the id of a new record is taken by a hidden one.
            let is_hidden = |stored: &Arc<Record>| !read_filter.allows(stored);
            let stored = match (self.kind, stored) {
                (WriteKind::Save, Some(stored)) if is_hidden(&stored) => return Err(self.exists()),
                (WriteKind::Update | WriteKind::Destroy, Some(stored)) if is_hidden(&stored) => {
                    None
                }
                (_, stored) => stored,
            };
            let staged = match (self.kind, stored) {
                (WriteKind::Save, None) if self.if_rev.is_some() => {
                    let message = "the record does not exist, so its revision does not match";
                    return Err(Error::new(ErrorKind::Conflict, message).at("if_rev"));
                }
                (WriteKind::Create, stored) | (WriteKind::Save, stored @ None) => {
                    if needs_grant {
                        context.authorize_user(Grant::Create, self.model)?;
                    }
                    let record = self.model.create(&given, self.by)?;
                    if stored.is_some() {
                        return Err(self.exists());
                    }
                    self.check_parents_readable(context, None, &record).await?;
                    let grant = grant_of(Grant::Create);
                    stage::stage(context, self.model, None, record, grant).await?
                }
                (WriteKind::Update | WriteKind::Destroy, None) => {
                    return Err(Error::not_found(self.model.definition.name));
                }
                (kind, Some(stored)) => {
                    let grant = grant_of(match kind {
                        WriteKind::Destroy => Grant::Destroy,
                        _ => Grant::Update,
                    });
                    if let Some(grant) = grant {
                        context.ask(grant, self.model, Some(&stored))?;
                    }
                    stored.expect_rev(self.if_rev)?;
                    match kind {
                        WriteKind::Destroy => {
                            given.finish()?;
                            destroy::stage(context, self.model, &stored).boxed().await?;
                            Some(Staged::Gone(stored))
                        }
                        WriteKind::Save => {
                            let record = self.model.replace(&given, &stored, self.by)?;
                            self.check_parents_readable(context, Some(&stored), &record)
                                .await?;
                            let stored = Some(&stored);
                            stage::stage(context, self.model, stored, record, grant).await?
                        }
                        _ => {
                            let record = if self.payload.is_merge_patch {
                                self.merge(&stored)?
                            } else {
                                self.model.change(&given, &stored, self.by)?
                            };
                            self.check_parents_readable(context, Some(&stored), &record)
                                .await?;
                            let stored = Some(&stored);
                            stage::stage(context, self.model, stored, record, grant).await?
                        }
                    }
                }
            };
            if let Some(staged) = staged {
                return Ok(staged);
            }
        }
    }

    /// Checks the policies that decide by the user alone. A save may create or update, and is
    /// refused if neither is allowed.
    pub(crate) fn authorize_user(&self, context: &Context) -> Result<()> {
        let ask = |grant| context.authorize_user(grant, self.model);
        match self.kind {
            WriteKind::Create => ask(Grant::Create),
            WriteKind::Update => ask(Grant::Update),
            WriteKind::Destroy => ask(Grant::Destroy),
            WriteKind::Save => ask(Grant::Create).or_else(|_| ask(Grant::Update)),
        }
    }

    /// The stored record with a merge patch (RFC 7396) applied.
    fn merge(&self, stored: &Record) -> Result<Record> {
        let mut given = self.payload.object()?;
        given.take(self.model.id_name());
        if let Some(link) = self.through {
            given.remove(self.model.definition.properties[link.parent.property].name);
        }
        let properties = self.model.definition.properties;
        let patch = merge::patch(&given.rest(), |name| {
            let at = properties.iter().position(|it| it.name == name)?;
            Some(stored.value(at))
        })?;
        self.model.change(&Object::parse(&patch)?, stored, self.by)
    }

    /// The id in the payload, which may only be missing if the record may be created.
    fn id<'g>(&self, given: &Object<'g>) -> Result<Option<Cow<'g, str>>> {
        let is_new =
            self.kind == WriteKind::Create || self.kind == WriteKind::Save && self.if_rev.is_none();
        if !is_new {
            return self.model.id(given).map(Some);
        }
        match given.take(self.model.id_name()) {
            // An invalid id is reported with the other validation errors.
            Some(raw) if self.kind == WriteKind::Create => {
                Ok(key::canonical(raw, self.model.definition.key).ok())
            }
            Some(_) => self.model.id(given).map(Some),
            None => Ok(None),
        }
    }

    /// Takes the id of the parent that the record is addressed by. Checks that the parent exists if
    /// a record is created. An existing record cannot be moved to another parent this way.
    async fn parent(
        &self,
        context: &Context,
        link: &RelationLink,
        given: &mut Object<'_>,
    ) -> Result<Box<str>> {
        let of = context.model(link.to);
        let id = link.parent_id(self.model, of, given)?;
        if self.kind == WriteKind::Create {
            if !context.exists(link.to, &id, self.by).await? {
                return Err(Error::not_found(of.definition.name));
            }
        } else {
            let is_hidden = self.by == Origin::Client
                && context.read_filter(link.to)?.filter().is_some()
                && !context.exists(link.to, &id, self.by).await?;
            if is_hidden {
                return Err(Error::not_found(of.definition.name));
            }
            given.remove(self.model.definition.properties[link.parent.property].name);
        }
        Ok(id.into())
    }

    /// Checks that a client can read the newly referenced parents, so that it cannot learn whether
    /// others exist.
    async fn check_parents_readable(
        &self,
        context: &Context,
        stored: Option<&Arc<Record>>,
        record: &Record,
    ) -> Result<()> {
        let parents = context.app().relations.parents(self.model.index);
        if parents.is_empty() || self.by == Origin::Server {
            return Ok(());
        }
        let check =
            stage::check_parents(context, self.model, stored.map(|it| &**it), record, self.by);
        check.boxed().await
    }

    fn is_under(&self, context: &Context, parent: Option<&str>, stored: &Record) -> bool {
        let (Some(link), Some(parent)) = (self.through, parent) else {
            return true;
        };
        self.kind == WriteKind::Create
            || link.parent_of(context.model(link.to), stored).as_deref() == Some(parent)
    }

    /// Whether the write may also write other records.
    fn has_parts(&self, context: &Context) -> bool {
        self.kind == WriteKind::Destroy || context.app().has_before_hooks(self.model.index)
    }

    fn exists(&self) -> Error {
        let message = format!(
            "a `{}` with this id already exists",
            self.model.definition.name
        );
        Error::new(ErrorKind::Conflict, message)
    }
}
